package detector_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"culprit/detector"
	"culprit/graph"
	"culprit/model"
)

// The index finds the traces that a look at every span finds, also for operations without a
// name, which several services have.
func TestTracesAreFoundByTheirSites(t *testing.T) {
	table := model.NewSymbols()
	var sites []detector.Site
	for _, service := range []string{"web", "cart", "pay"} {
		v := table.Service(service)
		for _, operation := range []string{"", "list", "buy"} {
			sites = append(sites, detector.Site{Service: v, Operation: table.Operation(v, operation)})
		}
	}
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var all []*graph.Trace
		for range rnd.IntN(30) {
			one := &graph.Trace{}
			for range rnd.IntN(8) {
				s := sites[rnd.IntN(len(sites))]
				one.Spans = append(one.Spans, model.Span{Service: s.Service, Operation: s.Operation})
				one.Nodes = append(one.Nodes, graph.Node{Opaque: rnd.IntN(4) == 0, Callee: sites[3*rnd.IntN(3)].Service})
			}
			all = append(all, one)
		}
		wanted := map[detector.Site]bool{}
		for _, s := range sites {
			wanted[s] = rnd.IntN(3) == 0
		}
		asked := sites[0].Service
		var want []int32
		var spans []detector.Place
		for i, one := range all {
			for k, sp := range one.Spans {
				if wanted[detector.Site{Service: sp.Service, Operation: sp.Operation}] {
					spans = append(spans, detector.Place{Trace: int32(i), Span: int32(k)})
				}
			}
			if slices.ContainsFunc(one.Spans, func(s model.Span) bool {
				return wanted[detector.Site{Service: s.Service, Operation: s.Operation}]
			}) {
				want = append(want, int32(i))
			}
		}
		index := detector.NewTraces(all)
		if got := index.With(func(s detector.Site) bool { return wanted[s] }); !slices.Equal(got, want) {
			t.Fatalf("seed %d: traces %v, want %v", seed, got, want)
		}
		if got := index.Spans(func(l *detector.Located) bool { return wanted[l.Site] }); !slices.Equal(got, spans) {
			t.Fatalf("seed %d: spans %v, want %v", seed, got, spans)
		}
		got := index.Spans(func(l *detector.Located) bool { return slices.Contains(l.Asks, asked) })
		for i, one := range all {
			for k, n := range one.Nodes {
				if n.Opaque && n.Callee == asked && !slices.Contains(got, detector.Place{Trace: int32(i), Span: int32(k)}) {
					t.Fatalf("seed %d: a span that asks service %d is not found", seed, asked)
				}
			}
		}
	}
}
