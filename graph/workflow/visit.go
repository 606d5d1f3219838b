package workflow

import (
	"cmp"
	"slices"

	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// visit counts one occurrence of a step and queues those below it.
func (m *Model) visit(t *graph.Trace, in instance) {
	m.at[in.outer], m.stamp[in.outer] = in.step, m.serial
	m.at[in.inner], m.stamp[in.inner] = in.step, m.serial
	m.kids = m.kids[:0]
	for k, end := t.Kids(in.inner); k < end; k++ {
		m.kids = append(m.kids, k)
	}
	if in.shadow {
		m.doubts.deep++
		for _, k := range m.kids {
			m.queue = append(m.queue, instance{outer: k, inner: k, step: in.step, shadow: true})
		}
		return
	}
	if in.inner != in.outer {
		for k, end := t.Kids(in.outer); k < end; k++ {
			if k != in.inner {
				m.kids = append(m.kids, k)
			}
		}
		slices.SortFunc(m.kids, func(a, b int) int {
			return cmp.Or(cmp.Compare(t.Spans[a].Start, t.Spans[b].Start), cmp.Compare(a, b))
		})
	}
	m.measure(t, in)
	first := len(m.queue)
	for _, k := range m.kids {
		m.queue = append(m.queue, m.below(in, k, m.hopOf(t, k)))
	}
	if m.placed || !t.Nodes[in.outer].Torn && !t.Nodes[in.inner].Torn {
		m.stages.Count(in.step.calls, m.kids)
		in.step.parents++
		in.step.wholeRun = m.serial
	}
	m.arrange(t, in, m.queue[first:])
}

// hopOf says how work comes from the parent of span k to the stage that it begins.
func (m *Model) hopOf(t *graph.Trace, k int) hop {
	n := &t.Nodes[k]
	crosses := t.Crosses(k)
	switch {
	case n.Async && crosses:
		return message
	case n.Opaque:
		return opaque
	case m.stages.asked(k):
		if t.Spans[k].Kind != model.KindClient && t.Spans[m.stages.answer(k)].Duration > t.Spans[k].Duration {
			return message // it went on after who asked for it had gone on: nobody waited
		}
		return call
	case crosses:
		return call
	}
	return local
}

// measure adds what an occurrence says by itself.
func (m *Model) measure(t *graph.Trace, in instance) {
	s := in.step
	outer, inner := &t.Spans[in.outer], &t.Spans[in.inner]
	no, ni := &t.Nodes[in.outer], &t.Nodes[in.inner]
	if s.run != m.serial {
		s.run = m.serial
		s.count, s.selfInRun, s.failed, s.stuck, s.spoke, s.torn = 0, 0, false, false, false, false
		m.touched = append(m.touched, s)
	}
	s.count++
	s.hops[in.hop]++
	took := outer.Duration
	if in.hop == message { // who asked does not wait: only the work has a time
		took = inner.Duration
	}
	s.took.Add(stats.LogNS(took))
	s.selfInRun = capped(s.selfInRun, ni.Own)
	s.torn = s.torn || ni.Torn
	if in.inner != in.outer {
		s.selfInRun = capped(s.selfInRun, max(0, no.Gap))
		s.torn = s.torn || no.Torn
		s.addVia(m.stages.Site(in.outer), 1)
		m.fitVias(s)
	}
	if outer.Status == model.StatusError || inner.Status == model.StatusError {
		s.errors++
		if !m.failsBelow(t) {
			s.starts++
			s.failed = true
			s.stuck = s.stuck || (outer.Flags|inner.Flags)&model.Unfinished != 0
		}
	}
	if asks(outer) && no.NKids == 0 {
		s.silent++
		s.spoke = true
	}
}

// asks reports whether a span is a call as its caller records it, and says so.
func asks(s *model.Span) bool {
	return s.Kind == model.KindClient || s.Kind == model.KindProducer
}

// failsBelow reports whether one of the kids of the occurrence that is visited failed.
func (m *Model) failsBelow(t *graph.Trace) bool {
	for _, k := range m.kids {
		if t.Spans[k].Status == model.StatusError {
			return true
		}
	}
	return false
}

// capped adds two numbers that are not negative and stops at the largest that still adds
// up over millions of runs: 36 years.
func capped(a, b int64) int64 { return min(a+b, 1<<60) }

// spend says which steps the time of the run was spent in, and where nothing was traced.
func (m *Model) spend(t *graph.Trace, top int) {
	if top < 0 {
		return
	}
	segments := m.path.Below(t, top)
	for i, seg := range segments {
		s := m.at[seg.Span]
		length := seg.To - seg.From
		s.critical = capped(s.critical, length)
		if t.Nodes[seg.Span].NKids == 0 || s.depth == maxDepth {
			continue // it is at work itself
		}
		var before graph.Site
		if i+1 < len(segments) {
			next := m.at[segments[i+1].Span]
			for next.depth > s.depth+1 {
				next = next.parent
			}
			if next.parent == s {
				before = next.site
			}
		}
		s.addGap(before, length)
	}
}

// finish closes the books of the run.
func (m *Model) finish() {
	for _, s := range m.touched {
		s.runs++
		s.total += s.count
		s.perRun.Add(stats.LogNS(s.count*1e9) - logOne)
		s.perRun.Groups++
		if s.runs == 1 || s.count < s.least {
			s.least = s.count
		}
		s.most = max(s.most, s.count)
		count(&s.failedRuns, s.failed)
		count(&s.stuckRuns, s.stuck)
		if !s.torn {
			s.self.Add(stats.LogNS(s.selfInRun))
			s.self.Groups++
			s.selfNS = capped(s.selfNS, s.selfInRun)
		}
		m.know(s)
	}
	for _, s := range m.implied {
		if s.run != m.serial {
			s.ghosts++
			m.know(s)
		}
	}
}

// know counts whether this run tells which stages s had, and whether it is one of those
// that its parent had.
func (m *Model) know(s *step) {
	told := func(s *step) bool { return s.wholeRun == m.serial || s.impliedRun == m.serial }
	count(&s.known, told(s))
	count(&s.under, s.parent == nil || told(s.parent))
}

// doubt counts what is wrong with the trace of the run.
func (m *Model) doubt(t *graph.Trace, top int) {
	d := &m.doubts
	start := t.Start
	if top >= 0 {
		start = t.Spans[top].Start
		m.took.Add(stats.LogNS(t.Spans[top].Duration))
		count(&m.failed, t.Spans[top].Status == model.StatusError)
	}
	if m.began++; m.began == 1 {
		m.from, m.to = start, start
	}
	m.from, m.to = min(m.from, start), max(m.to, start)
	count(&d.torn, t.Marks&graph.Orphans != 0)
	count(&d.loose, t.Marks&graph.ManyRoots != 0 && top == t.Main)
	count(&d.skewed, t.Marks&graph.Skew != 0)
	count(&d.cyclic, t.Marks&graph.Cycle != 0)
	count(&d.cut, t.Marks&graph.Truncated != 0)
}

func count(n *int64, yes bool) {
	if yes {
		*n++
	}
}
