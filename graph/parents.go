package graph

import "culprit/model"

// attach finds the parent that each span names.
func (a *Assembler) attach() {
	a.truncate()
	for i := range a.items {
		it := &a.items[i]
		it.parent = a.named(int32(i))
		if it.parent >= 0 {
			continue
		}
		switch s := a.span(int32(i)); {
		case s.Parent.IsZero():
		case s.Parent == s.ID:
			it.how |= cut
			a.trace.Marks |= Cycle
		default:
			it.how |= orphan
			a.trace.Marks |= Orphans
		}
	}
}

// truncate drops what is beyond MaxSpans and marks what loses a child by it.
func (a *Assembler) truncate() {
	if len(a.items) <= a.cfg.MaxSpans {
		return
	}
	a.trace.Marks |= Truncated
	for i := a.cfg.MaxSpans; i < len(a.items); i++ {
		if p := a.named(int32(i)); p >= 0 {
			a.items[p].how |= torn
		}
	}
	a.items = a.items[:a.cfg.MaxSpans]
	a.ids.reset(len(a.items))
	for i := range a.items {
		head := a.ids.slot(a.items[i].id, a.items)
		a.items[i].twin = *head - 1
		*head = int32(i) + 1
	}
}

// named returns the item that item i names as its parent, or none.
func (a *Assembler) named(i int32) int32 {
	it, s := &a.items[i], a.span(i)
	if asks := askedBy(it.kind); asks != 0 {
		// A server span that shares the ID of its client (Zipkin) also shares its Parent.
		if c := a.copyOf(a.ids.find(it.id, a.items), asks); c >= 0 {
			return c
		}
	}
	if s.Parent.IsZero() || s.Parent == s.ID {
		return none
	}
	return a.holder(number(s.Parent), i)
}

// askedBy is the kind of span that a span of the given kind answers, 0 if none.
func askedBy(k model.Kind) model.Kind {
	switch k {
	case model.KindServer:
		return model.KindClient
	case model.KindConsumer:
		return model.KindProducer
	}
	return 0
}

// holder returns which of the items with that ID is the parent of item child: the one
// of the same emitter, else of the same service, else the one that answers. None if
// there is no item with that ID beside the child itself.
func (a *Assembler) holder(id uint64, child int32) int32 {
	best, bestFit := int32(none), -1
	c := a.span(child)
	for p := a.ids.find(id, a.items); p >= 0; p = a.items[p].twin {
		if p == child {
			continue
		}
		s, fit := a.span(p), 0
		if s.Resource == c.Resource {
			fit += 4
		}
		if s.Service == c.Service {
			fit += 2
		}
		if askedBy(s.Kind) != 0 {
			fit++
		}
		if fit > bestFit || fit == bestFit && s.Kind < a.items[best].kind {
			best, bestFit = p, fit
		}
	}
	return best
}

// follow reads the further references of spans without a parent: they hang under what
// they refer to.
func (a *Assembler) follow() {
	a.references(func(kind model.RefKind, from, to int32) {
		it := &a.items[from]
		switch {
		case it.how&byRef == 0 && (it.parent >= 0 || it.how&cut != 0):
			return // has a parent, or a broken one
		case it.how&orphan != 0 && kind == model.RefLink:
			return // a link is no substitute for a lost parent
		}
		rank := kind == model.RefChildOf
		switch waits := it.how&async == 0; {
		case it.parent < 0, rank && !waits, rank == waits && to < it.parent:
			it.parent = to
			it.how |= byRef | async
			if rank {
				it.how &^= async
			}
		}
	})
}

// references calls fn with every reference between two spans of this trace.
func (a *Assembler) references(fn func(kind model.RefKind, from, to int32)) {
	for _, r := range a.f.Refs {
		if r.Trace != a.f.Trace || r.From == r.To {
			continue
		}
		for from := a.ids.find(number(r.From), a.items); from >= 0; from = a.items[from].twin {
			if to := a.holder(number(r.To), from); to >= 0 {
				fn(r.Kind, from, to)
			}
		}
	}
}

// cutCycles makes every span reachable from one without a parent. In a cycle the
// earliest reference is taken back; where there is none the earliest span is cut off.
func (a *Assembler) cutCycles() {
	for i := range a.items {
		if a.items[i].seen != 0 {
			continue
		}
		stamp := int32(i) + 1
		at := int32(i)
		for at >= 0 && a.items[at].seen == 0 {
			a.items[at].seen = stamp
			at = a.items[at].parent
		}
		if at < 0 || a.items[at].seen != stamp {
			continue
		}
		first, ref := at, int32(none) // earliest span, earliest by reference
		for j, start := at, at; ; {
			first = min(first, j)
			if a.items[j].how&byRef != 0 && (ref < 0 || j < ref) {
				ref = j
			}
			if j = a.items[j].parent; j == start {
				break
			}
		}
		if ref >= 0 {
			a.items[ref].how &^= byRef | async
			a.items[ref].parent = none
			continue
		}
		a.items[a.items[first].parent].how |= torn
		a.items[first].parent = none
		if !a.span(first).Parent.IsZero() {
			a.items[first].how |= cut // else it is a root, once it is off its twin
		}
		a.trace.Marks |= Cycle
	}
}

// second is a further parent that waits for a child too.
type second struct{ parent, child int32 }

// join reads the further references of spans that have a parent: what they are a child
// of waits for them too.
func (a *Assembler) join() {
	a.extra = a.extra[:0]
	a.references(func(kind model.RefKind, from, to int32) {
		if p := a.items[from].parent; kind == model.RefChildOf && p >= 0 && p != to {
			a.extra = append(a.extra, second{to, from})
		}
	})
}
