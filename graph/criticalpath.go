package graph

import (
	"cmp"
	"slices"
)

// Segment is a stretch of a trace's duration that was spent in one span.
type Segment struct {
	Span     int   // index in Trace.Spans
	From, To int64 // ns since 1970, on the clock of the span whose path it is; From < To
}

// CriticalPath finds what a trace's duration was spent in. It keeps its buffers and
// belongs to one goroutine.
type CriticalPath struct {
	out   []Segment
	stack []frame
	kids  []placed
}

// frame is a span that is being walked: what lies between From and To is still to be
// said.
type frame struct {
	span     int
	from, to int64 // on the main span's clock
	shift    int64 // from the span's clock to that of the main span
	kids     int   // its children begin at this index of CriticalPath.kids,
	next     int   // those before this one are done
	end      int
}

// placed is a child where it stands within its parent, on the parent's clock.
type placed struct {
	spell
	span  int
	shift int64 // from the child's clock to that of its parent
}

// Of returns the critical path of the trace's main span: segments that are disjoint,
// in order of time, and sum up to its duration. The result is valid until the next
// call.
//
// The path is walked backwards from the end. Among the children that a span waits for
// and that were running, the last to finish is the one it waited for; while none was
// running the time is the span's own. So no span is on the path while a child that it
// waits for runs, and children stand where [Assembler] put them to find own times:
// clipped to their parent, remote ones moved inside.
func (c *CriticalPath) Of(t *Trace) []Segment { return c.Below(t, t.Main) }

// Below is the critical path of any span of the trace, on that span's clock; of no span
// (a negative one) it is empty.
func (c *CriticalPath) Below(t *Trace, span int) []Segment {
	c.out, c.stack, c.kids = c.out[:0], c.stack[:0], c.kids[:0]
	if span < 0 {
		return c.out
	}
	top := &t.Spans[span]
	c.enter(t, span, top.Start, top.End(), 0)
	for len(c.stack) > 0 {
		top := &c.stack[len(c.stack)-1]
		if top.next == top.end {
			c.say(top.span, top.from, top.to)
			c.kids = c.kids[:top.kids]
			c.stack = c.stack[:len(c.stack)-1]
			continue
		}
		k := c.kids[top.next]
		top.next++
		from, to := max(k.From+top.shift, top.from), min(k.To+top.shift, top.to)
		if from >= to {
			continue // hidden behind one that finished later, or outside the part that counts
		}
		c.say(top.span, to, top.to)
		top.to = from
		c.enter(t, k.span, from, to, top.shift+k.shift)
	}
	slices.Reverse(c.out)
	return c.out
}

// enter begins a span, of which the part between from and to is on the path.
func (c *CriticalPath) enter(t *Trace, i int, from, to, shift int64) {
	f := frame{span: i, from: from, to: to, shift: shift, kids: len(c.kids)}
	s := &t.Spans[i]
	for k, end := t.Kids(i); k < end; k++ {
		if t.Nodes[k].Async {
			continue
		}
		kid, crosses := &t.Spans[k], t.crosses(k)
		p := placed{spell: place(s, kid, crosses), span: k}
		if crosses {
			p.shift = p.From - kid.Start
		}
		c.kids = append(c.kids, p)
	}
	f.next, f.end = f.kids, len(c.kids)
	slices.SortFunc(c.kids[f.kids:], placed.later)
	c.stack = append(c.stack, f)
}

// later puts the last to finish first; of those the earliest to start.
func (p placed) later(o placed) int {
	return cmp.Or(cmp.Compare(o.To, p.To), cmp.Compare(p.From, o.From), cmp.Compare(p.span, o.span))
}

// say adds a segment. The walk goes backwards, so segments come last first.
func (c *CriticalPath) say(span int, from, to int64) {
	if from >= to {
		return
	}
	if n := len(c.out); n > 0 && c.out[n-1].Span == span && c.out[n-1].From == to {
		c.out[n-1].From = from
		return
	}
	c.out = append(c.out, Segment{span, from, to})
}
