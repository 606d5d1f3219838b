package workflow

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"culprit/graph"
	"culprit/model"
)

// maxOrdered is how many stages of one parent are told apart by their order.
const maxOrdered = 64

// pair is two stages of one parent; a has the smaller hash.
type pair struct{ a, b graph.Site }

// order is how two stages of one parent follow each other, in parents that have both.
// Both counts all such parents, the others only those in which both were timed by
// one clock.
type order struct {
	both    int64
	timed   int64
	aFirst  int64
	bFirst  int64
	overlap int64 // some of them ran at once
	mixed   int64 // they took turns
}

func (o *order) merge(x *order) {
	o.both += x.both
	o.timed += x.timed
	o.aFirst += x.aFirst
	o.bFirst += x.bFirst
	o.overlap += x.overlap
	o.mixed += x.mixed
}

// turned is the same order with the stages named the other way round.
func (o order) turned() order {
	o.aFirst, o.bFirst = o.bFirst, o.aFirst
	return o
}

// sweep is scratch for the stages of one parent.
type sweep struct {
	parent  int64 // parents seen
	events  []event
	stages  []ranged
	overlap []bool // by two indices of stages
}

// event is an occurrence of a stage, on the clock of its parent.
type event struct {
	from, to int64
	stage    int
}

// ranged is one stage of a parent: from its first beginning to its last.
type ranged struct {
	step        *step
	from, last  int64
	end         int64 // of those that are running
	clock       model.Sym
	manyClocks  bool
	occurrences int
}

// arrange counts in which order the stages of one parent came. Start times are compared
// only where one clock took both: the parent's, for what its own process recorded, or that
// of one emitter.
func (m *Model) arrange(t *graph.Trace, up instance, below []instance) {
	w := &m.sweep
	w.parent++
	w.events, w.stages = w.events[:0], w.stages[:0]
	begin := t.Spans[up.inner].Start
	for _, in := range below {
		if in.shadow {
			continue
		}
		from, to := t.Place(in.outer)
		var clock model.Sym // the parent's own
		if t.Crosses(in.outer) && t.Spans[in.outer].Resource != t.Spans[up.inner].Resource {
			clock = t.Spans[in.outer].Resource
		}
		s := in.step
		if s.sweep != w.parent {
			s.sweep, s.slot = w.parent, len(w.stages)
			w.stages = append(w.stages, ranged{step: s, from: from, last: from, clock: clock})
		}
		r := &w.stages[s.slot]
		r.from, r.last = min(r.from, from), max(r.last, from)
		r.manyClocks = r.manyClocks || r.clock != clock
		r.occurrences++
		w.events = append(w.events, event{from, to, s.slot})
	}
	for i := range w.stages {
		r := &w.stages[i]
		r.step.offset = capped(r.step.offset, max(0, r.from-begin))
		r.step.offsets++
	}
	if len(w.events) > 1 {
		w.fit()
		w.run()
		m.pairUp(up.step)
	}
}

// fit keeps the stages with the smallest hashes, so that the order of two stages is
// counted whenever both come together, or never.
func (w *sweep) fit() {
	if len(w.stages) <= maxOrdered {
		return
	}
	kept := slices.Clone(w.stages)
	slices.SortFunc(kept, func(a, b ranged) int { return cmp.Compare(a.step.hash, b.step.hash) })
	for _, r := range w.stages {
		r.step.slot = -1
	}
	for i := range kept[:maxOrdered] {
		kept[i].step.slot = i
	}
	events := w.events[:0]
	for _, e := range w.events {
		if slot := w.stages[e.stage].step.slot; slot >= 0 {
			events = append(events, event{e.from, e.to, slot})
		}
	}
	w.events = events
	w.stages = append(w.stages[:0], kept[:maxOrdered]...)
}

// run finds which stages ran at once.
func (w *sweep) run() {
	n := len(w.stages)
	w.overlap = slices.Grow(w.overlap[:0], n*n)[:n*n]
	clear(w.overlap)
	slices.SortFunc(w.events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.stage, b.stage))
	})
	for i := range w.stages {
		w.stages[i].end = math.MinInt64
	}
	for _, e := range w.events {
		for i := range w.stages {
			if w.stages[i].end > e.from && e.to > e.from {
				w.overlap[i*n+e.stage], w.overlap[e.stage*n+i] = true, true
			}
		}
		w.stages[e.stage].end = max(w.stages[e.stage].end, e.to)
	}
}

// pairUp adds what the sweep has found to the pairs of the parent.
func (m *Model) pairUp(up *step) {
	w := &m.sweep
	n := len(w.stages)
	for i := range w.stages {
		a := &w.stages[i]
		if a.occurrences > 1 && !a.manyClocks {
			o := up.order(pair{a.step.site, a.step.site})
			o.both++
			o.timed++
			count(&o.overlap, w.overlap[i*n+i])
		}
		for j := range w.stages {
			b := &w.stages[j]
			if a.step.hash >= b.step.hash {
				continue
			}
			o := up.order(pair{a.step.site, b.step.site})
			o.both++
			if a.manyClocks || b.manyClocks || a.clock != b.clock {
				m.doubts.untimed++
				continue
			}
			o.timed++
			count(&o.aFirst, a.from < b.from)
			count(&o.bFirst, b.from < a.from)
			over := w.overlap[i*n+j]
			count(&o.overlap, over)
			count(&o.mixed, !over && a.occurrences+b.occurrences > 2 && a.from <= b.last && b.from <= a.last)
		}
	}
}

func (s *step) order(p pair) *order {
	if s.pairs == nil {
		s.pairs = map[pair]*order{}
	}
	o := s.pairs[p]
	if o == nil {
		o = &order{}
		s.pairs[p] = o
	}
	return o
}

// between is how two stages below s follow each other.
func (s *step) between(a, b *step) order {
	turned := a.hash > b.hash
	if turned {
		a, b = b, a
	}
	o := s.pairs[pair{a.site, b.site}]
	switch {
	case o == nil:
		return order{}
	case turned:
		return o.turned()
	}
	return *o
}

// fitPairs leaves out pairs of stages that were not always compared: of a parent with many
// stages only those with the smallest hashes are.
func (m *Model) fitPairs() {
	m.walk(func(s *step) {
		if len(s.kids) <= maxOrdered {
			return
		}
		kids := slices.SortedFunc(maps.Values(s.kids), func(a, b *step) int { return cmp.Compare(a.hash, b.hash) })
		compared := map[graph.Site]bool{}
		for _, k := range kids[:maxOrdered] {
			compared[k.site] = true
		}
		for p := range s.pairs {
			if !compared[p.a] || !compared[p.b] {
				delete(s.pairs, p)
			}
		}
	})
}
