package engine

import (
	"sync"

	"culprit/detector"
	"culprit/graph"
)

// index finds what a window holds of one operation, put together when it is first asked
// for: questions are about one of thousands.
type index struct {
	parts  func() map[detector.Site]*part
	traces func() *detector.Traces // the sampled ones, by hash
}

// part are the keys of an operation in a summary.
type part struct {
	contexts []detector.ContextKey
	edges    []detector.EdgeKey
}

// indexed is the window with an index. Its summary changes no more.
func (w *window) indexed() *window {
	if w.parts == nil {
		contexts, edges := w.sum.Contexts, w.sum.Edges // without the traces, which are fewer later
		w.parts = sync.OnceValue(func() map[detector.Site]*part {
			out := map[detector.Site]*part{}
			at := func(s detector.Site) *part {
				if out[s] == nil {
					out[s] = &part{}
				}
				return out[s]
			}
			for k := range contexts {
				p := at(k.Site)
				p.contexts = append(p.contexts, k)
			}
			for k := range edges {
				p := at(k.Site)
				p.edges = append(p.edges, k)
			}
			return out
		})
	}
	w.traces = sync.OnceValue(w.sum.Sample.Traces)
	return w
}

// of is what the summary of a window holds of an operation.
func (w *window) of(site detector.Site) *detector.Summary {
	s := &detector.Summary{From: w.sum.From, To: w.sum.To, Traces: w.sum.Traces, Apart: w.sum.Apart,
		Contexts: map[detector.ContextKey]*detector.Context{}, Edges: map[detector.EdgeKey]*detector.Edge{}, Entries: map[detector.Site]*detector.Entry{}}
	if p := w.parts()[site]; p != nil {
		for _, k := range p.contexts {
			s.Contexts[k] = w.sum.Contexts[k]
		}
		for _, k := range p.edges {
			s.Edges[k] = w.sum.Edges[k]
		}
	}
	if e := w.sum.Entries[site]; e != nil {
		s.Entries[site] = e
	}
	return s
}

// tracesWith are the sampled traces that have a span of an operation, by hash.
func (w *window) tracesWith(site detector.Site) []*graph.Trace {
	sample := w.traces()
	var out []*graph.Trace
	for _, i := range sample.With(func(s detector.Site) bool { return s == site }) {
		out = append(out, sample.All[i])
	}
	return out
}
