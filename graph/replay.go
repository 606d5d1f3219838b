package graph

import (
	"cmp"
	"math"
	"slices"
)

// Replay answers what would have been: how long a trace would have taken if some spans
// had spent more or less time by themselves. It keeps its buffers and belongs to one
// goroutine.
//
// What depends on what is read from the trace. A span does its own work and its awaited
// children, in this order of cause and effect:
//
//   - a child starts once all siblings that had ended before it started have ended, and
//     after as much work of the parent as lay between;
//   - the span ends once all children have ended, and after as much work as lay behind the
//     last of them.
//
// So every order that was seen is kept ("happened before", as The Mystery Machine of Chow
// and others infers it, OSDI 2014), and what overlapped stays independent. Where a pool of
// workers took up the next call as soon as any one was free, this asks for more order than
// there was, and what it promises is a lower bound.
//
// Children stand where [CriticalPath] puts them. A child that is cut off by the end of its
// parent (the caller gave up, or did not wait) takes no longer than that.
type Replay struct {
	kids  []placed // of the span at hand, by (From, To)
	ended []int32  // the same by (To, From): indexes into kids
	ends  []int64  // when they end in the replay, from the start of the parent
	least []int64  // for slack: the least bound from each kid on
	taken []int64  // by span: its duration in the replay
	slack []int64  // by span
}

// Unbounded is the slack of a span that nobody waits for.
const Unbounded = int64(math.MaxInt64)

// Scale says how a span's own time changes: the factor that it is multiplied by. 1 leaves
// it as it was.
type Scale func(span int) float64

// Of returns how long the trace's main span takes when the time that span i itself takes
// is scaled by scale(i); never negative. Factors below 0 and NaN count as 0. Of a trace
// without spans it is 0. A scale of 1 throughout gives the duration that was.
func (r *Replay) Of(t *Trace, scale Scale) int64 {
	if t.Main < 0 {
		return 0
	}
	r.taken = grow(r.taken, len(t.Spans))
	for i := len(t.Spans) - 1; i >= t.Main; i-- {
		r.taken[i] = r.span(t, i, scale(i))
	}
	return r.taken[t.Main]
}

// span replays span i after its children.
func (r *Replay) span(t *Trace, i int, factor float64) int64 {
	s := &t.Spans[i]
	r.place(t, i)
	if len(r.kids) == 0 {
		return scaled(s.Duration, factor)
	}
	r.ends = grow(r.ends, len(r.kids))
	at, after := s.Start, int64(0) // the latest end of what has ended: as it was, and in the replay
	next := 0                      // of r.ended
	for k := range r.kids {
		kid := &r.kids[k]
		for ; next < len(r.ended) && int(r.ended[next]) < k && r.kids[r.ended[next]].To <= kid.From; next++ {
			at = max(at, r.kids[r.ended[next]].To)
			after = max(after, r.ends[r.ended[next]])
		}
		length := r.taken[kid.span]
		if full := t.Spans[kid.span].Duration; kid.To-kid.From < full {
			length = min(length, kid.To-kid.From)
		}
		r.ends[k] = after + scaled(kid.From-at, factor) + length
	}
	for k := range r.kids {
		at, after = max(at, r.kids[k].To), max(after, r.ends[k])
	}
	return after + scaled(s.End()-at, factor)
}

// place lists the children that span i waits for.
func (r *Replay) place(t *Trace, i int) {
	r.kids, r.ended = r.kids[:0], r.ended[:0]
	s := &t.Spans[i]
	for k, end := t.Kids(i); k < end; k++ {
		if t.Nodes[k].Async {
			continue
		}
		r.kids = append(r.kids, placed{spell: place(s, &t.Spans[k], t.crosses(k)), span: k})
		r.ended = append(r.ended, int32(len(r.ended)))
	}
	byStart := func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.span, b.span))
	}
	if !slices.IsSortedFunc(r.kids, byStart) {
		slices.SortFunc(r.kids, byStart)
	}
	byEnd := func(a, b int32) int { return cmp.Or(cmp.Compare(r.kids[a].To, r.kids[b].To), cmp.Compare(a, b)) }
	if !slices.IsSortedFunc(r.ended, byEnd) {
		slices.SortFunc(r.ended, byEnd)
	}
}

func scaled(ns int64, factor float64) int64 {
	switch {
	case factor == 1:
		return ns
	case factor > 0:
		return int64(math.Round(min(float64(ns)*factor, float64(longest))))
	}
	return 0
}

// Slack returns, by span, how much longer it could have taken without the main span
// ending later, all else being equal: 0 on a chain that decides the end, [Unbounded] for
// what nobody waits for and for what hangs below other roots. The slice is valid until the
// next call.
func (r *Replay) Slack(t *Trace) []int64 {
	r.slack = grow(r.slack, len(t.Spans))
	for i := range r.slack {
		r.slack[i] = Unbounded
	}
	if t.Main < 0 {
		return r.slack
	}
	r.slack[t.Main] = 0
	for i := t.Main; i < len(t.Spans); i++ {
		if t.Nodes[i].NKids > 0 && r.slack[i] != Unbounded {
			r.slackBelow(t, i)
		}
	}
	return r.slack
}

// slackBelow gives the children of span i their slack, the last one first: a child may end
// as late as lets the parent's end, and the start of each sibling that waited for it, be
// late by no more than they may be.
func (r *Replay) slackBelow(t *Trace, i int) {
	r.place(t, i)
	n := len(r.kids)
	if n == 0 {
		return
	}
	s := &t.Spans[i]
	r.ends = grow(r.ends, n) // the latest end before each child, as it was
	last, at, next := s.Start, s.Start, 0
	for k := range r.kids {
		for ; next < n && int(r.ended[next]) < k && r.kids[r.ended[next]].To <= r.kids[k].From; next++ {
			at = max(at, r.kids[r.ended[next]].To)
		}
		r.ends[k] = at
		last = max(last, r.kids[k].To)
	}
	r.least = grow(r.least, n+1)
	r.least[n] = last + r.slack[i]
	for k := n - 1; k >= 0; k-- {
		kid := &r.kids[k]
		// the first sibling that started when this one had ended
		j, _ := slices.BinarySearchFunc(r.kids[k+1:], kid.To, func(p placed, to int64) int { return cmp.Compare(p.From, to) })
		own := r.least[k+1+j] - kid.To
		r.least[k] = min(r.least[k+1], r.ends[k]+own)
		if kid.To-kid.From < t.Spans[kid.span].Duration {
			own = Unbounded // cut off: it is over when the parent is
		}
		r.slack[kid.span] = own
	}
}
