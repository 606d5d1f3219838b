package published

import (
	"culprit/detector"
	"culprit/graph"
	"culprit/model"
)

// Span is what the methods know about a span.
type Span struct {
	Op       int32 // index of its operation, see [Corpus.Site]
	Parent   int32 // index in the trace, -1 for a root; parents come first
	Start    int64 // ns since 1970
	Duration int64 // ns
	Own      int64 // ns not covered by children that it waits for
	Failed   bool
	Async    bool // its parent does not wait for it
}

// End is Start + Duration.
func (s *Span) End() int64 { return s.Start + s.Duration }

// Trace is a trace with at least one span.
type Trace struct {
	ID    model.TraceID
	Start int64
	Main  int // index of its earliest root
	Spans []Span
}

// Corpus holds the traces of a recording. It is filled by one goroutine; afterwards
// scenes may be judged side by side.
type Corpus struct {
	table  *model.Symbols
	index  map[detector.Site]int32
	sites  []detector.Site
	traces []Trace
}

// NewCorpus returns an empty corpus of spans whose names are in table.
func NewCorpus(table *model.Symbols) *Corpus {
	return &Corpus{table: table, index: map[detector.Site]int32{}}
}

// Add appends a trace; it copies what it keeps. A client span counts as a call of the
// operation that answers it, as a service mesh records it at both ends: otherwise no
// method but ours could tell a slow network from a slow caller. If its callee is known
// but sends no spans, it is a call of that callee under the client span's own name.
func (c *Corpus) Add(t *graph.Trace) {
	out := Trace{ID: t.ID, Start: t.Start, Main: max(t.Main, 0), Spans: make([]Span, len(t.Spans))}
	for i := range t.Spans {
		s, n := &t.Spans[i], &t.Nodes[i]
		site := detector.Site{Service: s.Service, Operation: s.Operation}
		switch {
		case n.HasGap:
			answer := &t.Spans[n.Kids]
			site = detector.Site{Service: answer.Service, Operation: answer.Operation}
		case n.Opaque:
			site = detector.Site{Service: n.Callee, Operation: c.table.Operation(n.Callee, c.table.Name(s.Operation))}
		}
		out.Spans[i] = Span{
			Op: c.op(site), Parent: n.Parent, Start: s.Start, Duration: s.Duration, Own: n.Own,
			Failed: s.Status == model.StatusError, Async: n.Async,
		}
	}
	c.traces = append(c.traces, out)
}

func (c *Corpus) op(s detector.Site) int32 {
	i, ok := c.index[s]
	if !ok {
		i = int32(len(c.sites))
		c.index[s] = i
		c.sites = append(c.sites, s)
	}
	return i
}

// Site is the service and operation with an index.
func (c *Corpus) Site(op int32) detector.Site { return c.sites[op] }

// Range is a range of traces, [From, To), in the order in which they were added.
type Range struct{ From, To int }

// Scene is what a method is given.
type Scene struct {
	*Corpus
	Now     []*Trace
	Healthy []*Trace
}

// Scene cuts out what happened and what was healthy.
func (c *Corpus) Scene(now Range, healthy []Range) *Scene {
	s := &Scene{Corpus: c}
	pick := func(to []*Trace, r Range) []*Trace {
		for i := r.From; i < r.To; i++ {
			if len(c.traces[i].Spans) > 0 {
				to = append(to, &c.traces[i])
			}
		}
		return to
	}
	s.Now = pick(nil, now)
	for _, r := range healthy {
		s.Healthy = pick(s.Healthy, r)
	}
	return s
}
