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
			}
			all = append(all, one)
		}
		wanted := map[detector.Site]bool{}
		for _, s := range sites {
			wanted[s] = rnd.IntN(3) == 0
		}
		var want []int32
		for i, one := range all {
			if slices.ContainsFunc(one.Spans, func(s model.Span) bool {
				return wanted[detector.Site{Service: s.Service, Operation: s.Operation}]
			}) {
				want = append(want, int32(i))
			}
		}
		if got := detector.NewTraces(all).With(func(s detector.Site) bool { return wanted[s] }); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}
