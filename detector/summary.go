package detector

import (
	"math"

	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/stats"
	"culprit/model"
)

// Summary is what the traces of one window looked like: counts and exact sums by
// operation in its context, by edge and by entry point. Summaries of the same
// window merge to the last bit whatever the order, so that one shard and eight give
// the same bytes.
type Summary struct {
	From, To int64 // ns; traces belong to it by the start of their main root

	Traces     int64
	Spans      int64
	Incomplete int64 // traces with missing spans
	Skewed     int64 // traces whose clocks disagree
	Apart      int64 // of those, by so much that nobody can tell how long messages waited
	Cut        int64 // traces with more spans than a trace may have
	Cyclic     int64
	Duplicates int64 // spans
	Stood      int64 // traces that these stand for, in thousandths: sampling leaves some out

	Contexts map[ContextKey]*Context
	Edges    map[EdgeKey]*Edge
	Entries  map[Site]*Entry
	Sample   *Sample
}

// ContextKey is an operation below another one; Parent is zero for an entry point.
type ContextKey struct{ Site, Parent Site }

// Context is an operation in its parent context. A call to a service that sends no
// spans has two: the caller's, which counts it as part of the structure, and the
// callee's below it, where its time and outcome are measured.
type Context struct {
	Spans, Groups int64 // spans, and traces they came from
	Client        bool  // a call as its caller records it, and says so: spans of kind client or producer
	Opaque        bool  // the callee's view of a call that only its caller recorded

	Own     stats.Moments // log own time
	Guessed stats.Moments // log own time of other spans, whose calls lie apart: see [graph.Node]
	OwnNS   int64         // all own time
	Sketch  stats.Sketch  // own times that are no guess

	Tried    int64 // spans whose outcome was looked at here
	Errors   int64 // of those, failed
	Starts   int64 // of those, failed with nothing failing below them
	Timeouts int64 // of those, timeouts and cancellations

	Whole       int64 // spans in traces that miss nothing: structure is judged on them
	WholeGroups int64
	Answered    int64 // of the Whole, those below which another service answered
	Calls       workflow.Calls
	Conc        stats.Moments // log of Busy/Covered where there are several children
	Wait        stats.Moments // log of delivery plus the time that a message waited for this consumer

	Cells []Cell // by emitter

	lastTrace, lastWhole, lastOwn, lastGuessed int64
}

// Cell is a context on one emitter.
type Cell struct {
	Resource model.Sym
	Own      stats.Moments
	OwnNS    int64
	Spans    int64
	Starts   int64

	lastTrace int64
}

// Call counts the stages of one kind under a context.
type Call = workflow.Call

// EdgeKey is a call as its caller sees it, and who answers.
type EdgeKey struct {
	Site           Site // the client span's
	Callee         model.Sym
	Caller, Answer model.Sym // emitters
}

// Edge is the time between caller and callee: client minus server duration.
type Edge struct {
	Gap       stats.Moments
	GapNS     int64
	Sketch    stats.Sketch // gaps
	lastTrace int64
}

// Entry is an entry point: the main root of traces.
type Entry struct {
	Requests int64 // as they came
	Stood    int64 // the requests that these stand for, in thousandths: sampling leaves some out
	Spread   int64 // sum of the squares of what each stands for, in thousandths; stops at the largest int64
	Errors   int64
	Duration stats.Moments
	DurNS    int64
	Sketch   stats.Sketch
}

// NewSummary returns an empty summary of [from, to), keeping a sample of at most
// perEntry traces of each entry point.
func NewSummary(from, to int64, perEntry int) *Summary {
	return &Summary{
		From: from, To: to,
		Contexts: map[ContextKey]*Context{},
		Edges:    map[EdgeKey]*Edge{},
		Entries:  map[Site]*Entry{},
		Sample:   NewSample(perEntry),
	}
}

// Observer adds traces to summaries. It belongs to one goroutine.
type Observer struct {
	stages   *workflow.Stages
	contexts *Contexts
	serial   int64 // traces seen
	kids     []int // scratch
	ctxs     []*Context
}

// NewObserver returns an observer of spans whose names are in table.
func NewObserver(table *model.Symbols) *Observer {
	return &Observer{stages: workflow.NewStages(table), contexts: NewContexts(table)}
}

// Observe adds an assembled trace to the summary of its window. It copies what it keeps.
func (o *Observer) Observe(s *Summary, t *graph.Trace) {
	if len(t.Spans) == 0 {
		return
	}
	o.serial++
	s.Note(t)
	whole := t.Marks&(graph.Orphans|graph.NoRoot|graph.Truncated|graph.Cycle) == 0

	o.stages.Read(t)
	o.ctxs = grow(o.ctxs, len(t.Spans))
	for i := range t.Spans {
		o.span(s, t, i, whole)
	}
	for i := range t.Spans {
		if n := &t.Nodes[i]; n.NKids > 0 && whole {
			o.count(t, i)
		}
	}
	main := &t.Spans[t.Main]
	stands := max(1, float64(main.Weight))
	s.Stood += int64(1000 * stands)
	site := o.stages.Site(t.Main)
	s.Sample.Offer(site, t)
	if whole || !t.Nodes[t.Main].Orphan {
		e := s.Entries[site]
		if e == nil {
			e = &Entry{}
			s.Entries[site] = e
		}
		d := stats.LogNS(main.Duration)
		e.Requests++
		e.Stood += int64(1000 * stands)
		e.Spread = capped(e.Spread, int64(1000*stands*stands))
		e.Duration.Add(d)
		e.Duration.Groups++
		e.DurNS += main.Duration
		e.Sketch.Add(d)
		count(&e.Errors, main.Status == model.StatusError)
	}
}

// span adds span i to its context and edge.
func (o *Observer) span(s *Summary, t *graph.Trace, i int, whole bool) {
	sp, n := &t.Spans[i], &t.Nodes[i]
	key := ContextKey{Site: o.stages.Site(i), Parent: o.contexts.Parent(t, i)}
	c := s.context(key)
	o.ctxs[i] = c
	c.Client = c.Client || sp.Kind == model.KindClient || sp.Kind == model.KindProducer
	c.Spans++
	if c.lastTrace != o.serial {
		c.lastTrace = o.serial
		c.Groups++
	}
	if whole {
		c.Whole++
		if c.lastWhole != o.serial {
			c.lastWhole = o.serial
			c.WholeGroups++
		}
		count(&c.Answered, o.stages.Answered(i))
	}
	if n.Role == graph.Consumer && n.Parent >= 0 && t.Nodes[n.Parent].Role == graph.Producer {
		c.Wait.Add(stats.LogNS(delivery + max(0, sp.Start-t.Spans[n.Parent].End())))
		c.Wait.Groups++
	}
	resource := sp.Resource
	if n.Opaque { // what the caller waits for is the callee's: it is measured there
		c = s.context(ContextKey{Site: o.stages.Below(i), Parent: key.Site})
		c.Opaque = true
		c.Spans++
		if c.lastTrace != o.serial {
			c.lastTrace = o.serial
			c.Groups++
		}
		resource = 0 // the caller's emitter is not the callee's
	}
	failed := sp.Status == model.StatusError
	starts := failed && !failedBelow(t, i)
	c.Tried++
	count(&c.Errors, failed)
	count(&c.Starts, starts)
	count(&c.Timeouts, starts && sp.Flags&model.Timeout != 0)
	cell := c.cell(resource)
	cell.Spans++
	count(&cell.Starts, starts)

	if n.HasGap {
		lo, _ := t.Kids(i)
		k := EdgeKey{Site: key.Site, Callee: n.Callee, Caller: sp.Resource, Answer: t.Spans[lo].Resource}
		e := s.Edges[k]
		if e == nil {
			e = &Edge{}
			s.Edges[k] = e
		}
		gap := max(0, n.Gap)
		e.Gap.Add(stats.LogNS(gap))
		e.Sketch.Add(stats.LogNS(gap))
		e.GapNS += gap
		if e.lastTrace != o.serial {
			e.lastTrace = o.serial
			e.Gap.Groups++
		}
		return
	}
	if n.Torn || sp.Flags&model.Streaming != 0 {
		return
	}
	own := stats.LogNS(n.Own)
	c.own(own, n.Guessed, o.serial)
	c.OwnNS += n.Own
	if cell.lastTrace != o.serial {
		cell.lastTrace = o.serial
		cell.Own.Groups++
	}
	cell.Own.Add(own)
	cell.OwnNS += n.Own
	if n.NKids > 1 && n.Covered > 0 && !n.Guessed {
		c.Conc.Add(stats.LogNS(n.Busy) - stats.LogNS(n.Covered))
		c.Conc.Groups++
	}
}

// own adds a log own time from the trace with this number.
func (c *Context) own(log int32, guessed bool, serial int64) {
	to, last := &c.Own, &c.lastOwn
	if guessed {
		to, last = &c.Guessed, &c.lastGuessed
	} else {
		c.Sketch.Add(log)
	}
	if *last != serial {
		*last = serial
		to.Groups++
	}
	to.Add(log)
}

// delivery is what a message may wait without anyone being behind: waits are compared
// as delivery + wait. Brokers batch, consumers poll and clocks differ; a queue that
// is stuck shows in many seconds.
const delivery = int64(1e9)

func (s *Summary) context(k ContextKey) *Context {
	c := s.Contexts[k]
	if c == nil {
		c = &Context{}
		s.Contexts[k] = c
	}
	return c
}

// count counts the stages of span i in its context.
func (o *Observer) count(t *graph.Trace, i int) {
	o.kids = o.kids[:0]
	for k, end := t.Kids(i); k < end; k++ {
		o.kids = append(o.kids, k)
	}
	c := o.ctxs[i]
	if c.Calls == nil {
		c.Calls = workflow.Calls{}
	}
	o.stages.Count(c.Calls, o.kids)
}

func (c *Context) cell(resource model.Sym) *Cell {
	for i := range c.Cells {
		if c.Cells[i].Resource == resource {
			return &c.Cells[i]
		}
	}
	c.Cells = append(c.Cells, Cell{Resource: resource})
	return &c.Cells[len(c.Cells)-1]
}

func failedBelow(t *graph.Trace, i int) bool {
	lo, hi := t.Kids(i)
	for k := lo; k < hi; k++ {
		if t.Spans[k].Status == model.StatusError {
			return true
		}
	}
	return false
}

func count(n *int64, yes bool) {
	if yes {
		*n++
	}
}

// capped adds two numbers that are not negative and stops at the largest: whoever sends
// spans says what they stand for.
func capped(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	return s[:n]
}

// Merge adds the traces of another shard's summary of the same window.
func (s *Summary) Merge(t *Summary) {
	s.Traces += t.Traces
	s.Spans += t.Spans
	s.Incomplete += t.Incomplete
	s.Skewed += t.Skewed
	s.Apart += t.Apart
	s.Cut += t.Cut
	s.Cyclic += t.Cyclic
	s.Duplicates += t.Duplicates
	s.Stood += t.Stood
	for k, c := range t.Contexts {
		if have := s.Contexts[k]; have != nil {
			have.merge(c)
		} else {
			s.Contexts[k] = c
		}
	}
	for k, e := range t.Edges {
		if have := s.Edges[k]; have != nil {
			have.Gap.Merge(e.Gap)
			have.GapNS += e.GapNS
			have.Sketch.Merge(&e.Sketch)
		} else {
			s.Edges[k] = e
		}
	}
	for k, e := range t.Entries {
		if have := s.Entries[k]; have != nil {
			have.Requests += e.Requests
			have.Stood += e.Stood
			have.Spread = capped(have.Spread, e.Spread)
			have.Errors += e.Errors
			have.Duration.Merge(e.Duration)
			have.DurNS += e.DurNS
			have.Sketch.Merge(&e.Sketch)
		} else {
			s.Entries[k] = e
		}
	}
	s.Sample.Merge(t.Sample)
}

func (c *Context) merge(d *Context) {
	c.Spans += d.Spans
	c.Groups += d.Groups
	c.Client = c.Client || d.Client
	c.Opaque = c.Opaque || d.Opaque
	c.Own.Merge(d.Own)
	c.Guessed.Merge(d.Guessed)
	c.OwnNS += d.OwnNS
	c.Sketch.Merge(&d.Sketch)
	c.Errors += d.Errors
	c.Starts += d.Starts
	c.Timeouts += d.Timeouts
	c.Whole += d.Whole
	c.WholeGroups += d.WholeGroups
	c.Answered += d.Answered
	c.Tried += d.Tried
	c.Conc.Merge(d.Conc)
	c.Wait.Merge(d.Wait)
	if c.Calls == nil && len(d.Calls) > 0 {
		c.Calls = workflow.Calls{}
	}
	c.Calls.Merge(d.Calls)
	for i := range d.Cells {
		cell := c.cell(d.Cells[i].Resource)
		cell.Own.Merge(d.Cells[i].Own)
		cell.OwnNS += d.Cells[i].OwnNS
		cell.Spans += d.Cells[i].Spans
		cell.Starts += d.Cells[i].Starts
	}
}

// Clone copies a summary, so that merging into the copy leaves it alone. The sampled
// traces are shared.
func (s *Summary) Clone() *Summary {
	c := NewSummary(s.From, s.To, s.Sample.perEntry)
	for k := range s.Contexts {
		c.Contexts[k] = &Context{}
	}
	for k := range s.Edges {
		c.Edges[k] = &Edge{}
	}
	for k := range s.Entries {
		c.Entries[k] = &Entry{}
	}
	for k, x := range s.Contexts {
		for child := range x.Calls {
			if c.Contexts[k].Calls == nil {
				c.Contexts[k].Calls = workflow.Calls{}
			}
			c.Contexts[k].Calls[child] = &Call{}
		}
	}
	c.Merge(s)
	return c
}
