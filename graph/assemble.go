package graph

import (
	"cmp"
	"encoding/binary"
	"slices"

	"culprit/model"
)

// maxSpans is the default of [Config.MaxSpans]: a trace of 100,000 spans is a batch
// job or a loop, and what comes after adds memory but no insight.
const maxSpans = 100_000

// Config says how traces are assembled. The zero value is the documented default.
type Config struct {
	// MaxSpans is the most spans a trace keeps, the earliest by (start, ID, kind).
	// What is dropped marks the trace [Truncated] and its parents [Node.Torn].
	// 0 means 100,000.
	MaxSpans int
	// Symbols breaks the last tie between two copies of a span, equal in all but their
	// names, by name. Without it they are told apart by number, which is the same for
	// any order of spans but not from one process to the next.
	Symbols *model.Symbols
}

// Assembler turns fragments into traces. It keeps its buffers from one trace to the
// next and belongs to one goroutine.
type Assembler struct {
	cfg Config

	f     *model.Fragment // only during Assemble
	keys  []key
	items []item
	ids   idTable
	extra []second
	queue []int32 // items in the order of the trace

	trace  Trace
	flags  []uint8 // scratch, one per span
	spells spells
	moved  spells // those that were moved, by another clock
}

// key is what spans are sorted by.
type key struct {
	start int64
	id    uint64
	src   int32
	kind  model.Kind
}

func (k key) compare(o key) int {
	switch { // cmp.Or would compare all three every time
	case k.start != o.start:
		return cmp.Compare(k.start, o.start)
	case k.id != o.id:
		return cmp.Compare(k.id, o.id)
	}
	return cmp.Compare(k.kind, o.kind)
}

// item is a span that is kept, while its place is sought. Items are in the order of
// their keys, so a smaller index is an earlier span.
type item struct {
	id     uint64
	src    int32 // index in Fragment.Spans
	parent int32 // item, or none
	kid    int32 // first child, or none
	next   int32 // next sibling, or none
	twin   int32 // another item with the same ID, or none
	seen   int32 // stamp of the walk that found it; for the search for cycles
	how    how
	kind   model.Kind
}

const none = -1

// how says how an item came to its parent, or why it has none.
type how uint8

const (
	orphan how = 1 << iota // names a parent that is not there
	cut                    // was part of a cycle, or its own parent
	byRef                  // hangs under what it refers to
	async                  // by a reference that does not wait
	torn                   // lost a child
)

// NewAssembler returns an assembler without buffers: they grow with the traces.
func NewAssembler(cfg Config) *Assembler {
	if cfg.MaxSpans <= 0 {
		cfg.MaxSpans = maxSpans
	}
	return &Assembler{cfg: cfg}
}

// Assemble lays out what came of one trace. The fragment is only read; the trace is
// valid until the next call, and its Attrs and Refs are the fragment's. Of a fragment
// without spans comes a trace without spans, with Main = -1.
func (a *Assembler) Assemble(f *model.Fragment) *Trace {
	a.f = f
	a.trace = Trace{
		ID: f.Trace, Attrs: f.Attrs, Refs: f.Refs, Main: none,
		Spans: a.trace.Spans[:0], Nodes: a.trace.Nodes[:0],
	}
	a.gather()
	a.attach()
	a.follow()
	a.cutCycles()
	a.join()
	a.layOut()
	a.assignRoles()
	a.tear()
	a.spend()
	a.f = nil
	return &a.trace
}

// gather sorts the spans and makes an item of each, one for all its copies.
func (a *Assembler) gather() {
	a.keys = a.keys[:0]
	for i := range a.f.Spans {
		s := &a.f.Spans[i]
		a.keys = append(a.keys, key{inTime(s.Start), number(s.ID), int32(i), s.Kind})
	}
	for a.list() {
		a.keys = a.keys[:0]
		for i := range a.items {
			it := &a.items[i]
			a.keys = append(a.keys, key{inTime(a.f.Spans[it.src].Start), it.id, it.src, it.kind})
		}
	}
	if a.trace.Dups > 0 {
		a.trace.Marks |= Duplicates
	}
}

// list makes the items of the sorted keys. It reports whether the items are out of
// order because a copy that starts at another time took the place of the first one.
func (a *Assembler) list() (again bool) {
	slices.SortFunc(a.keys, key.compare)
	a.items = slices.Grow(a.items[:0], len(a.keys))
	a.ids.reset(len(a.keys))
	for _, k := range a.keys {
		head := a.ids.slot(k.id, a.items)
		if old := a.copyOf(*head-1, k.kind); old >= 0 {
			a.trace.Dups++
			if a.better(k.src, a.items[old].src) {
				a.items[old].src = k.src
				again = true
			}
			continue
		}
		a.items = append(a.items, item{
			id: k.id, src: k.src, kind: k.kind,
			parent: none, kid: none, next: none, twin: *head - 1,
		})
		*head = int32(len(a.items))
	}
	return again
}

// copyOf returns the item of that kind in a chain of twins, or none.
func (a *Assembler) copyOf(i int32, kind model.Kind) int32 {
	for i >= 0 && a.items[i].kind != kind {
		i = a.items[i].twin
	}
	return i
}

// span returns the span of an item.
func (a *Assembler) span(i int32) *model.Span { return &a.f.Spans[a.items[i].src] }

// Starts are kept between 1970 and 2116 and durations below 36 years, so that an end, a
// difference of two starts and a shift by one never overflow.
const (
	latest  = 1<<62 - 1
	longest = 1<<60 - 1
)

// inTime brings a start into [0, latest].
func inTime(start int64) int64 { return min(max(start, 0), latest) }

func number(id model.SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) }

// grow returns a slice of length n, the old one where it is large enough. Its
// contents are undefined.
func grow[E any](s []E, n int) []E { return slices.Grow(s[:0], n)[:n] }
