package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// observation is one span's value of the quantity that a cause rests on, and the
// dimensions it may depend on.
type observation struct {
	trace model.TraceID
	x     float64
	dims  []model.Attr
	torn  bool // what stood above it is lost: a key that it lacks may have had any value
}

// lacks reports whether nobody knows if the observation was made under a key's values.
func (o *observation) lacks(key model.Sym) bool {
	return o.torn && !slices.ContainsFunc(o.dims, func(a model.Attr) bool { return a.Key == key })
}

// observe collects the values of each cause's leading quantity from sampled traces, in their
// order.
func (s *Scene) observe(samples []*detector.Traces, causes ...*Cause) [][]observation {
	out := make([][]observation, len(causes))
	if s.dimensions == nil {
		s.dimensions = NewDimensions(s.Table)
	}
	for _, sample := range samples {
		for n, c := range causes {
			s.candidates(sample, c, func(t *graph.Trace, i int) {
				if x, who, ok := s.value(t, i, c); ok {
					out[n] = append(out[n], observation{t.ID, x, s.dimensions.Above(t, i, who), t.Nodes[top(t, i)].Orphan})
				}
			})
		}
	}
	return out
}

// now are the sampled traces of the judged windows.
func (s *Scene) now() []*detector.Traces {
	if s.Traces == nil {
		return nil
	}
	return []*detector.Traces{s.Traces}
}

// candidates yields the spans that may say something about the leading quantity of a cause,
// in the order of the traces; of all others [Scene.value] has nothing.
func (s *Scene) candidates(sample *detector.Traces, c *Cause, yield func(t *graph.Trace, i int)) {
	k := &c.Lead.Key
	if k.Family == detector.EdgeGap { // either side
		for _, at := range sample.With(func(of detector.Site) bool { return of.Service == c.Site.Service }) {
			t := sample.All[at]
			for i := range t.Spans {
				yield(t, i)
			}
		}
		return
	}
	name := s.Table.Name(k.Site.Operation)
	for _, at := range sample.Spans(func(of *detector.Located) bool { // an opaque call bears the name, too
		return of.Site == k.Site || slices.Contains(of.Asks, k.Site.Service) && s.Table.Name(of.Site.Operation) == name
	}) {
		yield(sample.All[at.Trace], int(at.Span))
	}
}

// value is what span i says about the quantity, and which span's emitter it is the
// business of; ok is false if it says nothing.
func (s *Scene) value(t *graph.Trace, i int, c *Cause) (x float64, who int, ok bool) {
	n, sp := &t.Nodes[i], &t.Spans[i]
	site := detector.Site{Service: sp.Service, Operation: sp.Operation}
	k := &c.Lead.Key
	switch k.Family {
	case detector.OwnTime, detector.Tail:
		if n.Opaque {
			if n.Callee != k.Site.Service || s.Table.Name(sp.Operation) != s.Table.Name(k.Site.Operation) {
				return 0, 0, false
			}
			return nats(n.Own), -1, true
		}
		return nats(n.Own), i, site == k.Site && !n.HasGap && !n.Torn
	case detector.EdgeGap:
		if !n.HasGap || sp.Service != c.Site.Service && n.Callee != c.Site.Service {
			return 0, 0, false
		}
		who = i
		if n.Callee == c.Site.Service {
			who = int(n.Kids)
		}
		return nats(max(0, n.Gap)), who, true
	case detector.Errors:
		if n.Opaque && n.Callee == k.Site.Service && s.Table.Name(sp.Operation) == s.Table.Name(k.Site.Operation) {
			return failed(sp), -1, true
		}
		return failed(sp), i, site == k.Site
	case detector.Concurrency:
		if site != k.Site || n.NKids < 2 || n.Covered == 0 {
			return 0, 0, false
		}
		return nats(n.Busy) - nats(n.Covered), i, true
	case detector.Calls, detector.Repeats:
		if site != k.Site || s.parentOf(t, i) != k.Parent || t.Marks&(graph.Orphans|graph.NoRoot) != 0 {
			return 0, 0, false
		}
		lo, hi := t.Kids(i)
		for j := lo; j < hi; j++ {
			if reached(t, j) == k.Child {
				x++
				if k.Family == detector.Calls {
					break
				}
			}
		}
		return x, i, true
	}
	return 0, 0, false
}

// reached is the operation that a call reached, as [detector.Observer] counts it; a
// callee without spans keeps its caller's name here.
func reached(t *graph.Trace, i int) detector.Site {
	if t.Nodes[i].HasGap {
		i = int(t.Nodes[i].Kids)
	}
	return detector.Site{Service: t.Spans[i].Service, Operation: t.Spans[i].Operation}
}

// parentOf is what span i stands below, as [detector.Observer] counts it.
func (s *Scene) parentOf(t *graph.Trace, i int) detector.Site {
	if s.contexts == nil {
		s.contexts = detector.NewContexts(s.Table)
	}
	return s.contexts.Parent(t, i)
}

func nats(ns int64) float64 { return float64(stats.LogNS(ns)) / stats.LogOne }

func failed(s *model.Span) float64 {
	if s.Status == model.StatusError {
		return 1
	}
	return 0
}
