package bottleneck_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"culprit/detector/bottleneck"
	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// shop draws a request whose database call takes sql ms; cart and pay run side by side.
func shop(sql, pay int) string {
	return fmt.Sprintf(`
web GET/buy       0ms %dms kind=server instance=web-0
  web call        0ms %dms kind=client
    cart list     5ms %dms kind=server instance=cart-%d
      cart SELECT 10ms %dms kind=client peer=mysql
  web pay         0ms %dms kind=client
    pay charge    5ms %dms kind=server
`, max(sql+30, pay+20)+10, sql+30, sql+20, sql%2, sql, pay+20, pay)
}

func fill(table *model.Symbols, p *bottleneck.Profile, draws ...string) []*graph.Trace {
	a := graph.NewAssembler(graph.Config{Symbols: table})
	var out []*graph.Trace
	for i, d := range draws {
		f := tracetest.Draw(table, d)
		f.Trace[0], f.Trace[1] = byte(i>>8), byte(i)
		t := a.Assemble(f).Clone()
		p.Add(t)
		out = append(out, t)
	}
	return out
}

func TestViewAddsUp(t *testing.T) {
	table := model.NewSymbols()
	p := bottleneck.New(table)
	fill(table, p, shop(100, 20), shop(51, 20), shop(10, 200))
	v := p.View(nil)
	if len(v) != 1 || v[0].Requests != 3 {
		t.Fatalf("%+v", v)
	}
	var words []string
	var sum float64
	for _, o := range v[0].Operations {
		sum += float64(o.MS)
		words = append(words, fmt.Sprintf("%s %s (%s) %.1f", o.Service, o.Operation, o.Kind, float64(o.MS)))
	}
	if math.Abs(sum-float64(v[0].MeanMS)) > 1e-3 {
		t.Errorf("operations add up to %v ms, requests take %v", sum, v[0].MeanMS)
	}
	if d := cmp.Diff([]string{
		"pay charge (own) 66.7", "mysql SELECT (callee) 50.3", "cart list (own) 13.3", "web GET/buy (own) 10.0",
		"web call (network) 6.7", "web pay (network) 6.7",
	}, words); d != "" {
		t.Error(d)
	}
	var edges []string
	for _, e := range v[0].Edges {
		edges = append(edges, fmt.Sprintf("%s -> %s %s %.1f (%.1f between)", e.Caller, e.Callee, e.CalleeOperation, float64(e.MS), float64(e.BetweenMS)))
	}
	if d := cmp.Diff([]string{
		"web -> pay charge 73.3 (6.7 between)", "web -> cart list 70.3 (6.7 between)", "cart -> mysql SELECT 50.3 (0.0 between)",
	}, edges); d != "" {
		t.Error(d)
	}
	var instances []string
	for _, i := range v[0].Instances {
		instances = append(instances, i.Instance)
	}
	if got := strings.Join(instances, " "); !strings.Contains(got, "cart-0") || !strings.Contains(got, "cart-1") {
		t.Errorf("instances %s", got)
	}
	var stacks float64
	for _, s := range v[0].Stacks {
		stacks += float64(s.MS)
	}
	if math.Abs(stacks-float64(v[0].MeanMS)) > 1e-3 {
		t.Errorf("stacks add up to %v ms, requests take %v", stacks, v[0].MeanMS)
	}
}

// Profiles merge to the same bytes however the traces were divided.
func TestMergeIsExact(t *testing.T) {
	table := model.NewSymbols()
	whole, a, b := bottleneck.New(table), bottleneck.New(table), bottleneck.New(table)
	var draws []string
	for i := range 40 {
		draws = append(draws, shop(10+7*i%90, 20+13*i%80))
	}
	fill(table, whole, draws...)
	fill(table, a, draws[:11]...)
	fill(table, b, draws[11:]...)
	b.Merge(a)
	if d := cmp.Diff(text(t, whole.View(nil)), text(t, b.View(nil))); d != "" {
		t.Error(d)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A tree with more ways to be called than are kept keeps the same ones in whatever order
// the traces come, and loses no time.
func TestTooManyStacks(t *testing.T) {
	table := model.NewSymbols()
	rnd := rand.New(rand.NewPCG(1, 1))
	var draws []string
	for range 9000 {
		var b strings.Builder
		b.WriteString("web GET 0ms 100ms\n")
		for depth := range 6 {
			fmt.Fprintf(&b, "%s s%d op%d %dms %dms\n", strings.Repeat(" ", depth+1), rnd.IntN(9), rnd.IntN(12), depth+1, 90-2*depth)
		}
		draws = append(draws, b.String())
	}
	one, other := bottleneck.New(table), bottleneck.New(table)
	fill(table, one, draws...)
	rnd.Shuffle(len(draws), func(i, j int) { draws[i], draws[j] = draws[j], draws[i] })
	fill(table, other, draws...)
	v := one.View(nil)
	if d := cmp.Diff(text(t, v), text(t, other.View(nil))); d != "" {
		t.Errorf("the order of traces matters: %.2000s", d)
	}
	var sum float64
	for _, o := range v[0].Operations {
		sum += float64(o.MS)
	}
	if math.Abs(sum-100) > 1e-2 {
		t.Errorf("%v ms of 100 are left", sum)
	}
}

// Odd traces are counted for what they show.
func TestOddTraces(t *testing.T) {
	table := model.NewSymbols()
	p := bottleneck.New(table)
	fill(table, p,
		"web GET 0ms 0ms\n",
		"web GET 0ms 10ms\n",
		"web GET 0ms 10ms parent=00000000000000ff\n", // rootless: nobody knows what asked for it
		"a x 0ms 10ms parent=0000000000000002\n  a y 0ms 5ms\n",
	)
	a := graph.NewAssembler(graph.Config{})
	p.Add(a.Assemble(&model.Fragment{}))
	v := p.View(nil)
	if len(v) != 1 || v[0].Requests != 2 || v[0].MeanMS != 5 {
		t.Errorf("%s", text(t, v))
	}
}

// BenchmarkProfile assembles 10,000 traces of ten spans and finds what their time went to.
// The issue asks for a hundred thousand in two seconds: 20 µs a trace.
func BenchmarkProfile(b *testing.B) {
	table := model.NewSymbols()
	fs := fragments(table, 10_000)
	a := graph.NewAssembler(graph.Config{Symbols: table})
	b.ReportAllocs()
	for b.Loop() {
		p := bottleneck.New(table)
		for _, f := range fs {
			p.Add(a.Assemble(f))
		}
		p.View(nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000/1000, "µs/trace")
}

// fragments draws traces of ten spans over forty operations.
func fragments(table *model.Symbols, n int) []*model.Fragment {
	rnd := rand.New(rand.NewPCG(3, 3))
	var out []*model.Fragment
	for i := range n {
		f := &model.Fragment{}
		f.Trace[0], f.Trace[1], f.Trace[2] = byte(i>>16), byte(i>>8), byte(i)
		at := tracetest.Epoch + int64(i)*1_000_000
		for k := range 10 {
			s := model.Span{ID: tracetest.ID(k + 1), Start: at + int64(k)*1_000_000, Duration: int64(100-8*k)*1_000_000 + rnd.Int64N(1_000_000), Kind: model.KindServer}
			svc := fmt.Sprintf("s%d", k)
			s.Service = table.Service(svc)
			s.Operation = table.Operation(s.Service, fmt.Sprintf("op%d", rnd.IntN(4)))
			s.Resource = table.Resource(svc, fmt.Sprintf("%s-%d", svc, i%3), "", "")
			if k > 0 {
				s.Parent = tracetest.ID(1 + rnd.IntN(k))
			}
			f.Spans = append(f.Spans, s)
		}
		out = append(out, f)
	}
	return out
}

// Memory grows with operations, not with traces.
func TestMemoryDoesNotGrowWithTraces(t *testing.T) {
	table := model.NewSymbols()
	fs := fragments(table, 2000)
	a := graph.NewAssembler(graph.Config{Symbols: table})
	p := bottleneck.New(table)
	size := func(rounds int) uint64 {
		for range rounds {
			for _, f := range fs {
				p.Add(a.Assemble(f))
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	few := size(1)
	if many := size(20); many > few+few/20+64<<10 {
		t.Errorf("%d bytes after 2,000 traces, %d after 42,000", few, many)
	}
}
