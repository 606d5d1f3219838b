package osprofiler

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Bounds of what waits for its other half. Beyond them the oldest is let go.
const (
	maxWaiting = 200_000 // steps, some 600 bytes each; and traces of which it is known when they were last heard of
	maxTold    = 20_000  // requests of which it is known how they were answered
	batchSpans = 1024
)

type stepKey struct{ base, id string }

// pairs puts notifications together, in whatever order they come: Redis lists hold the
// newest first. It emits whole steps as they come, the others at the end.
type pairs struct {
	emit     func(ptrace.Traces) error
	patience time.Duration
	most     int // steps that wait, traces that are remembered

	waiting map[stepKey]*step
	order   []stepKey // of waiting, and of what has left it
	last    map[string]time.Time
	traces  []string // of last, by age
	now     time.Time
	held    int               // answers that wait for their askers
	told    map[stepKey]int64 // status of requests that are written: in a report they come first
	tolds   []stepKey         // of told, by age
	out     *batch
}

func newPairs(emit func(ptrace.Traces) error) *pairs {
	return &pairs{emit: emit, patience: Patience, most: maxWaiting, waiting: map[stepKey]*step{}, last: map[string]time.Time{}, told: map[stepKey]int64{}, out: newBatch()}
}

// add takes a notification.
func (p *pairs) add(n Notification) error {
	p.heard(n.Base, n.At)
	key := stepKey{n.Base, n.ID}
	s := p.waiting[key]
	if s == nil {
		s = &step{}
		p.waiting[key] = s
		p.order = append(p.order, key)
	}
	if s.add(n); s.whole() {
		delete(p.waiting, key)
		if p.asked(s) {
			return nil
		}
		return p.write(s)
	}
	for len(p.waiting)+p.held > p.most {
		if err := p.letGo(); err != nil {
			return err
		}
	}
	if len(p.order) > 2*p.most {
		p.forget()
	}
	return nil
}

// heard takes note of when a trace was last heard of.
func (p *pairs) heard(base string, at time.Time) {
	if at.After(p.now) {
		p.now = at
	}
	before, known := p.last[base]
	if !known {
		p.traces = append(p.traces, base)
	}
	if !known || at.After(before) {
		p.last[base] = at
	}
	if len(p.traces) > p.most {
		delete(p.last, p.traces[0])
		p.traces = p.traces[1:]
	}
}

// forget drops from the order what waits no more.
func (p *pairs) forget() {
	kept := p.order[:0]
	for _, key := range p.order {
		if p.waiting[key] != nil {
			kept = append(kept, key)
		}
	}
	p.order = kept
}

// letGo writes the oldest step that waits as it is.
func (p *pairs) letGo() error {
	key := p.order[0]
	p.order = p.order[1:]
	s := p.waiting[key]
	if s == nil {
		return nil
	}
	delete(p.waiting, key)
	return p.write(s)
}

// asked reports whether an answer to an HTTP request waits for what the asker says of it:
// only that knows the status.
func (p *pairs) asked(s *step) bool {
	if s.start.info.kind != answersHTTP {
		return false
	}
	key := stepKey{s.start.Base, s.start.Parent}
	asker := p.waiting[key]
	switch {
	case asker == nil:
		s.stop.info.status = p.told[key]
		return false
	case asker.has.stop:
		s.stop.info.status = asker.stop.info.status
		return false
	}
	asker.answers = append(asker.answers, s)
	p.held++
	return true
}

// tell takes note of how a request was answered.
func (p *pairs) tell(key stepKey, status int64) {
	p.told[key] = status
	if p.tolds = append(p.tolds, key); len(p.tolds) > maxTold {
		delete(p.told, p.tolds[0])
		p.tolds = p.tolds[1:]
	}
}

// write emits a step, in batches, and the answers that waited for it.
func (p *pairs) write(s *step) error {
	if n := s.first(); n.info.kind == asksHTTP && s.stop.info.status > 0 {
		p.tell(stepKey{n.Base, n.ID}, s.stop.info.status)
	}
	p.held -= len(s.answers)
	for _, answer := range s.answers {
		answer.stop.info.status = s.stop.info.status
		if err := p.write(answer); err != nil {
			return err
		}
	}
	last, ok := p.last[s.first().Base]
	if !ok {
		last = s.first().At
	}
	p.out.add(s, last, p.now, p.patience)
	if p.out.spans >= batchSpans {
		return p.flush()
	}
	return nil
}

func (p *pairs) flush() error {
	if p.out.spans == 0 {
		return nil
	}
	td := p.out.td
	p.out = newBatch()
	return p.emit(td)
}

// end emits what is left.
func (p *pairs) end() error {
	for len(p.order) > 0 {
		if err := p.letGo(); err != nil {
			return err
		}
	}
	return p.flush()
}

// Trace makes spans of notifications, of one trace or several, in any order. now is when
// they were asked for: what is unfinished although its trace has been silent for patience
// has failed.
func Trace(list []Notification, now time.Time, patience time.Duration) ptrace.Traces {
	all := ptrace.NewTraces()
	p := newPairs(func(td ptrace.Traces) error {
		td.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
		return nil
	})
	p.now, p.patience = now, patience
	for _, n := range list {
		_ = p.add(n) // only emit could refuse
	}
	_ = p.end()
	return all
}
