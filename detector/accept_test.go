package detector

import (
	"fmt"
	"math"
	"testing"
)

// slowCart is shop with an operation below others that takes d ms of its own and a share
// of failing calls.
func slowCart(d, failing int) func(int) string {
	return func(i int) string {
		status := ""
		if i%30 < failing {
			status = "error"
		}
		return fmt.Sprintf(`
web GET/buy 0ms %dms kind=server
  web call 5ms %dms kind=client
    cart list 6ms %dms kind=server %s
`, d+50, d+12, d, status)
	}
}

// What was accepted no longer differs, in whichever context it was measured, and what
// changes afterwards does.
func TestAcceptedIsNormal(t *testing.T) {
	s := newStage(11)
	b := s.learned(12, slowCart(50, 0))
	recent := func(d, failing int) []*Window {
		return []*Window{NewWindow(s.observe(s.traces(30, slowCart(d, failing))), b)}
	}
	far := func(windows []*Window) (keys []Key) {
		for _, e := range b.Judge(windows).Evidence {
			if math.Abs(e.Shift.Z) > 3 {
				keys = append(keys, e.Key)
			}
		}
		return keys
	}
	slow := recent(150, 15)
	keys := far(slow)
	families := map[Family]bool{}
	for _, k := range keys {
		families[k.Family] = true
	}
	for _, f := range []Family{OwnTime, EntryTime, Errors} {
		if !families[f] {
			t.Fatalf("family %d does not stand out of a fault; keys are %v", f, keys)
		}
	}
	b.Accept(keys, slow)
	if left := far(recent(150, 15)); len(left) > 0 {
		t.Errorf("after it was accepted the same still stands out: %v", left)
	}
	if again := z(b.Judge(recent(450, 15)), OwnTime, s.table, "cart"); again < 5 {
		t.Errorf("three times the accepted time has z %.1f", again)
	}
}
