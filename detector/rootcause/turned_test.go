package rootcause_test

import "testing"

// A service that nobody asks any more is silent only if its callers came as far as asking it.
func TestRankTurnedBack(t *testing.T) {
	const usual = `
web GET/buy 0ms 240ms kind=server
  web check 2ms 4ms kind=internal
  web call 10ms 52ms kind=client
    cart list 11ms 50ms kind=server
      cart load 12ms 20ms kind=internal
      cart price 34ms 20ms kind=internal
  web call2 100ms 82ms kind=client
    pay charge 101ms 80ms kind=server
  web render 190ms 10ms kind=internal
`
	tests := []struct{ name, odd, want string }{
		{"who goes on without a call has lost its callee", `
web GET/buy 0ms 158ms kind=server
  web check 2ms 4ms kind=internal
  web call 10ms 52ms kind=client
    cart list 11ms 50ms kind=server
      cart load 12ms 20ms kind=internal
      cart price 34ms 20ms kind=internal
  web render 110ms 10ms kind=internal
`, "pay charge: silence"},
		{"who skips its own work as well did not come to the call", `
web GET/buy 0ms 148ms kind=server
  web check 2ms 4ms kind=internal
  web call 10ms 52ms kind=client
    cart list 11ms 50ms kind=server
      cart load 12ms 20ms kind=internal
      cart price 34ms 20ms kind=internal
`, "web GET/buy: structure"},
		{"who returns early, and leaves no span of a call, did not come to it", `
web GET/buy 0ms 80ms kind=server
  web check 2ms 4ms kind=internal
  web call 10ms 52ms kind=client
    cart list 11ms 50ms kind=server
      cart load 12ms 20ms kind=internal
      cart price 34ms 20ms kind=internal
  web render 66ms 10ms kind=internal
`, "web GET/buy: structure"},
		{"who stops after asking a service that is broken did not come to the call", `
web GET/buy 0ms 138ms kind=server
  web check 2ms 4ms kind=internal
  web render 16ms 10ms kind=internal
  web call 30ms 32ms kind=client
    cart list 31ms 30ms kind=server
      cart load 32ms 20ms kind=internal
`, "cart list: structure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := verdict(t, always(usual), always(tt.odd))
			if say(got[0]) != tt.want {
				t.Errorf("first suspect is not %q; have", tt.want)
				for _, s := range got {
					t.Errorf("  %s %.2f %s", say(s), float64(s.Score), s.Reason)
				}
			}
			if c := rank(t, always(usual), always(tt.odd), "turned back")[0]; c.Kind != "silence" {
				t.Errorf("without the rule the first cause is of kind %q, want silence", c.Kind)
			}
		})
	}
}

// Handling an error is work that was never done before: it makes nobody slow.
func TestRankDetour(t *testing.T) {
	const usual = `
web GET/buy 0ms 100ms kind=server
  web call 10ms 52ms kind=client
    cart list 11ms 50ms kind=server
      cart load 20ms 30ms kind=internal
`
	const odd = `
web GET/buy 0ms 285ms kind=server
  web call 10ms 237ms kind=client
    cart list 11ms 235ms kind=server
      cart load 20ms 30ms kind=internal
      cart handler 60ms 5ms kind=internal
`
	if got, want := say(verdict(t, always(usual), always(odd))[0]), "cart list: structure"; got != want {
		t.Errorf("a service that now handles errors: first suspect is %q, want %q", got, want)
	}
	if c := rank(t, always(usual), always(odd), "detour")[0]; c.Kind != "own_time" {
		t.Errorf("without the rule the first cause is of kind %q, want own_time", c.Kind)
	}
}

func always(text string) func(int) string { return func(int) string { return text } }
