package rootcause_test

import "testing"

// Who ends right after asking somebody may have been misled by the answer; who leaves out one
// call, or is the only one of those who ask that ends, has itself to blame.
func TestRankMisled(t *testing.T) {
	const (
		buy = `
web GET/buy 0ms 240ms kind=server
  user find 10ms 20ms kind=server
  stock check 40ms 20ms kind=server
  pay charge 70ms 20ms kind=server
  mail send 100ms 20ms kind=server
`
		buyEnds = `
web GET/buy 0ms 70ms kind=server
  user find 10ms 20ms kind=server
  stock check 40ms 20ms kind=server
`
		buyWithoutMail = `
web GET/buy 0ms 210ms kind=server
  user find 10ms 20ms kind=server
  stock check 40ms 20ms kind=server
  pay charge 70ms 20ms kind=server
`
		list = `
web GET/list 300ms 80ms kind=server
  stock check 310ms 20ms kind=server
  mail send 340ms 20ms kind=server
`
		listEnds = `
web GET/list 300ms 50ms kind=server
  stock check 310ms 20ms kind=server
`
		other = `
web GET/other 300ms 80ms kind=server
  pay charge 310ms 20ms kind=server
  mail send 340ms 20ms kind=server
`
	)
	tests := []struct{ name, usual, odd, want string }{
		{"all who ask it end after it", buy + list + other, buyEnds + listEnds + other, "stock check: structure"},
		{"one ends after it, another goes on", buy + list + other, buyEnds + list + other, "web GET/buy: structure"},
		{"the only one who asks it makes none of several further calls", buy + other, buyEnds + other, "stock check: structure"},
		{"a call is left out, which was the last", buy + other, buyWithoutMail + other, "web GET/buy: structure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := verdict(t, always(tt.usual), always(tt.odd))
			if say(got[0]) != tt.want {
				t.Errorf("first suspect is not %q; have", tt.want)
				for _, s := range got {
					t.Errorf("  %s %.2f %s", say(s), float64(s.Score), s.Reason)
				}
			}
		})
	}
}
