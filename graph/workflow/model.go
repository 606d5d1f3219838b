package workflow

import (
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// Model is what the runs of one operation looked like: its stages by their way from the
// entry, how often and how long each, in which order, and the shapes that runs took. A
// run is one span of the operation with all that came of it; one that was asked for by
// another run of the same operation is part of that one.
//
// It merges exactly: what comes of it does not depend on how traces were divided or in
// which order they came. Its memory grows with stages and shapes, not with traces. It
// belongs to one goroutine.
type Model struct {
	table    *model.Symbols
	stages   *Stages
	path     graph.CriticalPath
	root     *step
	steps    int
	pruned   bool // steps were dropped
	variants map[uint64]*variant
	guide    map[graph.Site]*step // where stages usually are; nil: nobody says

	began     int64 // runs
	failed    int64
	from, to  int64 // first beginning of a run, last one
	shapeless int64 // runs whose shape was one too many
	took      stats.Sketch
	doubts    doubts

	serial  int64 // runs added
	queue   []instance
	at      []*step // by span: the step it belongs to, in the run with stamp
	stamp   []int64
	touched []*step // seen in the run
	implied []*step // that must have been in the run
	placed  bool    // all that hung nowhere has a place: nothing else is missing
	kids    []int
	sweep   sweep
}

// doubts are why a model is to be trusted less.
type doubts struct {
	torn    int64 // runs that lost spans
	loose   int64 // runs with parts that hang nowhere
	skewed  int64 // runs whose clocks differ
	cyclic  int64 // runs in which spans were each other's ancestors
	cut     int64 // runs with more spans than a trace may have
	deep    int64 // spans deeper than maxDepth
	untimed int64 // pairs of stages of which nobody knows which came first
}

// instance is one occurrence of a step: a span, or a client span with the server span
// that answered it.
type instance struct {
	outer, inner int
	step         *step
	hop          hop
	shadow       bool // too deep: only its place is known
}

// NewModel returns the model of an operation of which nothing was seen.
func NewModel(table *model.Symbols, of graph.Site) *Model {
	return &Model{
		table: table, stages: NewStages(table), root: newStep(table, nil, of), steps: 1,
		variants: map[uint64]*variant{},
	}
}

// Runs is how many runs were added.
func (m *Model) Runs() int64 { return m.began }

// Follow has the model put what hangs nowhere, because the span that asked for it is not
// there, where it usually is. So a run that never came to its end, whose spans are missing
// from the entry down, still says how far it came. The usual model must not change while
// this one grows.
func (m *Model) Follow(usual *Model) {
	m.guide = map[graph.Site]*step{}
	usual.walk(func(s *step) {
		if have := m.guide[s.site]; have == nil || s.depth < have.depth {
			m.guide[s.site] = s
		}
	})
}

// Add adds the runs that a trace holds and returns how many. The trace may be
// overwritten afterwards.
func (m *Model) Add(t *graph.Trace) (runs int) {
	if len(m.at) < len(t.Spans) {
		m.at, m.stamp = make([]*step, 2*len(t.Spans)), make([]int64, 2*len(t.Spans))
	}
	m.stages.Read(t)
	fresh := m.serial
	for i := range t.Spans {
		if p := t.Nodes[i].Parent; p >= 0 && m.stamp[p] > fresh {
			continue // part of a run
		}
		if m.stamp[i] <= fresh && m.begins(i) {
			m.add(t, i, fresh)
			runs++
		}
	}
	if runs == 0 && m.part(t) {
		m.add(t, -1, fresh)
		runs++
	}
	if m.steps > 2*maxSteps {
		m.prune()
	}
	return runs
}

// part reports whether a trace without the operation is what is left of a run: something in
// it lost its parent, and the model to follow knows where it hung.
func (m *Model) part(t *graph.Trace) bool {
	for i := range t.Roots {
		if usual := m.guide[m.stages.Below(i)]; t.Nodes[i].Orphan && usual != nil && usual.parent != nil {
			return true
		}
	}
	return false
}

// begins reports whether span i is the operation.
func (m *Model) begins(i int) bool {
	if m.stages.t.Nodes[i].Opaque {
		return m.stages.Below(i) == m.root.site
	}
	return m.stages.Site(i) == m.root.site
}

// add adds the run that begins with span top; with none (-1) one whose entry is not
// there. Spans whose stamp is beyond fresh belong to earlier runs of the trace.
func (m *Model) add(t *graph.Trace, top int, fresh int64) {
	m.serial++
	m.stages.Read(t) // a run of its own
	m.touched, m.implied, m.queue = m.touched[:0], m.implied[:0], m.queue[:0]
	m.placed = t.Marks&(graph.Truncated|graph.Cycle) == 0
	if top >= 0 {
		m.queue = append(m.queue, m.instance(top, m.root, entry))
	}
	if top == t.Main || top < 0 {
		for i := range t.Roots {
			if i != top && m.stamp[i] <= fresh && !m.begins(i) {
				m.queue = append(m.queue, m.place(i))
			}
		}
	}
	for i := 0; i < len(m.queue); i++ {
		m.visit(t, m.queue[i])
	}
	m.spend(t, top)
	m.finish()
	m.remember(t, top)
	m.doubt(t, top)
}

// place is the occurrence of a stage that hangs nowhere: below the entry, or where the
// model to follow has it.
func (m *Model) place(i int) instance {
	usual := m.guide[m.stages.Below(i)]
	if usual == nil || usual.parent == nil {
		m.placed = m.placed && !m.stages.t.Nodes[i].Orphan
		return m.below(instance{step: m.root}, i, loose)
	}
	return m.below(instance{step: m.imply(usual.parent)}, i, loose)
}

// imply is the step where another model has one; that it was there is certain, since
// something was seen below it.
func (m *Model) imply(as *step) *step {
	s := m.root
	if as.parent != nil {
		s = m.child(m.imply(as.parent), as.site)
	}
	if s.impliedRun != m.serial {
		s.impliedRun = m.serial
		m.implied = append(m.implied, s)
	}
	return s
}

// instance is an occurrence of step s that begins with span i.
func (m *Model) instance(i int, s *step, h hop) instance {
	in := instance{outer: i, inner: i, step: s, hop: h}
	if m.stages.asked(i) {
		in.inner = m.stages.answer(i)
	}
	return in
}

// below is the occurrence of a stage below another one, that begins with span i.
func (m *Model) below(up instance, i int, h hop) instance {
	s := up.step
	if !up.shadow {
		if kid := m.child(s, m.stages.Below(i)); kid != nil {
			return m.instance(i, kid, h)
		}
	}
	return instance{outer: i, inner: i, step: s, shadow: true}
}
