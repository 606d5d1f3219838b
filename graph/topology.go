package graph

import (
	"culprit/internal/stats"
	"culprit/model"
)

// Topology lays the traces of a stretch over each other: who calls whom, how often, how
// long, with how many errors. It counts spans as they came, not what they stand for.
//
// It merges exactly: what comes of it does not depend on how traces were divided or in
// which order they came. It belongs to one goroutine; several may share the symbols.
type Topology struct {
	symbols *model.Symbols
	types   typer
	nodes   map[model.Sym]*vertex
	edges   map[link]*traffic
}

// vertex is a service: one that sends spans, or one that its callers name.
type vertex struct {
	own      traffic // work that entered it, by its own spans
	seen     traffic // calls to it that left no span of its own
	emits    bool
	ops      map[model.Sym]struct{} // by which work enters it
	seenOps  map[model.Sym]struct{} // its callers' names for what they ask
	emitters map[model.Sym]struct{} // model.Resource numbers
	votes    [nTypes]int64          // what its callers say it is
}

// link is an edge: calls from one service to another.
type link struct {
	caller, callee model.Sym
	async          bool
}

// traffic are calls. Its sums are exact, so that merging is.
type traffic struct {
	calls, errors int64
	times         stats.Sketch
	gaps          int64 // calls whose gap is known
	gapSum        int64 // of their gaps, µs
}

// NewTopology returns an empty topology of services that are numbered in symbols.
func NewTopology(symbols *model.Symbols) *Topology {
	return &Topology{
		symbols: symbols,
		types:   newTyper(symbols),
		nodes:   map[model.Sym]*vertex{},
		edges:   map[link]*traffic{},
	}
}

// Add counts a trace. The trace may be overwritten afterwards.
func (p *Topology) Add(t *Trace) {
	for i := range t.Spans {
		s, n := &t.Spans[i], &t.Nodes[i]
		if n.Callee != 0 { // a client or producer span
			p.call(t, i)
		}
		if !t.enters(i) {
			continue
		}
		v := p.node(s.Service)
		v.emits = true
		v.emitters[s.Resource] = struct{}{}
		v.ops[s.Operation] = struct{}{}
		v.own.add(s.Duration, s.Status)
		if n.Parent < 0 {
			continue
		}
		// A caller without a client span of its own, or with one for another callee.
		caller := &t.Spans[n.Parent]
		if t.Nodes[n.Parent].Callee != s.Service && caller.Service != s.Service {
			p.edge(link{caller.Service, s.Service, n.Async}).add(s.Duration, s.Status)
		}
	}
	if len(p.edges) > 2*mostEdges {
		p.prune()
	}
}

// call counts the call that a client or producer span is.
func (p *Topology) call(t *Trace, i int) {
	s, n := &t.Spans[i], &t.Nodes[i]
	async, answered := n.Role == Producer, false
	for k, end := t.Kids(i); k < end; k++ {
		if t.crosses(k) {
			async, answered = t.Nodes[k].Async, true
			break
		}
	}
	e := p.edge(link{s.Service, n.Callee, async})
	e.add(s.Duration, s.Status)
	if n.HasGap {
		e.gaps++
		e.gapSum += min(max(n.Gap/1000, -longestGap), longestGap)
	}
	if answered {
		return
	}
	v := p.node(n.Callee)
	v.seen.add(s.Duration, s.Status)
	v.seenOps[s.Operation] = struct{}{}
	v.votes[p.types.of(n.Role, t.AttrsOf(i))]++
}

// longestGap bounds what one call adds to the sum of the gaps, in µs: an hour. A sum
// of int64 then holds 2.5e9 calls.
const longestGap = 3_600_000_000

// enters reports whether work enters the service of span i by it: from another process,
// from outside or, for a root that is neither, from a clock or a shell.
func (t *Trace) enters(i int) bool {
	n := &t.Nodes[i]
	if n.Parent >= 0 {
		return t.crosses(i)
	}
	return !n.Orphan || n.Role == Server || n.Role == Consumer
}

func (c *traffic) add(duration int64, status model.Status) {
	c.calls++
	if status == model.StatusError {
		c.errors++
	}
	c.times.Add(stats.LogNS(duration))
}

func (p *Topology) node(service model.Sym) *vertex {
	v := p.nodes[service]
	if v == nil {
		v = &vertex{ops: map[model.Sym]struct{}{}, seenOps: map[model.Sym]struct{}{}, emitters: map[model.Sym]struct{}{}}
		p.nodes[service] = v
	}
	return v
}

func (p *Topology) edge(l link) *traffic {
	e := p.edges[l]
	if e == nil {
		e = &traffic{}
		p.edges[l] = e
	}
	return e
}
