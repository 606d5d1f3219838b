package rootcause_test

import (
	"fmt"
	"strings"
	"testing"

	"culprit/detector/rootcause"
)

// asked is a request that asks pay with this gap, by web or, each third, by shop.
func asked(web, shop func(i int) int) func(i int) string {
	return func(i int) string {
		who, gap := "web", web(i)
		if i%3 == 0 {
			who, gap = "shop", shop(i)
		}
		return fmt.Sprintf(`
%[1]s GET/buy 0ms %[2]dms kind=server
  %[1]s call 5ms %[3]dms kind=client
    pay charge 6ms 30ms kind=server
      pay SELECT 10ms 10ms kind=client peer=mysql
`, who, 50+gap, 30+gap)
	}
}

// Where only one of two callers waits on its way to a callee, it waits for its own
// connections; where both wait, the callee lets nobody in, or is reached late.
func TestWhoWaits(t *testing.T) {
	usual := func(int) int { return 2 }
	waits := func(int) int { return 40 }
	tests := []struct {
		name      string
		web, shop func(int) int
		want      string
	}{
		{"one of two callers waits", waits, usual, "web: saturation"},
		{"both callers wait", waits, waits, "pay: network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := say(verdict(t, asked(usual, usual), asked(tt.web, tt.shop))[0]); got != tt.want {
				t.Errorf("first suspect is %q, want %q", got, tt.want)
			}
		})
	}
}

// Packets that are lost and sent again add much to some calls, on every edge of the
// service, its database's included. The delays differ from edge to edge, the share of late
// calls does not.
func TestLostPackets(t *testing.T) {
	draw := func(late func(edge, i int) int) func(i int) string {
		return func(i int) string {
			who := []string{"web", "shop"}[i%2]
			in, db := late(i%2, i), late(2, i)
			return fmt.Sprintf(`
%[1]s GET/buy 0ms %[2]dms kind=server
  %[1]s call 5ms %[3]dms kind=client
    pay charge 6ms %[4]dms kind=server
      pay SELECT 7ms %[5]dms kind=client peer=mysql
`, who, 40+in+db, 8+in+db, 6+db, 4+db)
		}
	}
	never := func(int, int) int { return 0 }
	lossy := func(edge, i int) int {
		if (i/2+edge)%2 == 0 {
			return 200
		}
		return 0
	}
	if got, want := say(verdict(t, draw(never), draw(lossy))[0]), "pay: network"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// Callers of a service behind a slow network lose patience and fail; the fault is not theirs.
func TestPatienceEnds(t *testing.T) {
	draw := func(gap int, mark string) func(i int) string {
		return func(i int) string {
			who := []string{"web", "shop", "app"}[i%3]
			return fmt.Sprintf(`
%[1]s GET/buy 0ms %[2]dms kind=server %[4]s
  %[1]s call 5ms %[3]dms kind=client
    pay charge 6ms 30ms kind=server
`, who, 50+gap, 30+gap, mark)
		}
	}
	if got, want := say(verdict(t, draw(2, ""), draw(200, "error"))[0]), "pay: network"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// Without kinds, a call that asks nobody any more and fails went to a service that is gone.
func TestSilenceWithoutKinds(t *testing.T) {
	usual := func(i int) string {
		if i%2 == 0 {
			return "\nshop GET/list 0ms 20ms\n"
		}
		return `
web GET/buy 0ms 100ms
  web pay:charge 5ms 60ms
    pay charge 6ms 58ms
  web render 70ms 10ms
`
	}
	gone := func(i int) string {
		if i%2 == 0 {
			return usual(i)
		}
		return `
web GET/buy 0ms 100ms
  web pay:charge 5ms 60ms error
  web render 70ms 10ms
`
	}
	if got, want := say(verdict(t, usual, gone)[0]), "pay charge: silence"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// A consumer that nobody hands anything any more, with a trace of its own for each message,
// has stopped, while everything else goes on.
func TestStoppedConsumer(t *testing.T) {
	usual := func(i int) string {
		if i%4 == 0 {
			return "\nmail process 0ms 20ms kind=consumer\n"
		}
		return "\nweb GET/buy 0ms 50ms kind=server\n  web send 5ms 2ms kind=producer\n"
	}
	stopped := func(i int) string {
		if i%4 == 0 {
			return usual(1)
		}
		return usual(i)
	}
	if got, want := say(verdict(t, usual, stopped)[0]), "mail process: silence"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// Callers that send no spans for their calls: what all operations that ask pay have more of
// their own is the way to pay, although each asks others as well.
func TestNetworkWithoutClientSpans(t *testing.T) {
	draw := func(way int) func(i int) string {
		return func(i int) string {
			who := []string{"web", "shop", "app"}[i%3]
			return fmt.Sprintf(`
%[1]s GET/buy 0ms %[2]dms kind=server
  pay charge 6ms 30ms kind=server
  %[1]s-stock list 40ms 10ms kind=server
`, who, 60+way)
		}
	}
	if got, want := say(verdict(t, draw(2), draw(60))[0]), "pay: network"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// Where spans are lost, the entry of the trace still says whose request it was.
func TestTenantBelowLostSpans(t *testing.T) {
	draw := func(slow string) func(i int) string {
		return func(i int) string {
			tenant, took := []string{"acme", "bolt", "cobra"}[i%3], "20ms"
			if tenant == slow {
				took = "90ms"
			}
			return fmt.Sprintf(`
web GET/buy 0ms 200ms kind=server tenant=%s
pay charge 10ms %s kind=server parent=77
`, tenant, took)
		}
	}
	if got, want := say(verdict(t, draw(""), draw("acme"))[0]), "pay charge [tenant=acme]: own_time"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
}

// A ranking without a part says what that part is worth.
func TestWithout(t *testing.T) {
	for _, p := range rootcause.Parts() {
		if strings.TrimSpace(string(p)) == "" {
			t.Error("a part has no name")
		}
	}
	usual := func(int) int { return 2 }
	waits := func(int) int { return 40 }
	first := func(p rootcause.Part) string {
		causes := rank(t, asked(usual, usual), asked(waits, waits), p)
		return causes[0].Kind
	}
	if got := first(""); got != "network" {
		t.Errorf("with all parts the first cause is of kind %q, want network", got)
	}
	if got := first("edges"); got == "network" {
		t.Error("without edges it still speaks of the network")
	}
}
