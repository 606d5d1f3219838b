package graph_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// calls makes a trace of n spans like those of a web shop: server spans that work, and
// call through client spans one after the other; random IDs; spans as they end.
func calls(n int, seed uint64) *model.Fragment {
	r := rand.New(rand.NewPCG(seed, seed))
	f := &model.Fragment{Trace: model.TraceID{1}, Spans: make([]model.Span, n)}
	var id [8]byte
	f.Spans[0] = model.Span{ID: model.SpanID{1}, Start: tracetest.Epoch, Duration: 1e9, Kind: model.KindServer, Service: 1, Resource: 1}
	for i := 1; i < n; i++ {
		p := &f.Spans[max(0, i-1-r.IntN(5))]
		for j := range id {
			id[j] = byte(r.Uint32())
		}
		s := model.Span{ID: id, Parent: p.ID, Duration: p.Duration/2 + 1, Service: p.Service, Resource: p.Resource}
		s.Start = p.Start + p.Duration/8*int64(r.IntN(5))
		switch {
		case p.Kind == model.KindClient:
			s.Kind = model.KindServer
			s.Service = p.Service%7 + 1
			s.Resource = s.Service
		case r.IntN(3) > 0:
			s.Kind = model.KindClient
		default:
			s.Kind = model.KindInternal
		}
		f.Spans[i] = s
	}
	for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
		f.Spans[i], f.Spans[j] = f.Spans[j], f.Spans[i]
	}
	return f
}

// chain is a trace in which every span has one child, star one in which the root has
// all of them.
func chain(n int) *model.Fragment { return line(n, func(i int) int { return i }) }
func star(n int) *model.Fragment  { return line(n, func(int) int { return 1 }) }

func line(n int, parent func(i int) int) *model.Fragment {
	f := &model.Fragment{Trace: model.TraceID{1}}
	for i := range n {
		s := model.Span{ID: tracetest.ID(i + 1), Start: int64(i), Duration: int64(2 * (n - i)), Service: 1, Resource: 1}
		if i > 0 {
			s.Parent = tracetest.ID(parent(i))
		}
		f.Spans = append(f.Spans, s)
	}
	return f
}

// Once the buffers have grown, assembling allocates nothing.
func TestAssembleAllocatesNothing(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	var c graph.CriticalPath
	small, large := calls(10, 1), calls(200, 2)
	c.Of(a.Assemble(large))
	if n := testing.AllocsPerRun(50, func() {
		c.Of(a.Assemble(small))
		c.Of(a.Assemble(large))
	}); n != 0 {
		t.Errorf("%v allocations per run, want none", n)
	}
}

// A trace of 100,000 spans is laid out whatever its shape, without recursion.
func TestHugeTraces(t *testing.T) {
	const n = 100_000
	a := graph.NewAssembler(graph.Config{})
	var c graph.CriticalPath
	for name, f := range map[string]*model.Fragment{"chain": chain(n), "star": star(n), "circle": circle(n), "orphans": orphans(n)} {
		shuffle(f, 1)
		tr := a.Assemble(f)
		laws(t, f, tr)
		pathLaws(t, tr, c.Of(tr))
		if len(tr.Spans) != n {
			t.Errorf("%s: have %d spans, want %d", name, len(tr.Spans), n)
		}
	}
}

func circle(n int) *model.Fragment {
	f := chain(n)
	f.Spans[0].Parent = f.Spans[n-1].ID
	return f
}

func orphans(n int) *model.Fragment {
	return line(n, func(i int) int { return i%2*n + i })
}

func BenchmarkAssemble(b *testing.B) {
	for _, n := range []int{10, 25, 40, 1000} {
		b.Run(fmt.Sprintf("spans=%d", n), func(b *testing.B) {
			var fs []*model.Fragment
			for seed := range uint64(64) {
				fs = append(fs, calls(n, seed))
			}
			a := graph.NewAssembler(graph.Config{})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				a.Assemble(fs[i%len(fs)])
			}
			perSpan(b, n)
		})
	}
	for _, c := range []struct {
		name string
		f    *model.Fragment
	}{{"chain", chain(100_000)}, {"star", star(100_000)}, {"orphans", orphans(100_000)}} {
		b.Run(c.name+"=100000", func(b *testing.B) {
			shuffle(c.f, 1)
			a := graph.NewAssembler(graph.Config{})
			for b.Loop() {
				a.Assemble(c.f)
			}
			perSpan(b, len(c.f.Spans))
		})
	}
}

func BenchmarkCriticalPath(b *testing.B) {
	tr := graph.NewAssembler(graph.Config{}).Assemble(calls(25, 1))
	var c graph.CriticalPath
	b.ReportAllocs()
	for b.Loop() {
		c.Of(tr)
	}
	perSpan(b, 25)
}

func perSpan(b *testing.B, spans int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(spans), "ns/span")
}
