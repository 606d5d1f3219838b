package graph

import (
	"cmp"
	"slices"

	"culprit/model"
)

// grain is the microsecond in which several formats count time: a child may stand out
// of its parent that far by rounding alone.
const grain = 1000

// spell is an interval in the time of the parent: From <= To.
type spell struct{ From, To int64 }

// spells are the intervals in which a span waits.
type spells []spell

// place returns where child stands within its parent, on the parent's clock. A child
// of the same clock is clipped to the parent; a remote one is moved inside, or covers
// the parent if it is the longer one.
func place(parent, child *model.Span, remote bool) spell {
	from, to := parent.Start, parent.End()
	switch {
	case remote && child.Duration >= parent.Duration:
		return spell{from, to}
	case remote:
		lo := min(max(child.Start, from), to-child.Duration)
		return spell{lo, lo + child.Duration}
	}
	lo := min(max(child.Start, from), to)
	return spell{lo, max(lo, min(child.End(), to))}
}

// union adds up the intervals: busy counts overlaps as often as they occur, covered
// once. It sorts the intervals. The sum stops at the largest int64.
func (sp spells) union() (busy, covered int64) {
	if !slices.IsSortedFunc(sp, spell.compare) {
		slices.SortFunc(sp, spell.compare)
	}
	var end int64
	for i, s := range sp {
		if busy += s.To - s.From; busy < 0 {
			busy = 1<<63 - 1
		}
		if i == 0 || s.From > end {
			end = s.From
		}
		if s.To > end {
			covered += s.To - end
			end = s.To
		}
	}
	return busy, covered
}

func (s spell) compare(o spell) int {
	return cmp.Compare(s.From, o.From)
}

// spend says where the time of each span went.
func (a *Assembler) spend() {
	t := &a.trace
	a.orderExtra()
	extra := a.extra
	for i := range t.Spans {
		s, n := &t.Spans[i], &t.Nodes[i]
		n.Own = s.Duration
		a.spells, a.moved = a.spells[:0], a.moved[:0]
		only := none // the one child it waits for
		for k, end := t.Kids(i); k < end; k++ {
			if t.Nodes[k].Async {
				continue
			}
			crosses := t.crosses(k)
			mark, by := displaced(s, &t.Spans[k], crosses)
			t.Marks |= mark
			if at := place(s, &t.Spans[k], crosses); mark == Skew {
				t.Apart = max(t.Apart, by)
				a.moved = append(a.moved, at)
			} else {
				a.spells = append(a.spells, at)
			}
			only = k
		}
		waits := len(a.spells) + len(a.moved)
		for len(extra) > 0 && int(extra[0].parent) == i {
			k := int(extra[0].child)
			a.spells = append(a.spells, place(s, &t.Spans[k], t.Spans[k].Resource != s.Resource))
			extra = extra[1:]
		}
		if len(a.spells)+len(a.moved) == 0 {
			continue
		}
		a.cover(n)
		n.Own -= n.Covered
		if n.Role == Client && waits == 1 && !n.Torn && t.crosses(only) {
			n.Gap, n.HasGap, n.Own = s.Duration-t.Spans[only].Duration, true, 0
		}
	}
}

// guess is the part of an own time by which it may be off without being a guess: half of
// what never matters of a time.
const guess = 0.015

// cover adds up what a span waits for. Calls that another clock puts outside of it were
// moved inside by the shortest way, so that several end up one upon the other, or upon one
// that is where it was. Whether they really overlap nobody knows.
func (a *Assembler) cover(n *Node) {
	if len(a.moved) == 0 {
		n.Busy, n.Covered = a.spells.union()
		return
	}
	_, covered := a.spells.union()
	apart := float64(covered)
	for _, s := range a.moved {
		apart += float64(s.To - s.From)
	}
	a.spells = append(a.spells, a.moved...)
	n.Busy, n.Covered = a.spells.union()
	n.Guessed = apart-float64(n.Covered) > guess*float64(n.Own-n.Covered)
}

// displaced says whether a child stands out of its parent by more than rounding, as a
// mark of the trace, and by how much, in ns. A remote child that goes on after a parent
// shorter than itself does not mean that clocks differ: the caller gave up.
func displaced(parent, child *model.Span, remote bool) (Marks, int64) {
	late := child.End() - parent.End()
	if !remote {
		if late > grain {
			return Overlong, late
		}
		return 0, 0
	}
	by := max(parent.Start-child.Start, child.Start-parent.End())
	if child.Duration <= parent.Duration {
		by = max(by, late)
	}
	if by > grain {
		return Skew, by
	}
	return 0, 0
}

// orderExtra turns the second parents into places in the trace, in order, and leaves
// out what cannot be: nobody waits for its own ancestor.
func (a *Assembler) orderExtra() {
	if len(a.extra) == 0 {
		return
	}
	t := &a.trace
	first, size := t.nested()
	kept := a.extra[:0]
	for _, e := range a.extra {
		p, c := a.items[e.parent].seen, a.items[e.child].seen
		above := first[c] <= first[p] && first[p] < first[c]+size[c]
		if !above && !t.Nodes[c].Async && t.Nodes[c].Parent != p {
			kept = append(kept, second{p, c})
		}
	}
	slices.SortFunc(kept, func(x, y second) int {
		return cmp.Or(cmp.Compare(x.parent, y.parent), cmp.Compare(x.child, y.child))
	})
	a.extra = slices.Compact(kept)
}

// nested numbers the spans in depth-first order: the subtree of span i has the numbers
// from first[i], size[i] of them.
func (t *Trace) nested() (first, size []int32) {
	first, size = make([]int32, len(t.Nodes)), make([]int32, len(t.Nodes))
	for i := len(t.Nodes) - 1; i >= 0; i-- {
		size[i]++
		if p := t.Nodes[i].Parent; p >= 0 {
			size[p] += size[i]
		}
	}
	var free int32
	for i := range t.Roots {
		first[i] = free
		free += size[i]
	}
	for i := range t.Nodes {
		free := first[i] + 1
		for k, end := t.Kids(i); k < end; k++ {
			first[k] = free
			free += size[k]
		}
	}
	return first, size
}
