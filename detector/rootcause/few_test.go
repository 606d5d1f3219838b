package rootcause_test

import (
	"testing"

	"culprit/detector"
)

// Of twelve requests a window none come by chance in one of 160,000 windows, which is a z of
// 4.4, and somewhat less with ten windows to know the twelve from.
func TestNoneOfAFewRequestsIsRareNotImpossible(t *testing.T) {
	mix := func(rare int) func(int) string {
		return func(i int) string {
			if i < rare {
				return "web GET/rare 0ms 10ms kind=server"
			}
			return "web GET/often 0ms 10ms kind=server"
		}
	}
	scene := play(mix(12), mix(0))
	for _, e := range scene.Evidence {
		if e.Key.Family != detector.Traffic || e.Shift.Effect > 0 {
			continue
		}
		if e.Sure < 4 || e.Sure > 4.4 {
			t.Errorf("twelve requests did not come: |z| %.2f counts for chance, want 4 to 4.4", e.Sure)
		}
		return
	}
	t.Error("nothing is said of requests that did not come")
}
