package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

// Whatever has become normal since, an operation is explained by what it was judged by: the
// view of a moment that has passed tells the z and the flag that the list tells, and that
// the view told when the moment was the newest.
func TestWhyThen(t *testing.T) {
	tr := newTraffic(3)
	frags := stretch(tr, 26, 15) // a fault of five windows, then six that are as usual
	type told struct{ z, why string }
	atOnce := map[string]told{}
	key := func(o model.OperationSummary, to time.Time) string {
		return fmt.Sprint(o.Service, " ", o.Operation, " ", to.Unix())
	}
	each := func(e *Engine, at time.Time, visit func(o model.OperationSummary, v model.OperationView)) {
		now := e.View()
		page, err := now.List(at, "", "", 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Operations {
			v, err := now.Operation(o.Service, o.Operation, at)
			if err != nil {
				t.Fatal(err)
			}
			if v.Flagged != o.Flagged {
				t.Errorf("%s: %s %s is flagged (%v) in its view and not so in the list", v.To, o.Service, o.Operation, v.Flagged)
			}
			if len(v.Tests) > 0 && (v.Tests[0].Z != o.Z || v.Tests[0].Threshold != o.Threshold || o.Threshold > page.Threshold) {
				t.Errorf("%s: %s %s has z %v of %v in its view, %v of %v (at most %v) in the list", v.To, o.Service, o.Operation, v.Tests[0].Z, v.Tests[0].Threshold, o.Z, o.Threshold, page.Threshold)
			}
			visit(o, v)
		}
	}
	var e *Engine
	play(t, Config{Shards: 1}, tr, frags, func(x *Engine) *Engine {
		e = x
		if _, to, ok := e.Retained(); ok {
			each(e, time.Time{}, func(o model.OperationSummary, v model.OperationView) {
				atOnce[key(o, to)] = told{fmt.Sprint(o.Z), v.Why}
			})
		}
		return e
	})
	from, to, _ := e.Retained()
	var flagged, not, together, unjudged int
	for at := from; at.Before(to); at = at.Add(30 * time.Second) {
		each(e, at, func(o model.OperationSummary, v model.OperationView) {
			if was := atOnce[key(o, v.To)]; was != (told{fmt.Sprint(o.Z), v.Why}) && was.why != "" {
				t.Errorf("%s: of %s %s was told %q, and later %q", v.To, o.Service, o.Operation, was.why, v.Why)
			}
			switch {
			case v.Flagged && strings.HasPrefix(v.Why, "flagged: ") && math.Abs(float64(v.Tests[0].Z)) >= float64(v.Tests[0].Threshold):
				flagged++
			case !v.Flagged && strings.HasPrefix(v.Why, "not flagged: ") && math.Abs(float64(v.Tests[0].Z)) < float64(v.Tests[0].Threshold):
				not++
			case !v.Flagged && strings.HasPrefix(v.Why, "not judged: ") && len(v.Tests) == 0:
				unjudged++
			default:
				t.Errorf("%s: %s %s, flagged %v: %s", v.To, o.Service, o.Operation, v.Flagged, v.Why)
			}
			if len(v.Tests) > 0 && v.Tests[0].Windows > 1 {
				together++
				if want := fmt.Sprintf("over the %d windows from %s on", v.Tests[0].Windows, v.To.Add(-time.Duration(v.Tests[0].Windows)*30*time.Second).Format("15:04:05 UTC")); !strings.Contains(v.Why, want) {
					t.Errorf("judged over %d windows: %s", v.Tests[0].Windows, v.Why)
				}
			}
		})
	}
	if flagged == 0 || not == 0 || together == 0 || unjudged == 0 {
		t.Errorf("%d flagged, %d not, %d judged over several windows, %d not judged: the drawing should have all", flagged, not, together, unjudged)
	}
}

// Every family of evidence can be told of a window that was judged before.
func TestEveryFamilyIsTold(t *testing.T) {
	tr := newTraffic(3)
	var e *Engine
	play(t, Config{Shards: 1}, tr, stretch(tr, 8, 8), func(x *Engine) *Engine { e = x; return x })
	v := e.View()
	win := v.retained[len(v.retained)-1]
	page, err := v.List(time.Time{}, "service-0", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	site, ok := e.site(page.Operations[0].Service, page.Operations[0].Operation)
	if !ok {
		t.Fatal(page.Operations[0])
	}
	for f := range detector.Whole {
		key := detector.Key{Family: f, Site: site, Child: site, Callee: tr.svc[3]}
		win.judged.by[site] = []detector.Evidence{{Key: key, Shift: stats.Shift{Z: 9}, Now: 2, Before: 1, Windows: 1}}
		got, err := v.Operation(page.Operations[0].Service, page.Operations[0].Operation, time.Time{})
		if err != nil || len(got.Tests) != 1 || got.Tests[0].Sentence == "" || !strings.Contains(got.Why, got.Tests[0].Sentence) {
			t.Errorf("family %d: %+v, %v", f, got.Tests, err)
		}
	}
}
