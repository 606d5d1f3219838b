package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"culprit/datasets"
	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

const packsDir = "../../datasets/packs"

func openPack(t *testing.T, name string) (Recording, datasets.Labels) {
	t.Helper()
	labels, err := datasets.ReadLabels(os.DirFS(packsDir), name)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := datasets.Open([]string{filepath.Join(packsDir, name)}, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all pieces
	if err := rec.Read(t.Context(), func(b source.Batch) error { all = append(all, b); return nil }); err != nil {
		t.Fatal(err)
	}
	return all, labels
}

func compared(t *testing.T, rec Recording, before, now datasets.Stretch) model.Comparison {
	t.Helper()
	c, err := Compare(t.Context(), CompareSide{Name: "before", Read: rec, In: engine.Stretch(before)}, CompareSide{Name: "now", In: engine.Stretch(now)}, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func told(c model.Comparison) string {
	s := ""
	for _, ch := range c.Changes {
		s += fmt.Sprintf("\n  %d. %s %s %s -> %s %s: %+.3g ms, %+.3g fail, q %.3g: %s", ch.Rank, ch.Kind, ch.Service, ch.Operation, ch.Callee, ch.CalleeOperation,
			float64(ch.EffectMS), float64(ch.Failing), float64(ch.Q), ch.Sentence)
	}
	return s
}

// Each fault of HotROD, against what was quiet before it, is the first change that is told.
func TestCompareFindsTheFaultFirst(t *testing.T) {
	for name, want := range map[string]struct{ kind, service, callee string }{
		"hotrod-mysql-delay":      {model.ChangeSlower, "mysql", ""},
		"hotrod-mutex":            {model.ChangeSlower, "mysql", ""},
		"hotrod-pool-of-one":      {model.ChangeSerial, "frontend", ""},
		"hotrod-route-stopped":    {model.ChangeUnanswered, "frontend", "route"},
		"hotrod-customer-stopped": {model.ChangeUnanswered, "frontend", "customer"},
	} {
		t.Run(name, func(t *testing.T) {
			rec, labels := openPack(t, name)
			fault := labels.Faults[0]
			c := compared(t, rec, labels.Baseline[0], datasets.Stretch{From: fault.From, To: fault.To})
			if len(c.Changes) == 0 {
				t.Fatal("nothing has changed")
			}
			first := c.Changes[0]
			if first.Kind != want.kind || first.Service != want.service || first.Callee != want.callee || !first.Origin {
				t.Errorf("want %+v first, told:%s", want, told(c))
			}
			// And turned around it gets well again. The mutex makes the earlier side so restless
			// that one more stretch like the quiet one would be no surprise.
			if name == "hotrod-mutex" {
				return
			}
			back := compared(t, rec, datasets.Stretch{From: fault.From, To: fault.To}, labels.Baseline[0])
			if len(back.Changes) == 0 {
				t.Error("turned around nothing has changed")
			}
		})
	}
}

// Between two quiet stretches nothing is told, however they are cut.
func TestCompareOfQuietStretchesFindsNothing(t *testing.T) {
	packs, err := os.ReadDir(packsDir)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, p := range packs {
		if !p.IsDir() || len(p.Name()) < 6 || p.Name()[:6] != "hotrod" {
			continue
		}
		rec, labels := openPack(t, p.Name())
		quiet := labels.Baseline[0]
		quiet.From, quiet.To = quiet.From.Add(5*time.Second), quiet.To.Add(-5*time.Second) // start and end of the recording
		for _, parts := range []int{2, 3} {
			step := quiet.To.Sub(quiet.From) / time.Duration(parts)
			if step < 80*time.Second || parts > 2 && p.Name() != "hotrod-normal" {
				continue
			}
			part := func(i int) datasets.Stretch {
				return datasets.Stretch{From: quiet.From.Add(time.Duration(i) * step), To: quiet.From.Add(time.Duration(i+1) * step)}
			}
			for a := range parts {
				for b := range parts {
					if a == b {
						continue
					}
					tried++
					if c := compared(t, rec, part(a), part(b)); len(c.Changes) > 0 {
						t.Errorf("%s, part %d of %d against part %d:%s", p.Name(), b+1, parts, a+1, told(c))
					}
				}
			}
		}
	}
	if tried < 12 {
		t.Errorf("%d comparisons, want at least 12", tried)
	}
}
