package rootcause_test

import (
	"fmt"
	"testing"
)

// mailed is a request that leaves a message, and the mailer that takes it up after a
// wait and asks the store, whose clock is ahead by so much.
func mailed(wait, ahead int) func(int) string {
	return func(int) string {
		return fmt.Sprintf(`
web POST/order 0ms 40ms kind=server
  web send 10ms 5ms kind=producer
    mailer process %dms 30ms kind=consumer
      mailer get %dms 20ms kind=client
        store load %dms 18ms kind=server
`, 15+wait, 20+wait, 21+wait+ahead)
	}
}

func TestMessagesThatWaitAreSaturation(t *testing.T) {
	first := verdict(t, mailed(50, 0), mailed(15_000, 0))[0]
	if got, want := say(first), "mailer process: saturation"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// A clock that was set makes messages look late, and calls look as if they had ended
// before they began: then nobody can tell how long a message waited.
func TestAClockStepIsNoWait(t *testing.T) {
	for _, s := range verdict(t, mailed(50, 0), mailed(15_000, -15_000)) {
		if s.Kind == "saturation" {
			t.Errorf("rank %d: %s", s.Rank, s.Reason)
		}
	}
}

// booked is a booking that asks a map twice, one call after the other, and records neither
// call itself; the clock of the map is ahead by so much, and booking takes own ms.
func booked(ahead, own int) func(int) string {
	return func(int) string {
		return fmt.Sprintf(`
web POST/book 0ms %dms kind=server
  booking options %dms %dms kind=server
    geo items %dms 50ms kind=server
    geo summary %dms 50ms kind=server
`, own+120, 10, own+100, 12+own/4+ahead, 64+own/4+ahead)
	}
}

// Calls that another clock puts after their caller's end are moved inside, one onto the
// other, so that the caller seems to have worked meanwhile.
func TestAClockStepIsNoOwnTime(t *testing.T) {
	if s := verdict(t, booked(0, 80), booked(900, 80))[0]; s.Score > 0.1 {
		t.Errorf("a clock was set, and %s: %s (score %v)", say(s), s.Reason, s.Score)
	}
	first := verdict(t, booked(900, 80), booked(900, 300))[0]
	if got, want := say(first), "booking options: own_time"; got != want {
		t.Errorf("the clock was always ahead, and the first suspect is %q, want %q", got, want)
	}
}
