package graph

import (
	"slices"

	"culprit/model"
)

// layOut writes the spans in the order of [Trace.Spans]: roots first, then level by
// level, siblings adjacent.
func (a *Assembler) layOut() {
	t := &a.trace
	a.queue = a.queue[:0]
	trueRoots := 0
	for i := range a.items {
		it := &a.items[i]
		if it.parent >= 0 {
			continue
		}
		if it.how&(orphan|cut) == 0 {
			if trueRoots == 0 {
				t.Main = len(a.queue)
			}
			trueRoots++
		}
		a.queue = append(a.queue, int32(i))
	}
	t.Roots = len(a.queue)
	switch {
	case trueRoots > 1:
		t.Marks |= ManyRoots
	case trueRoots == 0 && len(a.items) > 0:
		t.Marks |= NoRoot
	}
	for i := len(a.items) - 1; i >= 0; i-- { // backwards, so that lists run forwards
		if p := a.items[i].parent; p >= 0 {
			a.items[i].next = a.items[p].kid
			a.items[p].kid = int32(i)
		}
	}
	t.Spans = slices.Grow(t.Spans, len(a.items))
	t.Nodes = grow(t.Nodes, len(a.items))
	for pos := range t.Roots {
		t.Nodes[pos].Parent = none
	}
	for pos := 0; pos < len(a.queue); pos++ {
		i := a.queue[pos]
		it := &a.items[i]
		n := Node{
			Parent: t.Nodes[pos].Parent, // written by the parent
			Kids:   int32(len(a.queue)),
			Async:  it.how&async != 0,
			Orphan: it.parent < 0 && it.how&orphan != 0,
			Torn:   it.how&torn != 0,
		}
		for k := it.kid; k >= 0; k = a.items[k].next {
			t.Nodes[len(a.queue)].Parent = int32(pos)
			a.queue = append(a.queue, k)
		}
		n.NKids = int32(len(a.queue)) - n.Kids
		t.Nodes[pos] = n

		s := a.f.Spans[it.src]
		s.Start, s.Duration = inTime(s.Start), min(max(s.Duration, 0), longest)
		t.Spans = append(t.Spans, s)
		it.seen = int32(pos) // from here on: the place in the trace
		if t.Main < 0 && i == 0 {
			t.Main = pos // rootless: items are sorted, so this is the earliest span
		}
	}
	if t.Main >= 0 {
		t.Start = t.Spans[t.Main].Start
	}
}

// assignRoles gives every span its role, and its callee where it has one, and says
// which children nobody waits for.
func (a *Assembler) assignRoles() {
	t := &a.trace
	for i := range t.Spans {
		t.Nodes[i].Role = a.role(i)
	}
	for i := range t.Spans {
		n, s := &t.Nodes[i], &t.Spans[i]
		if n.Parent >= 0 && !n.Async {
			n.Async = t.unawaited(i)
		}
		if n.Role != Client && n.Role != Producer {
			continue
		}
		n.Callee = s.Peer
		lo, hi := t.Kids(i)
		for k := lo; k < hi; k++ {
			if t.crosses(k) {
				n.Callee = t.Spans[k].Service
				break
			}
		}
		n.Opaque = n.Role == Client && n.NKids == 0 && n.Callee != 0
	}
}

// role is the span's kind or, where it says nothing about calls, what its place says:
// a span with a caller in another service answers; one with exactly one child, in
// another service, asks; so does a leaf that names its peer; a root without any kind
// answers somebody outside.
func (a *Assembler) role(i int) Role {
	t := &a.trace
	s, n := &t.Spans[i], &t.Nodes[i]
	switch s.Kind {
	case model.KindServer:
		return Server
	case model.KindClient:
		return Client
	case model.KindProducer:
		return Producer
	case model.KindConsumer:
		return Consumer
	}
	switch {
	case n.Parent >= 0 && t.Spans[n.Parent].Service != s.Service:
		return Server
	case n.NKids == 1 && t.Spans[n.Kids].Service != s.Service:
		return Client
	case s.Peer != 0 && (n.NKids == 0 || n.Parent >= 0 && t.allWithin(i)):
		return Client
	case n.Parent < 0 && s.Kind == model.KindUnspecified:
		return Server
	}
	return Internal
}

// allWithin reports whether the children of span i are work of its own service that
// asks nobody, as far as they say.
func (t *Trace) allWithin(i int) bool {
	lo, hi := t.Kids(i)
	for k := lo; k < hi; k++ {
		s := &t.Spans[k]
		if t.remote(k) || s.Peer != 0 || s.Kind != model.KindInternal && s.Kind != model.KindUnspecified {
			return false
		}
	}
	return true
}

// remote reports whether span i and its parent were emitted in different places, so
// that their clocks may differ. Roots are not remote.
func (t *Trace) remote(i int) bool {
	p := t.Nodes[i].Parent
	if p < 0 {
		return false
	}
	s, o := &t.Spans[i], &t.Spans[p]
	if s.Resource != 0 && o.Resource != 0 {
		return s.Resource != o.Resource
	}
	return s.Service != o.Service
}

// crosses reports whether the call from the parent of span i to span i leaves the
// parent's process, or comes back to it by its front door.
func (t *Trace) crosses(i int) bool {
	n := &t.Nodes[i]
	if n.Parent < 0 {
		return false
	}
	switch p := t.Nodes[n.Parent].Role; {
	case p == Client && n.Role == Server, p == Producer && n.Role == Consumer:
		return true
	}
	return t.remote(i)
}

// unawaited reports whether the parent of span i does not wait for it.
func (t *Trace) unawaited(i int) bool {
	s, n := &t.Spans[i], &t.Nodes[i]
	p, parent := &t.Spans[n.Parent], &t.Nodes[n.Parent]
	switch {
	case s.Flags&model.FollowsFrom != 0, n.Role == Consumer:
		return true
	case parent.Role == Producer && t.crosses(i):
		return true
	case t.crosses(i):
		return false // its start says nothing
	case n.Role == Producer && s.End() > p.End():
		return true // sent in the background
	}
	return s.Start > p.End()
}
