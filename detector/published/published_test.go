package published

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// shop is a request to a small shop: durations are own times of each part, in ms.
type shop struct {
	web, cart, stock, db, net float64
	failed                    bool // stock fails, and cart with it
}

var health = shop{web: 4, cart: 6, stock: 8, db: 10, net: 1}

// draw writes a request down. cart asks stock over a network, stock asks a database
// that sends no spans.
func (s shop) draw() string {
	mark := ""
	if s.failed {
		mark = " error"
	}
	stock := s.stock + s.db
	call := stock + 2*s.net
	cart := s.cart + call
	ask := cart + 2*health.net
	ms := func(from, d float64) string { return fmt.Sprintf("%.3fms %.3fms", from, d) }
	return strings.Join([]string{
		"web GET " + ms(0, s.web+ask) + " kind=server" + mark,
		"  web cart.Get " + ms(s.web/2, ask) + " kind=client" + mark,
		"    cart Get " + ms(s.web/2+health.net, cart) + " kind=server" + mark,
		"      cart stock.Find " + ms(s.web/2+health.net+s.cart/2, call) + " kind=client" + mark,
		"        stock Find " + ms(s.web/2+health.net+s.cart/2+s.net, stock) + " kind=server" + mark,
		"          stock SELECT " + ms(s.web/2+health.net+s.cart/2+s.net+s.stock/2, s.db) + " kind=client peer=mysql",
		"  web render " + ms(s.web/2+ask, s.web/4),
	}, "\n")
}

// scene makes 200 healthy requests in ten minutes and 60 of the fault in three.
func scene(fault shop) *Scene {
	table := model.NewSymbols()
	c := NewCorpus(table)
	assembler := graph.NewAssembler(graph.Config{Symbols: table})
	rng := rand.New(rand.NewPCG(3, 4))
	add := func(n int, s shop, at time.Duration) {
		about := func(x float64) float64 { return x * (0.8 + 0.4*rng.Float64()) }
		one := shop{about(s.web), about(s.cart), about(s.stock), about(s.db), about(s.net), s.failed && n%2 == 0}
		f := tracetest.Move(tracetest.Draw(table, one.draw()), at)
		binary.BigEndian.PutUint64(f.Trace[:], uint64(n)+1)
		c.Add(assembler.Assemble(f))
	}
	for i := range 200 {
		add(i, health, time.Duration(i)*3*time.Second)
	}
	for i := range 60 {
		add(200+i, fault, 10*time.Minute+time.Duration(i)*3*time.Second)
	}
	return c.Scene(Range{200, 260}, []Range{{0, 100}, {100, 200}})
}

var faults = []struct {
	name  string
	fault shop
}{
	{"stock works ten times as long", shop{web: 4, cart: 6, stock: 80, db: 10, net: 1}},
	{"the database works ten times as long", shop{web: 4, cart: 6, stock: 8, db: 100, net: 1}},
	{"the network of stock is slow", shop{web: 4, cart: 6, stock: 8, db: 10, net: 40}},
	{"every other request of stock fails", shop{web: 4, cart: 6, stock: 8, db: 10, net: 1, failed: true}},
}

// What each method says about drawn faults: read before committing.
func TestMethods(t *testing.T) {
	var out bytes.Buffer
	for _, f := range faults {
		s := scene(f.fault)
		fmt.Fprintf(&out, "%s\n", f.name)
		for _, m := range Methods() {
			fmt.Fprintf(&out, "  %-19s", m.Name)
			for _, x := range m.Rank(s)[:3] {
				fmt.Fprintf(&out, " %s %s %.4g;", s.table.Name(x.Site.Service), s.table.Name(x.Site.Operation), x.Value)
			}
			fmt.Fprintln(&out)
		}
	}
	tracetest.Golden(t, "methods.golden", out.Bytes())
}

// The fault is easy: whoever compares an operation with itself, by times as long or by
// standard deviations of single calls, finds it. (BARO and RCAEval's TraceRCA blame callers
// whose excess is the same, and MicroRank has nothing to compare among requests that are
// all alike: the golden file shows it.)
func TestMethodsFindWhatIsPlain(t *testing.T) {
	s := scene(faults[0].fault)
	for _, m := range Methods() {
		switch m.Name {
		case "random", "microrank", "baro", "tracerca-rcaeval":
			continue
		}
		if first := m.Rank(s)[0].Site; s.table.Name(first.Service) != "stock" {
			t.Errorf("%s names %s", m.Name, s.table.Name(first.Service))
		}
	}
}

// MicroRank names what abnormal traces have and normal ones have not.
func TestMicroRankComparesTraces(t *testing.T) {
	table := model.NewSymbols()
	c := NewCorpus(table)
	assembler := graph.NewAssembler(graph.Config{Symbols: table})
	n := 0
	add := func(text string) {
		f := tracetest.Draw(table, text)
		n++
		binary.BigEndian.PutUint64(f.Trace[:], uint64(n))
		c.Add(assembler.Assemble(f))
	}
	plain, far := "web GET 0ms 10ms\n  cart get 1ms 5ms", "web GET 0ms 20ms\n  cart get 1ms 5ms\n  user get 7ms 5ms"
	for range 20 {
		add(plain)
		add(far)
	}
	for range 10 {
		add(plain)
		add(strings.Replace(far, "user get 7ms 5ms", "user get 7ms 500ms", 1))
	}
	for i := range c.traces[40:] {
		root := &c.traces[40+i].Spans[0]
		for _, s := range c.traces[40+i].Spans {
			root.Duration = max(root.Duration, s.End()-root.Start)
		}
	}
	got := MicroRank(c.Scene(Range{40, 60}, []Range{{0, 40}}))
	if s := table.Name(got[0].Site.Service); s != "user" {
		t.Errorf("names %s first: %+v", s, got)
	}
}

// The Shapley values of a trace add up to its duration, and spans that run side by side
// share their time.
func TestShapleyDividesAllTime(t *testing.T) {
	table := model.NewSymbols()
	c := NewCorpus(table)
	c.Add(graph.NewAssembler(graph.Config{Symbols: table}).Assemble(tracetest.Draw(table, `
web GET 0ms 100ms
  cart get 10ms 40ms
  user get 30ms 40ms
    user parse 30ms 10ms
`)))
	var g game
	g.play(&c.traces[0])
	got := map[string]float64{}
	sum := 0.0
	for i, x := range g.shares {
		site := c.sites[c.traces[0].Spans[i].Op]
		got[table.Name(site.Service)+" "+table.Name(site.Operation)] = x / 1e6
		sum += x / 1e6
	}
	// 0-10 web, 10-30 cart, 30-40 cart and parse, 40-50 cart and user, 50-70 user, 70-100 web
	for op, want := range map[string]float64{"web GET": 40, "cart get": 30, "user get": 25, "user parse": 5} {
		if math.Abs(got[op]-want) > 1e-9 {
			t.Errorf("%s: got %v ms, want %v", op, got[op], want)
		}
	}
	if math.Abs(sum-100) > 1e-9 {
		t.Errorf("the shares add up to %v ms of 100", sum)
	}
}

// The order in which names were first seen changes nothing, and neither does the process.
func TestMethodsDoNotDependOnNumbers(t *testing.T) {
	for _, m := range Methods() {
		a, b := scene(faults[2].fault), scene(faults[2].fault)
		for range 50 {
			b.table.Service(fmt.Sprint("other ", rand.Int())) // numbers differ, names do not
		}
		x, y := m.Rank(a), m.Rank(b)
		if len(x) != len(y) {
			t.Fatalf("%s: %d and %d scores", m.Name, len(x), len(y))
		}
		for i := range x {
			if a.table.Name(x[i].Site.Service) != b.table.Name(y[i].Site.Service) || a.table.Name(x[i].Site.Operation) != b.table.Name(y[i].Site.Operation) || x[i].Value != y[i].Value {
				t.Errorf("%s: place %d differs", m.Name, i+1)
			}
		}
	}
}

// Without traces, without healthy ones and with one trace nobody panics or makes numbers up.
func TestMethodsWithoutEnough(t *testing.T) {
	s := scene(faults[0].fault)
	for _, m := range Methods() {
		for what, sc := range map[string]*Scene{
			"nothing":       s.Corpus.Scene(Range{0, 0}, nil),
			"no healthy":    s.Corpus.Scene(Range{200, 260}, nil),
			"nothing now":   s.Corpus.Scene(Range{0, 0}, []Range{{0, 200}}),
			"one trace":     s.Corpus.Scene(Range{200, 201}, []Range{{0, 1}}),
			"all the same":  s.Corpus.Scene(Range{0, 50}, []Range{{0, 50}}),
			"twice as much": s.Corpus.Scene(Range{200, 260}, []Range{{0, 200}, {0, 200}}),
		} {
			for _, x := range m.Rank(sc) {
				if math.IsNaN(x.Value) || math.IsInf(x.Value, 0) {
					t.Errorf("%s, %s: %v", m.Name, what, x)
				}
			}
			if len(sc.Now) == 0 && len(m.Rank(sc)) != 0 {
				t.Errorf("%s, %s: names somebody", m.Name, what)
			}
		}
	}
}
