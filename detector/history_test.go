package detector

import (
	"math"
	"testing"
)

// What is measured of a summary is what its window has, and what the baseline
// remembers once it has learned it; a key without parent takes all contexts together.
func TestHistoryIsWhatWasMeasured(t *testing.T) {
	s := newStage(3)
	b := NewBaseline(s.table, 10)
	var sums []*Summary
	for range 4 {
		sum := s.observe(s.traces(20, shop))
		sums = append(sums, sum)
		b.Learn(NewWindow(sum, b))
	}
	w := NewWindow(sums[3], b)
	checked := map[Family]bool{}
	for k, want := range w.stats {
		if k.Family == Tail {
			continue // its limit moves with what is learned
		}
		checked[k.Family] = true
		if k.Parent != (Site{}) || k.Family == EdgeGap || k.Family == Errors {
			if got := b.Measure(sums[3], k); got != want {
				t.Errorf("%v measured %+v, the window has %+v", k, got, want)
			}
		}
		past := b.Past(k)
		if len(past) != 4 {
			t.Fatalf("%v: %d windows remembered, want 4", k, len(past))
		}
		if last := past[3]; k.Parent != (Site{}) && math.Abs(last.Mean-want.Mean) > 1e-5*math.Abs(want.Mean)+1e-6 {
			t.Errorf("%v: remembered %+v, measured %+v", k, last, want)
		}
		all := k
		all.Parent = Site{}
		if n := b.Measure(sums[3], all).N; n < want.N {
			t.Errorf("%v: all contexts have %v values, one of them %v", k, n, want.N)
		}
	}
	for _, f := range []Family{OwnTime, EdgeGap, Errors, Calls, Traffic, EntryTime} {
		if !checked[f] {
			t.Errorf("family %d was not in the recording", f)
		}
	}
}
