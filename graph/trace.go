package graph

import (
	"slices"

	"culprit/model"
)

// Role is what a span does in its trace, from its kind or, where kinds are missing,
// from its place.
type Role uint8

// The roles of a span.
const (
	Internal Role = iota // work inside a service
	Server               // answers a caller
	Client               // asks another service, or a database, cache or queue, and waits
	Producer             // hands over to a queue and does not wait
	Consumer             // takes from a queue
)

// Marks are what is wrong with a trace. It still counts for what it does show.
type Marks uint16

// The marks of a trace.
const (
	Orphans    Marks = 1 << iota // a span names a parent that is not there
	ManyRoots                    // several spans without a parent
	NoRoot                       // no span without a parent
	Cycle                        // spans that are each other's ancestors; cut at the earliest
	Skew                         // a remote child lies outside its parent: clocks differ
	Duplicates                   // the same span came twice; one was kept
	Overlong                     // a child ends after its waiting parent on the same host
	Truncated                    // more spans than a trace may have; the rest is dropped
)

// Node is what the assembler found out about the span with the same index: 56 bytes.
type Node struct {
	Parent int32 // index of the parent, -1 for a root or an orphan
	Kids   int32 // index of the first child; children are adjacent
	NKids  int32

	Role   Role
	Async  bool // the parent does not wait for it
	Orphan bool // its parent is not there
	Torn   bool // it may have lost a child: its own time cannot be trusted (see the package comment)

	HasGap bool
	// Guessed marks a span that waits for several calls of which some lie outside it, by
	// another clock. They were moved inside and lie upon others now, so Own and Covered are a
	// guess. With a single call they are not: durations need no clock.
	Guessed bool
	// Opaque marks a client span whose callee is named but sent no span: its own time
	// is the callee's (databases, caches, uninstrumented services).
	Opaque bool
	// Callee is the service a client or producer span asks: its child's, or what the
	// caller calls it (Span.Peer); 0 if nobody knows.
	Callee model.Sym

	Own     int64 // duration not covered by children, ns, never negative
	Gap     int64 // client spans with a server child: client minus server duration, ns, may be negative; else 0
	Busy    int64 // sum of the durations of children it waits for, clipped to its own, ns
	Covered int64 // union of their intervals, ns; Busy/Covered is their concurrency
}

// Trace is an assembled trace. The slices belong to the [Assembler] and are valid
// until its next call; [Trace.Clone] has its own.
type Trace struct {
	ID    model.TraceID
	Spans []model.Span // roots first, then parents before children, siblings adjacent by (start, ID, kind)
	Nodes []Node       // parallel to Spans
	Attrs []model.Attr // Span.Attrs points in here
	Refs  []model.Ref
	Roots int   // the first Roots spans have no parent in this trace (orphans and cut cycles included)
	Main  int   // index of the earliest true root; of the earliest span if there is none; -1 without spans
	Start int64 // start of Main, ns: decides the window the trace belongs to
	Marks Marks
	Dups  int   // spans dropped as duplicates
	Apart int64 // how far clocks disagree at least, ns: the furthest that a remote child lies outside its waiting parent
}

// Clone is a copy with slices of its own.
func (t *Trace) Clone() *Trace {
	c := *t
	c.Spans, c.Nodes = slices.Clone(t.Spans), slices.Clone(t.Nodes)
	c.Attrs, c.Refs = slices.Clone(t.Attrs), slices.Clone(t.Refs)
	return &c
}

// Kids returns the index range [lo, hi) of the children of span i.
func (t *Trace) Kids(i int) (lo, hi int) {
	n := &t.Nodes[i]
	return int(n.Kids), int(n.Kids + n.NKids)
}

// AttrsOf returns the attributes of span i.
func (t *Trace) AttrsOf(i int) []model.Attr {
	s := &t.Spans[i]
	return t.Attrs[s.Attrs : int(s.Attrs)+int(s.NAttrs)]
}

// Crosses reports whether the call from the parent of span i to span i leaves the
// parent's process, or comes back to it by its front door. Roots do not cross.
func (t *Trace) Crosses(i int) bool { return t.crosses(i) }

// Place is where span i stands within its parent, on the parent's clock: as it is where
// both have one clock, else moved inside by the shortest way. One that the parent does
// not wait for begins no earlier than the parent. A root stands where it is.
func (t *Trace) Place(i int) (from, to int64) {
	p := t.Nodes[i].Parent
	if p < 0 {
		return t.Spans[i].Start, t.Spans[i].End()
	}
	if t.Nodes[i].Async { // it may go on for as long as it likes, but not begin before it was asked for
		from = max(t.Spans[i].Start, t.Spans[p].Start)
		return from, from + t.Spans[i].Duration
	}
	at := place(&t.Spans[p], &t.Spans[i], t.crosses(i))
	return at.From, at.To
}
