package workflow

import (
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// Stages reads a trace as stages: what a span asked for, and who answered. It is the
// one place that says which span is which stage; the detector counts stages by context,
// a [Model] by their way from the entry. It belongs to one goroutine.
//
// A structure is who answered, not who was asked: a client span and the server span below
// it are one stage, the server's operation. A call to a service that sends no spans is an
// operation of that service, named as the caller names it. A call that nobody answered
// keeps the name its caller gave it.
type Stages struct {
	table  *model.Symbols
	opaque map[opaqueKey]graph.Site
	t      *graph.Trace
	serial int64 // traces read
	parent int64 // parents counted
}

type opaqueKey struct{ callee, operation model.Sym }

// NewStages returns a reader of traces whose names are in table.
func NewStages(table *model.Symbols) *Stages {
	return &Stages{table: table, opaque: map[opaqueKey]graph.Site{}}
}

// Read turns to a trace. It keeps it until the next call.
func (s *Stages) Read(t *graph.Trace) {
	s.t = t
	s.serial++
}

// Site is the operation that span i is of, by its own name.
func (s *Stages) Site(i int) graph.Site {
	sp := &s.t.Spans[i]
	return graph.Site{Service: sp.Service, Operation: sp.Operation}
}

// Below is the stage that span i is: the operation of who answered it.
func (s *Stages) Below(i int) graph.Site {
	n := &s.t.Nodes[i]
	switch {
	case s.asked(i):
		return s.Site(s.answer(i))
	case n.Opaque:
		return s.ofOpaque(n.Callee, s.t.Spans[i].Operation)
	}
	return s.Site(i)
}

// asked reports whether span i is the caller's side of one call that was answered. Where
// spans are missing nobody knows the gap, but who answered.
func (s *Stages) asked(i int) bool {
	n := &s.t.Nodes[i]
	if n.HasGap || !n.Torn || n.Role != graph.Client {
		return n.HasGap
	}
	lo, hi := s.t.Kids(i)
	waits := 0
	for k := lo; k < hi; k++ {
		if !s.t.Nodes[k].Async {
			waits++
		}
	}
	return waits == 1 && s.t.Crosses(s.answer(i))
}

// answer is the span that answered such a call: the one that the caller waits for.
func (s *Stages) answer(i int) int {
	lo, hi := s.t.Kids(i)
	for k := lo; k < hi; k++ {
		if !s.t.Nodes[k].Async {
			return k
		}
	}
	return lo
}

// ofOpaque is an operation of a callee that sends no spans, named as its caller names it.
func (s *Stages) ofOpaque(callee, operation model.Sym) graph.Site {
	k := opaqueKey{callee, operation}
	site, ok := s.opaque[k]
	if !ok {
		site = graph.Site{Service: callee, Operation: s.table.Operation(callee, s.table.Name(operation))}
		s.opaque[k] = site
	}
	return site
}

// Answered reports whether another service answered below span i.
func (s *Stages) Answered(i int) bool {
	lo, hi := s.t.Kids(i)
	for k := lo; k < hi; k++ {
		if s.t.Spans[k].Service != s.t.Spans[i].Service {
			return true
		}
	}
	return false
}

// Calls counts the stages below one kind of parent.
type Calls map[graph.Site]*Call

// Call counts the stages of one kind under a parent. It merges exactly.
type Call struct {
	Parents int64         // parents that have such a stage
	Total   int64         // such stages
	Last    int64         // parents whose last stage it is
	Groups  int64         // traces
	Many    stats.Moments // log number of such stages per parent that has any

	lastParent, lastTrace int64
	run                   int64 // stages of the parent now being counted
}

// Count counts one parent with its stages, the spans kids in their order. Each call
// is one more parent; one without stages need not be counted.
func (s *Stages) Count(calls Calls, kids []int) {
	s.parent++
	var last *Call
	for _, k := range kids {
		site := s.Below(k)
		call := calls[site]
		if call == nil {
			call = &Call{}
			calls[site] = call
		}
		call.Total++
		if call.lastParent != s.parent {
			call.lastParent = s.parent
			call.Parents++
			call.run = 0
		}
		call.run++
		if call.lastTrace != s.serial {
			call.lastTrace = s.serial
			call.Groups++
		}
		last = call
	}
	if last != nil {
		last.Last++
	}
	for _, k := range kids {
		call := calls[s.Below(k)]
		if call.run > 0 {
			call.Many.Add(stats.LogNS(call.run*1e9) - logOne)
			call.Many.Groups++
			call.run = 0
		}
	}
}

// logOne is the logarithm of one: numbers are counted as so many seconds.
var logOne = stats.LogNS(1e9)

// Merge adds the parents of other.
func (c Calls) Merge(other Calls) {
	for site, call := range other {
		if have := c[site]; have != nil {
			have.Merge(call)
		} else {
			c[site] = call
		}
	}
}

// Merge adds what other counted.
func (c *Call) Merge(other *Call) {
	c.Parents += other.Parents
	c.Total += other.Total
	c.Last += other.Last
	c.Groups += other.Groups
	c.Many.Merge(other.Many)
}
