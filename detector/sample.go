package detector

import (
	"container/heap"
	"slices"

	"culprit/graph"
)

// Sample keeps whole traces of a window, as they were assembled: for each entry point those
// whose trace IDs hash smallest, whatever came first. Exemplars, attribute breakdowns and
// counterfactuals are taken from it, so that they cost nothing until they are asked for.
type Sample struct {
	perEntry int
	entries  map[Site]*traceHeap
}

// NewSample returns an empty sample of at most perEntry traces of an entry point.
func NewSample(perEntry int) *Sample {
	return &Sample{perEntry: perEntry, entries: map[Site]*traceHeap{}}
}

type sampled struct {
	hash  uint64
	trace *graph.Trace
}

func (a sampled) less(b sampled) bool {
	if a.hash != b.hash {
		return a.hash < b.hash
	}
	return a.trace.ID.Compare(b.trace.ID) < 0
}

// Offer shows the sample a trace of an entry point. It copies what it keeps.
func (s *Sample) Offer(entry Site, t *graph.Trace) {
	if s.perEntry <= 0 {
		return
	}
	h := s.entries[entry]
	if h == nil {
		h = &traceHeap{}
		s.entries[entry] = h
	}
	c := sampled{hash: t.ID.Hash()}
	if len(*h) >= s.perEntry && c.hash > (*h)[0].hash {
		return
	}
	c.trace = t.Clone()
	h.offer(c, s.perEntry)
}

// Merge adds what another shard kept.
func (s *Sample) Merge(o *Sample) {
	for entry, theirs := range o.entries {
		h := s.entries[entry]
		if h == nil {
			h = &traceHeap{}
			s.entries[entry] = h
		}
		for _, c := range *theirs {
			h.offer(c, s.perEntry)
		}
	}
}

// Fit is a sample of at most so many of the traces, spread evenly over the entry points,
// and at least three of each.
func (s *Sample) Fit(most int) *Sample {
	if len(s.entries) == 0 {
		return s
	}
	out := NewSample(min(s.perEntry, max(3, most/len(s.entries))))
	for entry, all := range s.entries {
		h := slices.Clone(*all)
		for len(h) > out.perEntry {
			heap.Pop(&h)
		}
		h = slices.Clip(slices.Clone(h))
		out.entries[entry] = &h
	}
	return out
}

// Traces are what was kept, by trace hash. They change no more, whatever is offered later.
func (s *Sample) Traces() *Traces {
	var all []sampled
	for _, h := range s.entries {
		all = append(all, *h...)
	}
	slices.SortFunc(all, func(a, b sampled) int {
		if a.less(b) {
			return -1
		}
		return 1
	})
	out := make([]*graph.Trace, len(all))
	for i := range all {
		out[i] = all[i].trace
	}
	return NewTraces(out)
}

// traceHeap has the largest hash on top.
type traceHeap []sampled

func (h *traceHeap) offer(c sampled, most int) {
	heap.Push(h, c)
	if len(*h) > most {
		heap.Pop(h)
	}
}

func (h traceHeap) Len() int           { return len(h) }
func (h traceHeap) Less(i, j int) bool { return h[j].less(h[i]) }
func (h traceHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *traceHeap) Push(x any)        { *h = append(*h, x.(sampled)) }
func (h *traceHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
