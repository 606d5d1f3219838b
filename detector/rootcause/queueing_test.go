package rootcause_test

import (
	"strings"
	"testing"
)

// fanOut is a parent that asks route three times, all at once or one after the other
// with a wait before each.
func fanOut(at [3]string, all string) func(int) string {
	return func(int) string {
		text := "\nweb GET/ride 0ms " + all + " kind=server\n"
		for _, start := range at {
			text += "  web call " + start + " 50ms kind=client\n    route find " + start + " 49ms kind=server\n"
		}
		return text
	}
}

// Calls that queue are the parent's lost concurrency, although its own time, the time
// between them, has grown more; the reason names whom they ask.
func TestQueueingIsNotWork(t *testing.T) {
	usual := fanOut([3]string{"5ms", "6ms", "7ms"}, "65ms")
	queued := fanOut([3]string{"105ms", "305ms", "505ms"}, "560ms")
	first := verdict(t, usual, queued)[0]
	if got, want := say(first), "web GET/ride: concurrency"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
	if want := "web GET/ride runs 1 call to route at once (was 2."; !strings.HasPrefix(first.Reason, want) {
		t.Errorf("the reason is %q, want %q...", first.Reason, want)
	}
}

// A parent that works longer while its calls still overlap is slow by itself.
func TestWorkIsNotQueueing(t *testing.T) {
	usual := fanOut([3]string{"5ms", "6ms", "7ms"}, "65ms")
	slow := fanOut([3]string{"405ms", "406ms", "407ms"}, "465ms")
	if got, want := say(verdict(t, usual, slow)[0]), "web GET/ride: own_time"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}
