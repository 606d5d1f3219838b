package engine

import (
	"math"
	"testing"
	"time"

	"culprit/internal/incident"
)

// win is the length of a window in these tests.
const win = int64(30 * time.Second)

// told returns the number of windows after which a cause alarms, 0 if it never does.
// Each window says something for it, or nothing where the log chance is zero; a
// window merged from n reaches back over the ones before it.
func told(a *alarm, logs []float64, merged int) int {
	for i, p := range logs {
		to := int64(i+1) * win
		var raised []string
		loud := false
		if p < 0 {
			raised = []string{"pay/own_time"}
			loud = a.suspect(&incident.Finding{Cause: raised[0]}, to-int64(merged)*win, to, odds{fresh: p, again: p, grave: true})
		}
		a.fade(to, raised)
		if loud {
			return i + 1
		}
	}
	return 0
}

func TestWhatComesBackIsTold(t *testing.T) {
	fresh := func() *alarm { return newAlarm(0.1, 30*time.Second) }
	sure := fresh().alone()
	weak := math.Log(1e-4)
	for _, tt := range []struct {
		rule   string
		logs   []float64
		merged int
		want   int
	}{
		{"what cannot be chance opens at once", []float64{sure}, 1, 1},
		{"what might be chance does not", []float64{sure * 0.9}, 1, 0},
		{"it does when it comes back", []float64{sure * 0.9, weak}, 1, 2},
		{"a little in each window adds up", []float64{weak, weak, weak, weak}, 1, 2},
		{"a pause speaks against it", []float64{weak, 0, 0, 0, weak}, 1, 0},
		{"windows that share traces are one look", []float64{weak, weak, weak, weak}, 4, 0},
		{"their surest verdict counts", []float64{weak, weak, sure}, 4, 3},
		{"after as many windows the look is a new one", []float64{weak, weak, weak, weak, weak}, 4, 5},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			if got := told(fresh(), tt.logs, tt.merged); got != tt.want {
				t.Errorf("told after %d windows, want %d", got, tt.want)
			}
		})
	}
}

func TestWhatWasToldStartsAfresh(t *testing.T) {
	a := newAlarm(0.1, 30*time.Second)
	if told(a, []float64{a.alone()}, 1) != 1 {
		t.Fatal("not told")
	}
	a.fade(2*win, nil)
	if len(a.suspicions) != 0 {
		t.Errorf("still suspects %v", a.keep())
	}
}

func TestAnotherNameOfTheFaultKeepsItsEvidence(t *testing.T) {
	a := newAlarm(0.1, 30*time.Second)
	weak := odds{fresh: math.Log(1e-4), again: math.Log(1e-4), grave: true}
	a.suspect(&incident.Finding{Cause: "pay/own_time"}, 0, win, weak)
	a.fade(win, []string{"pay/own_time"})
	if !a.suspect(&incident.Finding{Cause: "pay/network", Related: []string{"pay/own_time"}}, win, 2*win, weak) {
		t.Error("not told under its second name")
	}
}
