package compare_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"culprit/detector"
	"culprit/detector/compare"
	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// requests draws requests to a shop: cart is slow for tenant acme, and by its instance
// cart-1 it fails.
func requests(table *model.Symbols, n int) []*graph.Trace {
	rnd := rand.New(rand.NewPCG(8, 8))
	a := graph.NewAssembler(graph.Config{Symbols: table})
	var out []*graph.Trace
	for i := range n {
		tenant, pod, mark, cart := []string{"acme", "bolt", "cobra", "delta"}[rnd.IntN(4)], rnd.IntN(3), "", 20+rnd.IntN(20)
		if tenant == "acme" {
			cart += 60
		}
		if pod == 1 && rnd.IntN(2) == 0 {
			mark = "error"
		}
		f := tracetest.Draw(table, fmt.Sprintf(`
web GET/buy 0ms %dms kind=server tenant=%s colour=%d
  web call 1ms %dms kind=client
    cart list 2ms %dms kind=server instance=cart-%d host=node-%d shelf=%d http.status_code=%d %s
      cart SELECT 3ms %dms kind=client peer=cart-db
`, cart+10, tenant, rnd.IntN(5), cart+4, cart, pod, pod, rnd.IntN(4), rnd.IntN(2), mark, cart-2))
		f.Trace[0], f.Trace[1] = byte(i>>8), byte(i)
		out = append(out, a.Assemble(tracetest.Move(f, time.Duration(i)*time.Second)).Clone())
	}
	return out
}

func siteOf(table *model.Symbols, service, operation string) detector.Site {
	v := table.Service(service)
	return detector.Site{Service: v, Operation: table.Operation(v, operation)}
}

func TestCorrelate(t *testing.T) {
	table := model.NewSymbols()
	traces := requests(table, 600)
	for _, c := range []struct {
		name, service, operation string
		choice                   compare.Choice
		want                     string
	}{
		{"an attribute of a caller", "cart", "list", compare.Choice{Slowest: 0.2}, "above web tenant=acme"},
		{"its own attribute", "web", "GET/buy", compare.Choice{SlowerThan: 75 * time.Millisecond}, "itself web tenant=acme"},
		{"an instance", "cart", "list", compare.Choice{Failing: true}, "itself cart host.name=node-1 instance=cart-1"},
		{"a database, by who asks it", "cart-db", "SELECT", compare.Choice{Slowest: 0.2}, "above web tenant=acme"},
		{"nothing", "cart", "list", compare.Choice{To: time.Unix(0, tracetest.Epoch).Add(time.Minute)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compare.Correlate(table, traces, siteOf(table, c.service, c.operation), c.choice, 0)
			if got.Selected+got.Rest != 600 || got.Selected == 0 {
				t.Errorf("%d chosen, %d others", got.Selected, got.Rest)
			}
			var said []string
			for _, a := range got.Attributes {
				s := fmt.Sprintf("%s %s %s=%s", a.Where, a.Service, a.Key, a.Value)
				for _, same := range a.Same {
					s += " " + same.Key + "=" + same.Value
				}
				said = append(said, s)
				if a.Key == "http.status_code" {
					t.Errorf("an outcome is no condition: %s", s)
				}
			}
			first := ""
			if len(said) > 0 {
				first = said[0]
			}
			if first != c.want || c.want != "" && len(said) > 1 {
				t.Errorf("chosen %s; told %s; want %s alone", got.Chosen, strings.Join(said, "; "), c.want)
			}
		})
	}
}

// The numbers of a value are those of a count by hand.
func TestCorrelationCounts(t *testing.T) {
	table := model.NewSymbols()
	traces := requests(table, 600)
	got := compare.Correlate(table, traces, siteOf(table, "cart", "list"), compare.Choice{Failing: true}, 0)
	var with, without int
	for _, f := range traces {
		cart := &f.Spans[2]
		if table.Name(table.ResourceOf(cart.Resource).Instance) != "cart-1" {
			continue
		}
		if cart.Status == model.StatusError {
			with++
		} else {
			without++
		}
	}
	a := got.Attributes[0]
	if a.Selected != with || a.Rest != without || got.Selected != with || !math.IsInf(float64(a.Lift), 1) || a.Q > 1e-6 || a.Phi < 0.5 {
		t.Errorf("%+v; counted %d failing and %d others", a, with, without)
	}
}

// Among many values that mean nothing, hardly ever one is told.
func TestCorrelationOfChance(t *testing.T) {
	table := model.NewSymbols()
	a := graph.NewAssembler(graph.Config{Symbols: table})
	wrong := 0
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var traces []*graph.Trace
		for i := range 200 {
			var attrs []string
			for k := range 40 {
				attrs = append(attrs, fmt.Sprintf("k%d=%d", k, rnd.IntN(4)))
			}
			f := tracetest.Draw(table, fmt.Sprintf("web GET 0ms %dms %s\n", 1+rnd.IntN(1000), strings.Join(attrs, " ")))
			f.Trace[0], f.Trace[1] = byte(seed), byte(i)
			traces = append(traces, a.Assemble(f).Clone())
		}
		if c := compare.Correlate(table, traces, siteOf(table, "web", "GET"), compare.Choice{}, 0); len(c.Attributes) > 0 {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("something was told in %d of 30 tables of chance", wrong)
	}
}

// Too few requests are said to be too few.
func TestCorrelationOfLittle(t *testing.T) {
	table := model.NewSymbols()
	for n := range 4 {
		c := compare.Correlate(table, requests(table, n), siteOf(table, "cart", "list"), compare.Choice{}, 0)
		if len(c.Attributes) > 0 || !slices.ContainsFunc(c.Warnings, func(w model.Warning) bool { return w.Kind == "few-requests" }) {
			t.Errorf("%d requests: %+v", n, c)
		}
	}
}
