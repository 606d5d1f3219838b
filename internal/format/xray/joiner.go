package xray

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
	"culprit/internal/format/jsonrec"
	"culprit/model"
)

const (
	// maxKnown is how many segments are remembered at least, for the subsegments that
	// come after them; twice as many at most.
	maxKnown = 1 << 15
	// maxPending is how many subsegments wait for their segment. A segment has up to a
	// hundred subsegments before SDKs begin to send them by themselves.
	maxPending = 1 << 13
)

// ErrInProgress is why a document is left out whose segment has not ended yet.
var ErrInProgress = errors.New("it is in progress")

// Joiner turns documents into spans and gives subsegments that were sent by
// themselves to the service of their segment, whichever came first. Memory is
// bounded: what waits for too long is emitted without a service. It belongs to one
// goroutine.
type Joiner struct {
	out  *csvrec.Writer
	warn func(error) // is told of what is left out or lacks its segment

	young, old map[place]*sender // who sent a segment or subsegment
	waiting    map[place][]*segment
	order      []*segment // that wait, the oldest first, with gaps
	pending    int

	open *unfinished // nil: what is in progress is left out
}

// place is a segment or subsegment.
type place struct {
	trace model.TraceID
	id    model.SpanID
}

// NewJoiner returns a joiner that emits spans in batches.
func NewJoiner(emit func(ptrace.Traces) error, warn func(error)) *Joiner {
	return &Joiner{
		out: csvrec.NewWriter(emit), warn: warn,
		young: map[place]*sender{}, old: map[place]*sender{}, waiting: map[place][]*segment{},
	}
}

// Add reads one document. The error is emit's; what is wrong with the document is a
// warning.
func (j *Joiner) Add(document []byte) error {
	c := jsonrec.NewCursor(document)
	g := readSegment(&c, 0)
	j.open.hear(g)
	if err := g.check(); err != nil {
		if errors.Is(err, ErrInProgress) && j.open.keep(g, nil, j.known(place{g.trace, g.id}) != nil) {
			return nil
		}
		j.warn(fmt.Errorf("xray: %w", err))
		return nil
	}
	switch from := j.known(place{g.trace, g.parent}); {
	case g.inferred:
	case !g.sub:
		j.take(g, g.sender(), true)
	case from != nil:
		j.take(g, from, false)
	default:
		j.wait(g)
	}
	return j.out.Flush(false)
}

// Flush emits what is ready. Subsegments go on waiting for their segments.
func (j *Joiner) Flush() error { return j.out.Flush(true) }

// Release lets those subsegments wait no longer that ended before a time (ns since 1970).
func (j *Joiner) Release(before int64) error {
	for len(j.order) > 0 && (!j.order[0].sub || j.order[0].end < before) {
		first := j.order[0]
		j.order = j.order[1:]
		j.release(first)
		if err := j.out.Flush(false); err != nil {
			return err
		}
	}
	return nil
}

// Close emits everything: what still waits has no service.
func (j *Joiner) Close() error {
	for list := j.open.all(); len(list) > 0; list = j.open.all() { // there may be others in them
		for _, left := range list {
			switch from := j.known(place{left.trace, left.parent}); {
			case left.from != nil:
				j.take(left.segment, left.from, false)
			case !left.sub:
				j.take(left.segment, left.sender(), true)
			case from != nil:
				j.take(left.segment, from, false)
			default:
				j.wait(left.segment)
			}
			if err := j.out.Flush(false); err != nil {
				return err
			}
		}
	}
	for _, g := range j.order {
		if j.release(g) {
			if err := j.out.Flush(false); err != nil {
				return err
			}
		}
	}
	j.order = nil
	return j.out.Flush(true)
}

// Spans is how many spans there were.
func (j *Joiner) Spans() int { return j.out.Spans() }

// take writes a segment with all below it, and what has waited for any of them.
func (j *Joiner) take(g *segment, from *sender, root bool) {
	g.finish(root).MoveTo(j.out.Batch().Add(from.key, from.describe))
	at := place{g.trace, g.id}
	j.open.ended(at)
	j.remember(at, from)
	for _, sub := range g.below {
		sub.trace, sub.parent = g.trace, g.id
		j.open.hear(sub)
		if err := sub.check(); err != nil {
			if errors.Is(err, ErrInProgress) && j.open.keep(sub, from, j.known(place{sub.trace, sub.id}) != nil) {
				continue
			}
			j.warn(fmt.Errorf("xray subsegment: %w", err))
			continue
		}
		j.take(sub, from, false)
	}
	j.awake(at, from)
}

// awake writes what has waited for a segment.
func (j *Joiner) awake(at place, from *sender) {
	list := j.waiting[at]
	delete(j.waiting, at) // first: hostile ones wait for themselves
	for _, sub := range list {
		j.pending--
		sub.sub = false
		j.take(sub, from, false)
	}
}

// wait keeps a subsegment until its segment comes, or too many others have.
func (j *Joiner) wait(g *segment) {
	at := place{g.trace, g.parent}
	j.waiting[at] = append(j.waiting[at], g)
	j.order = append(j.order, g)
	j.pending++
	for j.pending > maxPending || len(j.order) > 2*maxPending {
		first := j.order[0]
		j.order = j.order[1:]
		j.release(first)
	}
}

// release writes a subsegment whose segment has not come, and reports whether it
// still waited.
func (j *Joiner) release(g *segment) bool {
	if !g.sub {
		return false
	}
	j.warn(fmt.Errorf("xray: trace %s: subsegment %s: its segment %s did not come, so its service is not known", g.trace, g.id, g.parent))
	j.awake(place{g.trace, g.parent}, &sender{})
	return true
}

func (j *Joiner) known(at place) *sender {
	if f, ok := j.young[at]; ok {
		return f
	}
	return j.old[at]
}

func (j *Joiner) remember(at place, from *sender) {
	if len(j.young) >= maxKnown {
		j.old, j.young = j.young, make(map[place]*sender, maxKnown)
	}
	j.young[at] = from
}
