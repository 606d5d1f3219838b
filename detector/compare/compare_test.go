package compare_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"culprit/detector/compare"
	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// system makes traces of a shop whose machine has good and bad minutes: durations share a
// factor that wanders slowly.
type system struct {
	table *model.Symbols
	rnd   *rand.Rand
	at    int64
	level float64
	n     uint64
	sql   float64 // ms
	pay   float64
	extra string // a line below cart
	entry string
	fails float64
}

func newSystem(table *model.Symbols, seed uint64) *system {
	return &system{table: table, rnd: rand.New(rand.NewPCG(seed, 77)), at: tracetest.Epoch + int64(seed)*int64(time.Hour), sql: 40, pay: 30, entry: "GET/buy"}
}

// fragment draws the next request, a tenth of a second later.
func (s *system) fragment() *model.Fragment {
	s.level = 0.99*s.level + 0.014*s.rnd.NormFloat64() // a standard deviation of 10 %, over some ten seconds
	blur := func(ms float64) float64 { return ms * math.Exp(s.level+0.1*s.rnd.NormFloat64()) }
	sql, pay, own := blur(s.sql), blur(s.pay), blur(10)
	mark := ""
	if s.rnd.Float64() < s.fails {
		mark = "error"
	}
	extra := ""
	if s.extra != "" {
		extra = "      " + s.extra + "\n"
	}
	f := tracetest.Draw(s.table, fmt.Sprintf(`
web %s 0ms %.3fms kind=server %s
  web call 0.1ms %.3fms kind=client
    cart list 0.2ms %.3fms kind=server
      cart SELECT 0.3ms %.3fms kind=client peer=mysql
%s  web charge %.3fms %.3fms kind=client
    pay charge %.3fms %.3fms kind=server
`, s.entry, sql+pay+own+1, mark, sql+.3, sql+.2, sql, extra, sql+.6, pay+.2, sql+.7, pay))
	s.n++
	s.at += 100_000_000
	f.Trace = model.TraceID{}
	for i := range 8 {
		f.Trace[i], f.Trace[8+i] = byte(s.at>>(8*i)), byte(s.n>>(8*i))
	}
	return tracetest.Move(f, time.Duration(s.at-tracetest.Epoch))
}

// side draws so many requests.
func (s *system) side(n int) *compare.Side {
	side := compare.NewSide(s.table)
	a := graph.NewAssembler(graph.Config{Symbols: s.table})
	for range n {
		side.Add(a.Assemble(s.fragment()))
	}
	return side
}

func told(c model.Comparison) string {
	var words []string
	for _, ch := range c.Changes {
		words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", ch.Kind, ch.Service, ch.Operation, ch.Callee, ch.CalleeOperation)))
	}
	return strings.Join(words, "; ")
}

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*system)
		first  string
	}{
		{"a slower database", func(s *system) { s.sql = 60 }, "slower mysql SELECT"},
		{"a faster service", func(s *system) { s.pay = 15 }, "faster pay charge"},
		{"a new call", func(s *system) { s.extra = "cart lookup 0.5ms 20ms" }, "new cart list cart lookup"},
		{"requests that fail", func(s *system) { s.fails = 0.4 }, "failing web GET/buy"},
		{"another entry point", func(s *system) { s.entry = "GET/sell" }, "gone web GET/buy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSystem(model.NewSymbols(), 1)
			before := s.side(1200)
			c.change(s)
			got := compare.Compare(before, s.side(1200), compare.Options{Before: "a", Now: "b"})
			if first, _, _ := strings.Cut(told(got), ";"); first != c.first {
				t.Errorf("told %s; want %s first", told(got), c.first)
			}
			for i, ch := range got.Changes {
				if ch.Rank != i+1 || ch.Sentence == "" || ch.Entries == nil {
					t.Errorf("%+v", ch)
				}
			}
		})
	}
}

// What is told of a slower database is what requests feel of it.
func TestEffectIsWhatRequestsFeel(t *testing.T) {
	s := newSystem(model.NewSymbols(), 4)
	before := s.side(2000)
	s.sql = 80
	c := compare.Compare(before, s.side(2000), compare.Options{})
	if len(c.Changes) == 0 {
		t.Fatal("nothing told")
	}
	felt, whole := float64(c.Changes[0].EffectMS), float64(c.Entries[0].NowMeanMS-c.Entries[0].BeforeMeanMS)
	if math.Abs(felt-40) > 6 || math.Abs(felt-whole) > 6 {
		t.Errorf("the database costs %.1f ms of %.1f, want about 40", felt, whole)
	}
	if !slices.ContainsFunc(c.Services, func(s model.ServiceChange) bool { return s.Service == "mysql" && s.Kind == model.ChangeSlower }) {
		t.Errorf("services: %+v", c.Services)
	}
}

// Two stretches of one system whose good and bad minutes are no change: a test over spans
// would find one each time.
func TestRestlessnessIsNoChange(t *testing.T) {
	const rounds = 25
	wrong := 0
	for seed := range uint64(rounds) {
		s := newSystem(model.NewSymbols(), seed)
		before := s.side(1200)
		for range 300 { // half a minute between
			s.fragment()
		}
		if c := compare.Compare(before, s.side(1200), compare.Options{}); len(c.Changes) > 0 {
			wrong++
			t.Logf("seed %d: %s", seed, told(c))
		}
	}
	if wrong > 2 {
		t.Errorf("a change was told in %d of %d comparisons of equals", wrong, rounds)
	}
}

// Traces may come in any order: the slices, and all that is told, are the same.
func TestOrderDoesNotMatter(t *testing.T) {
	table := model.NewSymbols()
	s := newSystem(table, 2)
	var all []*model.Fragment
	for i := range 4000 { // 400 s: slices of 20 s in the end
		if i == 2000 {
			s.sql = 70
		}
		all = append(all, s.fragment())
	}
	half := func(order []int) (*compare.Side, *compare.Side) {
		a := graph.NewAssembler(graph.Config{Symbols: table})
		one, other := compare.NewSide(table), compare.NewSide(table)
		for _, i := range order {
			side := one
			if i >= 2000 {
				side = other
			}
			side.Add(a.Assemble(all[i]))
		}
		return one, other
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	b, n := half(order)
	want := text(t, compare.Compare(b, n, compare.Options{}))
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	b, n = half(order)
	if d := cmp.Diff(want, text(t, compare.Compare(b, n, compare.Options{}))); d != "" {
		t.Errorf("%.3000s", d)
	}
	if !strings.Contains(want, `"slices":21,"seconds":10`) {
		t.Errorf("%.300s", want)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Too little is said to be too little, and is no reason to stop.
func TestLittleIsSaid(t *testing.T) {
	table := model.NewSymbols()
	s := newSystem(table, 3)
	c := compare.Compare(s.side(3), s.side(3), compare.Options{})
	if len(c.Changes) > 0 || !slices.ContainsFunc(c.Warnings, func(w model.Warning) bool { return w.Kind == "few-slices" }) {
		t.Errorf("told %s with %v", told(c), c.Warnings)
	}
	c = compare.Compare(s.side(300), compare.NewSide(table), compare.Options{})
	if !slices.ContainsFunc(c.Warnings, func(w model.Warning) bool { return w.Kind == "no-requests" }) {
		t.Errorf("warned %v", c.Warnings)
	}
	compare.Compare(compare.NewSide(table), s.side(300), compare.Options{})
	compare.Compare(compare.NewSide(table), compare.NewSide(table), compare.Options{})
}
