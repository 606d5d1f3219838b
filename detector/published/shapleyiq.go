package published

import (
	"cmp"
	"slices"
)

// ShapleyIQ is Li et al., "ShapleyIQ: Influence Quantification by Shapley Values for
// Performance Debugging of Microservices", ASPLOS 2023: the timeline of a trace is cut
// into what each span does itself, and the duration of the trace is divided by the
// Shapley values of the game whose worth is the time that a coalition covers, so that
// spans that run side by side share their common time equally. An operation scores its
// mean over all traces. Without a baseline, that is where time goes.
func ShapleyIQ(s *Scene) []Score { return s.shapley(s.Now, nil) }

// slow is from how many standard deviations above its healthy mean a request is slow.
const slow = 1

// ShapleyIQWithBaseline is [ShapleyIQ] over the slow traces (all, if none is), and
// weighs each span's value by the part of its duration that exceeds the healthy mean of
// its operation.
func ShapleyIQWithBaseline(s *Scene) []Score {
	usual := operationSpread(s.Healthy)
	var late []*Trace
	for _, t := range s.Now {
		if main := &t.Spans[t.Main]; usual[main.Op].severity(main) >= slow {
			late = append(late, t)
		}
	}
	if len(late) == 0 {
		late = s.Now
	}
	return s.shapley(late, usual)
}

func (s *Scene) shapley(traces []*Trace, usual map[int32]*limit) []Score {
	value := map[int32]float64{}
	var g game
	for _, t := range traces {
		g.play(t)
		for i, ns := range g.shares {
			sp := &t.Spans[i]
			weight := 1.0
			if l := usual[sp.Op]; l != nil && sp.Duration > 0 {
				ms := float64(sp.Duration) / 1e6
				weight = max(0, ms-l.mean()) / ms
			}
			value[sp.Op] += ns * weight
		}
	}
	for op := range value {
		value[op] /= 1e6 * float64(len(traces))
	}
	return s.ranked(value)
}

// game divides the time of a trace. It keeps its memory from trace to trace.
type game struct {
	shares []float64 // ns, by span
	edges  []edge
	active []int32
	byKids []int32
}

// edge is where a span begins or ends to work itself.
type edge struct {
	at   int64
	span int32
	on   bool
}

// play fills in the shares of a trace.
func (g *game) play(t *Trace) {
	n := len(t.Spans)
	g.shares = append(g.shares[:0], make([]float64, n)...)
	g.edges, g.active = g.edges[:0], g.active[:0]
	g.byKids = g.byKids[:0]
	for i := range t.Spans {
		g.byKids = append(g.byKids, int32(i))
	}
	slices.SortFunc(g.byKids, func(a, b int32) int {
		x, y := &t.Spans[a], &t.Spans[b]
		return cmp.Or(cmp.Compare(x.Parent, y.Parent), cmp.Compare(x.Start, y.Start), cmp.Compare(a, b))
	})
	first := 0 // of the children of the span at hand, in byKids
	for first < n && t.Spans[g.byKids[first]].Parent < 0 {
		first++
	}
	for i := range t.Spans {
		sp := &t.Spans[i]
		at, last := sp.Start, first
		for last < n && t.Spans[g.byKids[last]].Parent == int32(i) {
			kid := &t.Spans[g.byKids[last]]
			last++
			if kid.Async {
				continue
			}
			if kid.Start > at {
				g.segment(int32(i), at, min(kid.Start, sp.End()))
			}
			at = max(at, kid.End())
		}
		first = last
		g.segment(int32(i), at, sp.End())
	}
	slices.SortFunc(g.edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.span, b.span))
	})
	for k, e := range g.edges {
		if k > 0 && len(g.active) > 0 {
			part := float64(e.at-g.edges[k-1].at) / float64(len(g.active))
			for _, i := range g.active {
				g.shares[i] += part
			}
		}
		if e.on {
			g.active = append(g.active, e.span)
		} else if i := slices.Index(g.active, e.span); i >= 0 {
			g.active = slices.Delete(g.active, i, i+1)
		}
	}
}

// segment notes that span i works itself in [from, to).
func (g *game) segment(i int32, from, to int64) {
	if to > from {
		g.edges = append(g.edges, edge{from, i, true}, edge{to, i, false})
	}
}
