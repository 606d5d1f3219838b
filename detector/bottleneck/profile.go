package bottleneck

import (
	"culprit/detector"
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

const (
	// deepest is the most calls above each other that are told apart: below, time counts
	// for the last of them. Real stacks have 10 to 50; a recursion without end has more.
	deepest = 100
	// mostNodes bounds the tree of an entry point: 20,000 ways to be called are 4 MB. A
	// system of 2,000 operations has some 10,000.
	mostNodes = 20_000
)

// Kind says whose time a node of the tree is.
type Kind uint8

// The kinds of time.
const (
	Own     Kind = iota // of the operation itself
	Network             // of a client span with an answer: between the two services
	Callee              // of a service that sends no spans, as its caller saw it
)

var kindWords = [...]string{"own", "network", "callee"}

// String is the kind as it is published.
func (k Kind) String() string { return kindWords[k] }

// Profile is what the traces of a stretch spent their time in. It belongs to one
// goroutine.
type Profile struct {
	table   *model.Symbols
	path    graph.CriticalPath
	opaque  map[opaqueKey]detector.Site
	entries map[detector.Site]*entry

	// scratch, one per span
	self, total []int64
	at          []*node
}

type opaqueKey struct{ callee, operation model.Sym }

// entry is an entry point: the main root of traces.
type entry struct {
	requests, errors int64
	durNS            int64
	times            stats.Sketch
	root             *node
	nodes            int
	services         map[model.Sym]*Spread
}

// node is an operation below a chain of others.
type node struct {
	site  detector.Site
	kind  Kind
	up    *node // nil for the entry point
	depth int
	hash  uint64 // never smaller than that of the node above
	kids  map[nodeKey]*node
	self  int64 // ns on the path
	calls int64 // spans on the path, with anything below them
	cells []cell
}

type nodeKey struct {
	site detector.Site
	kind Kind
}

// cell is a node on one emitter.
type cell struct {
	resource    model.Sym
	self, calls int64
}

// New returns an empty profile of spans whose names are in table.
func New(table *model.Symbols) *Profile {
	return &Profile{table: table, opaque: map[opaqueKey]detector.Site{}, entries: map[detector.Site]*entry{}}
}

// Add counts a trace. The trace may be overwritten afterwards. A trace without spans, or
// without a root among them, is left out: nobody knows what asked for it.
func (p *Profile) Add(t *graph.Trace) {
	if t.Main < 0 || t.Marks&graph.NoRoot != 0 {
		return
	}
	n := len(t.Spans)
	p.self, p.total, p.at = zeroed(p.self, n), zeroed(p.total, n), zeroed(p.at, n)
	for _, s := range p.path.Of(t) {
		p.self[s.Span] += s.To - s.From
	}
	for i := n - 1; i >= t.Main; i-- {
		p.total[i] += p.self[i]
		if up := t.Nodes[i].Parent; up >= 0 {
			p.total[up] += p.total[i]
		}
	}
	main := &t.Spans[t.Main]
	e := p.entry(detector.Site{Service: main.Service, Operation: main.Operation})
	e.requests++
	if main.Status == model.StatusError {
		e.errors++
	}
	e.durNS += main.Duration
	e.times.Add(stats.LogNS(main.Duration))
	for i := t.Main; i < n; i++ {
		if i == t.Main || p.total[i] > 0 && t.Nodes[i].Parent >= 0 && p.at[t.Nodes[i].Parent] != nil {
			p.span(e, t, i)
		}
	}
	for _, s := range e.services {
		s.settle()
	}
	if e.nodes > 2*mostNodes {
		e.prune()
	}
}

// span counts span i, whose parent has been counted.
func (p *Profile) span(e *entry, t *graph.Trace, i int) {
	s, n := &t.Spans[i], &t.Nodes[i]
	at := e.root
	kind := Own
	if n.HasGap {
		kind = Network
	}
	if i != t.Main {
		at = e.below(p, p.at[n.Parent], nodeKey{detector.Site{Service: s.Service, Operation: s.Operation}, kind})
	}
	p.at[i] = at
	at.calls++
	resource := s.Resource
	if n.Opaque && n.Callee != s.Service { // HotROD's mysql names itself
		at = e.below(p, at, nodeKey{p.calleeSite(n.Callee, s.Operation), Callee})
		at.calls++
		resource = 0 // the caller's emitter is not the callee's
	}
	at.self += p.self[i]
	c := at.cell(resource)
	c.self += p.self[i]
	c.calls++
	e.spread(at.site.Service).now += p.self[i]
}

func (p *Profile) entry(site detector.Site) *entry {
	e := p.entries[site]
	if e == nil {
		e = &entry{root: &node{site: site, hash: 0}, nodes: 1, services: map[model.Sym]*Spread{}}
		p.entries[site] = e
	}
	return e
}

// below returns the node of a call made by up; up itself where the tree is too deep.
func (e *entry) below(p *Profile, up *node, k nodeKey) *node {
	if at := up.kids[k]; at != nil {
		return at
	}
	if up.depth+1 >= deepest {
		return up
	}
	at := &node{site: k.site, kind: k.kind, up: up, depth: up.depth + 1}
	name := p.table.Name(k.site.Service) + "\x00" + p.table.Name(k.site.Operation) + "\x00" + k.kind.String()
	at.hash = max(up.hash, model.HashString(name)^up.hash*0x9e3779b97f4a7c15)
	if up.kids == nil {
		up.kids = map[nodeKey]*node{}
	}
	up.kids[k] = at
	e.nodes++
	return at
}

func (n *node) cell(resource model.Sym) *cell {
	for i := range n.cells {
		if n.cells[i].resource == resource {
			return &n.cells[i]
		}
	}
	n.cells = append(n.cells, cell{resource: resource})
	return &n.cells[len(n.cells)-1]
}

// calleeSite is an operation of a callee that sends no spans, named as its caller names it.
func (p *Profile) calleeSite(callee, operation model.Sym) detector.Site {
	k := opaqueKey{callee, operation}
	site, ok := p.opaque[k]
	if !ok {
		site = detector.Site{Service: callee, Operation: p.table.Operation(callee, p.table.Name(operation))}
		p.opaque[k] = site
	}
	return site
}

func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	s = s[:n]
	clear(s)
	return s
}
