package rootcause_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// The same fault where every other trace misses a span: the same suspect, a quarter less
// sure, and the sentence says why. Of one in forty nobody needs to hear.
func TestMissingSpansLowerConfidence(t *testing.T) {
	draw := func(took, nth int) func(i int) string {
		return func(i int) string {
			parent := ""
			if nth > 0 && i%nth == 0 {
				parent = "parent=77"
			}
			return fmt.Sprintf(`
web GET/buy 0ms 200ms kind=server
  pay charge 10ms %dms kind=server
web audit 150ms 1ms kind=server %s
`, took, parent)
		}
	}
	const told = "; less sure, since 50% of the traces miss spans"
	whole := verdict(t, draw(20, 0), draw(90, 0))[0]
	half := verdict(t, draw(20, 0), draw(90, 2))[0]
	few := verdict(t, draw(20, 0), draw(90, 40))[0]
	if say(half) != say(whole) {
		t.Errorf("the first suspect is %q where spans are missing, %q where none are", say(half), say(whole))
	}
	if got, want := float64(half.Confidence), 0.75*float64(whole.Confidence); math.Abs(got-want) > 0.05 {
		t.Errorf("confidence is %.2f where half of the traces miss spans, want about %.2f", got, want)
	}
	if !strings.HasSuffix(half.Reason, told) || strings.Contains(few.Reason, "less sure") || strings.Contains(whole.Reason, "less sure") {
		t.Errorf("the reasons are\n%q where half miss spans\n%q where few do\n%q where none does", half.Reason, few.Reason, whole.Reason)
	}
}
