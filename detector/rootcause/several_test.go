package rootcause_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"culprit/detector/rootcause"
)

// twoSides is a shop in which web asks pay and cart, and both ask databases of their own:
// what is wrong on one side has nothing to do with the other.
func twoSides(edit func(i int, v map[string]int)) func(i int) string {
	return func(i int) string {
		v := map[string]int{"cartway": 0, "sql": 0, "cart": 0, "web": 0, "pay": 0, "fails": 0}
		if edit != nil {
			edit(i, v)
		}
		mark := ""
		if v["fails"] > 0 {
			mark = "error"
		}
		cart := 20 + v["sql"] + v["cart"]
		way := 2 + cart + v["cartway"]
		pay := 30 + v["pay"]
		text := fmt.Sprintf(`
web GET/buy 0ms %dms kind=server instance=web-%d %s
  web call 5ms %dms kind=client instance=web-%d %s
    cart list 6ms %dms kind=server instance=cart-0 %s
      cart SELECT 10ms %dms kind=client instance=cart-0 peer=mysql %s
  web call2 %dms %dms kind=client instance=web-%d
    pay charge %dms %dms kind=server instance=pay-0
`, 30+way+pay+v["web"], i%3, mark, way, i%3, mark, cart, mark, 10+v["sql"], mark, 10+way, pay+2, i%3, 11+way, pay)
		return strings.ReplaceAll(text, " \n", "\n")
	}
}

// Of two faults at once the first suspects of both stand before the second suspect of
// either, however loud that is; one fault stays one.
func TestSeveralFaults(t *testing.T) {
	slowPay := func(v map[string]int) { v["pay"] = 10 }
	tests := []struct {
		name  string
		odd   func(i int, v map[string]int)
		first []string
	}{
		{"a slow way, which the database behind it shows as well, and an operation that is a third slower",
			func(_ int, v map[string]int) { v["cartway"], v["sql"] = 80, 80; slowPay(v) },
			[]string{"cart @cart-0: network", "pay charge @pay-0: own_time"}},
		{"the slow way alone",
			func(_ int, v map[string]int) { v["cartway"], v["sql"] = 80, 80 },
			[]string{"cart @cart-0: network"}},
		{"errors of a database, and what its callers do about them",
			func(i int, v map[string]int) { v["fails"] = i % 2; v["web"], v["cart"] = 30*(i%2), 30*(i%2) },
			[]string{"mysql SELECT: error"}},
		{"errors of a database, and a caller that is slow on one instance only",
			func(i int, v map[string]int) {
				v["fails"] = i % 2
				if i%3 == 1 {
					v["web"] = 60
				}
			},
			[]string{"mysql SELECT: error", "web GET/buy @web-1: own_time"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scene := play(twoSides(nil), twoSides(tt.odd))
			causes := rootcause.Deepen(scene, rootcause.Rank(scene))
			all := rootcause.Suspects(scene, causes)
			var got []string
			for i := range rootcause.Faults(causes) {
				got = append(got, say(all[i]))
			}
			if !slices.Equal(got, tt.first) {
				t.Errorf("got %q, want %q; all:", got, tt.first)
				for _, s := range all {
					t.Errorf("  %s %.2f %s", say(s), float64(s.Score), s.Reason)
				}
			}
			for i := range got {
				if c := float64(all[i].Confidence); len(tt.first) > 1 && c < 0.5 {
					t.Errorf("%s has a confidence of %.2f: the other fault is no rival", got[i], c)
				}
			}
		})
	}
}
