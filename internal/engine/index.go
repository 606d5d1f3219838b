package engine

import (
	"sync"

	"culprit/detector"
	"culprit/model"
)

// index finds what a window holds of one operation, put together when it is first asked
// for: questions are about one of thousands.
type index struct {
	parts  func() map[detector.Site]*part
	traces func() []*model.Fragment // the sampled ones, by hash
	with   func() map[detector.Site][]int32
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
	w.with = sync.OnceValue(func() map[detector.Site][]int32 {
		out := map[detector.Site][]int32{}
		for i, f := range w.traces() {
			for k := range f.Spans {
				at := detector.Site{Service: f.Spans[k].Service, Operation: f.Spans[k].Operation}
				if have := out[at]; len(have) == 0 || have[len(have)-1] != int32(i) {
					out[at] = append(have, int32(i))
				}
			}
		}
		return out
	})
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
func (w *window) tracesWith(site detector.Site) []*model.Fragment {
	all := w.traces()
	var out []*model.Fragment
	for _, i := range w.with()[site] {
		out = append(out, all[i])
	}
	return out
}
