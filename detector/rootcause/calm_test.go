package rootcause_test

import (
	"fmt"
	"testing"
)

// sure is the |z| from which a shift would be told.
const sure = 5

func quiet(t *testing.T, usual, now func(int) string) {
	t.Helper()
	for _, s := range verdict(t, usual, now) {
		for _, e := range s.Evidence {
			if z := float64(e.Z); (z > sure || z < -sure) && s.Score >= 1 {
				t.Errorf("rank %d: %s, z %.1f", s.Rank, e.Sentence, z)
			}
		}
	}
}

// method is an entry point that is named after its method alone and serves two routes, one
// of which asks the cart. Of ten requests, so many are for the cart.
func method(carts int) func(int) string {
	return func(i int) string {
		if i%10 < carts {
			return `
web GET 0ms 60ms kind=server http.route=/cart
  web ask 5ms 50ms kind=client
    cart list 6ms 48ms kind=server
`
		}
		return `
web GET 0ms 10ms kind=server http.route=/home
`
	}
}

// A changed mix of requests is no changed behaviour.
func TestAMixOfRoutesIsNoFault(t *testing.T) {
	quiet(t, method(8), method(2))
}

// The same route that asks less often is.
func TestALostCallOfARouteIsOne(t *testing.T) {
	lost := func(int) string {
		return `
web GET 0ms 10ms kind=server http.route=/cart
`
	}
	if first := verdict(t, method(10), lost)[0]; first.Kind != "structure" && first.Kind != "silence" || first.Score < 1 {
		t.Errorf("first suspect is %q with score %v", say(first), first.Score)
	}
}

// poll is a request that ends when there is news.
func poll(wait int) func(int) string {
	return func(i int) string {
		return fmt.Sprintf(`
web GET/news 0ms %dms kind=server
`, wait*(10+i%7)/13)
	}
}

func TestLessNewsIsNoFault(t *testing.T) { quiet(t, poll(5000), poll(11_000)) }

// Twice as long is a fault of what does not wait by design.
func TestTwiceAsLongIsOne(t *testing.T) {
	if first := verdict(t, poll(50), poll(110))[0]; first.Kind != "own_time" || first.Score < 1 {
		t.Errorf("first suspect is %q with score %v", say(first), first.Score)
	}
}
