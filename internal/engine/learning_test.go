package engine

import (
	"math"
	"testing"
	"time"

	"culprit/internal/incident"
)

// A young alarm learns from windows in which something stands out by chance, or a handful
// of windows would judge for ever; not from those that may hold a fault.
func TestYoungAlarmLearnsFromChance(t *testing.T) {
	for _, tt := range []struct {
		name    string
		p       float64
		pending bool
		want    bool
	}{
		{"as chance has it", 0.3, true, false},
		{"rarely by chance", 1e-3, true, true},
		{"accepted as normal", 1e-3, false, false},
	} {
		e := New(Config{}, newTraffic(1).table)
		log := math.Log(tt.p)
		f := incident.Finding{Cause: "pay/own_time", Active: tt.pending}
		e.alarm.suspect(&f, 0, win, odds{fresh: log, again: log, grave: true})
		e.tracker.Update(incident.Verdict{From: time.Unix(0, 0), To: time.Unix(30, 0), Judged: true, Findings: []incident.Finding{f}})
		if got := e.suspicious(); got != tt.want {
			t.Errorf("%s: suspicious is %v, want %v", tt.name, got, tt.want)
		}
	}
}

// While an incident is told that explains a window, nothing is learned from it.
func TestSymptomsAreNotLearned(t *testing.T) {
	e := New(Config{}, newTraffic(1).table)
	if e.suspicious() {
		t.Fatal("suspicious without a window")
	}
	e.watched = true
	if !e.suspicious() {
		t.Error("a window that shows symptoms is learned")
	}
}

// With few calm windows a score that is above them all is rare, not certain; one far beyond
// them is no chance at all.
func TestChanceOfAScoreInTheFirstHours(t *testing.T) {
	a := newAlarm(0.1, 30e9)
	for i := range 40 {
		a.learn(0.05*float64(i%20), false)
	}
	top := 0.05 * 19
	usual, above, far := a.chance(top/2), a.chance(1.5*top), a.chance(3.1*top)
	if usual < 0.3 || above > 0.1 || above <= 0 || far != 0 {
		t.Errorf("chances %.2g, %.2g and %.2g of a usual, a higher and a far higher score", usual, above, far)
	}
}
