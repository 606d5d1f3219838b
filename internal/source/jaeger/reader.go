package jaeger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"

	"culprit/internal/source"
)

const (
	// quickTries is how often a request is made before its stretch counts as failed.
	quickTries = 3
	// maxPause is the longest pause between tries.
	maxPause = 30 * time.Second
)

// reader reads stretches for one Run or Fetch. Its workers share it.
type reader struct {
	cfg     Config
	places  []place
	connect func(context.Context, *Config, []place) (*speaker, error)
	status  *health
	deliver source.Deliver
	large   chan struct{} // the token of [room]
	depth   atomic.Int64  // Config.Depth, or what the server accepts

	speaker *speaker // nil: to be found. Changed only between stretches.

	stretches int // how many were begun

	mu     sync.Mutex // guards what follows
	ledger ledger
	roster roster
	purse  purse
	open   map[pcommon.TraceID]*trace // incomplete traces of this stretch, data dropped
	missed int                        // spans of this stretch that a recall of open traces would not have found

	sending sync.Mutex // one delivery at a time
}

func newReader(s *Source, deliver source.Deliver) *reader {
	r := &reader{
		cfg:     s.cfg,
		places:  s.places,
		connect: s.connect,
		status:  &s.status,
		deliver: deliver,
		large:   make(chan struct{}, 1),
		ledger:  ledger{seen: map[pcommon.TraceID]entry{}},
		roster:  roster{services: map[string]*standing{}},
		purse:   purse{share: s.cfg.MaxAmplification - 1},
		open:    map[pcommon.TraceID]*trace{},
	}
	r.large <- struct{}{}
	r.depth.Store(int64(s.cfg.Depth))
	return r
}

func (r *reader) close() {
	if r.speaker != nil {
		r.speaker.close()
		r.speaker = nil
	}
}

// connected finds out what the server speaks, if that is not known.
func (r *reader) connected(ctx context.Context) error {
	if r.speaker != nil {
		return nil
	}
	s, err := r.connect(ctx, &r.cfg, r.places)
	if err != nil {
		return err
	}
	r.speaker = s
	r.status.speaks(s.protocol)
	r.cfg.Logger.Info("jaeger answers", "protocol", s.protocol, "at", s.at.String())
	return nil
}

// look asks services about w, in full or for a few traces, and delivers what is new.
func (r *reader) look(ctx context.Context, w window, full, few []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.cfg.Concurrency)
	for _, name := range few {
		g.Go(func() error { return r.probe(ctx, name, w) })
	}
	for _, name := range full {
		g.Go(func() error { return r.unit(ctx, name, w) })
	}
	return g.Wait()
}

// probe asks a service for a few traces of w.
func (r *reader) probe(ctx context.Context, service string, w window) error {
	depth := min(r.roster.probeDepth(), int(r.depth.Load()))
	a, err := r.find(ctx, query{service, w, depth})
	if errors.Is(err, errTooLarge) || errors.Is(err, errDepth) {
		return r.unit(ctx, service, w) // that asks for less
	}
	if err != nil {
		return err
	}
	defer a.room.release()
	if err := r.take(ctx, w, a.traces); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roster.probed(service, a.spans, len(a.traces) < depth)
	return nil
}

// unit asks a service for all of w.
func (r *reader) unit(ctx context.Context, service string, w window) error {
	r.mu.Lock()
	parts := r.roster.plan(service, w, int(r.depth.Load()), r.cfg.Floor)
	r.mu.Unlock()
	traces := 0
	for _, part := range parts {
		n, err := r.part(ctx, query{service, part, int(r.depth.Load())}, w)
		if err != nil {
			return err
		}
		traces += n
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roster.filled(service, w, traces)
	return nil
}

// part asks one question and halves it while the answer is not whole. w is the
// stretch it is a part of. It returns how many traces came.
func (r *reader) part(ctx context.Context, q query, w window) (traces int, err error) {
	canSplit := q.window.length() >= 2*r.cfg.Floor
	a, err := r.find(ctx, q)
	switch {
	case errors.Is(err, errDepth) && q.depth > 1:
		return r.part(ctx, r.shallower(q), w)
	case errors.Is(err, errTooLarge) && canSplit:
		r.shrink(q.service)
		return r.halves(ctx, q, w)
	case errors.Is(err, errTooLarge):
		r.status.cut(q.service, "more bytes than max_response_bytes in the shortest window; some traces are not read")
		if q.depth == 1 {
			return 0, nil
		}
		q.depth /= 2
		return r.part(ctx, q, w)
	case errors.Is(err, errSlow):
		r.shrink(q.service)
		return 0, err
	case err != nil:
		return 0, err
	}
	traces = len(a.traces)
	err = r.take(ctx, w, a.traces)
	a.room.release()
	switch {
	case err != nil || traces < q.depth:
		return traces, err
	case canSplit:
		n, err := r.halves(ctx, q, w)
		return max(n, traces), err
	}
	r.status.cut(q.service, "as many traces as asked for in the shortest window; raise depth")
	return traces, nil
}

func (r *reader) halves(ctx context.Context, q query, w window) (traces int, err error) {
	for _, half := range q.window.split(2) {
		n, err := r.part(ctx, query{q.service, half, q.depth}, w)
		if err != nil {
			return traces, err
		}
		traces += n
	}
	return traces, nil
}

// shallower halves the depth, for all further searches too.
func (r *reader) shallower(q query) query {
	half := int64(q.depth / 2)
	if r.depth.CompareAndSwap(int64(q.depth), half) {
		r.status.warn("search-depth", "", fmt.Sprintf("the server refuses to search for %d traces at a time; asking for %d", q.depth, half), 1)
	}
	q.depth = int(min(half, r.depth.Load()))
	return q
}

// shrink has a service's windows halved from the next stretch on.
func (r *reader) shrink(service string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roster.shrink(service)
}

// answer is a search's answer while it is in memory.
type answer struct {
	traces []*trace
	spans  int
	room   *room
}

// find asks, a few times if need be. The caller releases the room of an answer.
func (r *reader) find(ctx context.Context, q query) (answer, error) {
	return r.request(ctx, q.service, func(ctx context.Context, room *room) ([]ptrace.Traces, error) {
		return r.speaker.find(ctx, q, room)
	})
}

// request makes one call under the timeout, a few times if need be, and counts what came.
func (r *reader) request(ctx context.Context, what string, call func(context.Context, *room) ([]ptrace.Traces, error)) (answer, error) {
	a := answer{room: &room{max: r.cfg.MaxResponseBytes, large: r.large, wait: ctx}}
	pause := backoff.NewExponentialBackOff()
	data, err := backoff.Retry(ctx, func() ([]ptrace.Traces, error) {
		a.room.again()
		ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
		defer cancel()
		data, err := call(ctx, a.room)
		if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			err = errSlow
		}
		if a.room.waited {
			a.room.waited = false
			return data, err // not the server's fault: try again, the token at hand
		}
		switch {
		case errors.Is(err, errTooLarge), errors.Is(err, errDepth), errors.Is(err, errAuth),
			errors.Is(err, errNotServed), errors.Is(err, errSlow):
			return nil, backoff.Permanent(err)
		}
		return data, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(quickTries), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(error, time.Duration) { r.status.retry() }))
	if err != nil {
		a.room.release()
		return a, fmt.Errorf("asking for %s: %w", what, err)
	}
	traces, bad := group(data)
	a.traces = traces
	for _, t := range traces {
		a.spans += t.spans
	}
	r.status.received(a.spans + bad)
	if bad > 0 {
		r.status.warn("bad-record", what, "spans without a trace ID", int64(bad))
	}
	if a.room.bad > 0 {
		r.status.warn("bad-record", what, "traces that cannot be read: "+a.room.cause.Error(), int64(a.room.bad))
	}
	return a, nil
}

// take delivers what an answer holds of the stretch w and is new, in bounded batches.
func (r *reader) take(ctx context.Context, w window, traces []*trace) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	for len(traces) > 0 {
		var b batch
		traces = r.fillBatch(&b, w, traces)
		if len(b.traces) == 0 {
			break
		}
		err := r.deliver(ctx, source.Batch{Source: r.status.name, Traces: b.data, Warnings: r.status.news()})
		if err != nil {
			r.mu.Lock()
			for i := range b.traces {
				r.ledger.restore(b.traces[i], b.before[i])
			}
			r.mu.Unlock()
			return &refusal{err}
		}
		r.status.used(b.fresh, b.newTraces)
	}
	return nil
}

// batch is what is delivered at once.
type batch struct {
	traces    []*trace
	before    []entry
	data      []ptrace.Traces
	spans     int
	fresh     int
	newTraces int
}

// fillBatch moves traces into b until it is full and returns the rest.
func (r *reader) fillBatch(b *batch, w window, traces []*trace) []*trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, t := range traces {
		if b.spans > 0 && b.spans+t.spans > r.cfg.BatchSpans {
			return traces[i:]
		}
		v, fresh := r.ledger.judge(t, w)
		if v == late {
			r.status.warn("late-spans", "", "spans came after the watermark had passed their trace; a longer settle delay would catch them", int64(fresh))
			r.ledger.add(t) // count them once
		}
		if v != use {
			continue
		}
		r.roster.owns(t.owner)
		if _, ok := r.open[t.id]; !ok {
			r.missed += fresh
		}
		if t.open {
			r.open[t.id] = &trace{id: t.id, start: t.start, spans: t.spans}
		} else {
			delete(r.open, t.id)
		}
		before := r.ledger.add(t)
		if before.spans == 0 {
			b.newTraces++
		}
		b.traces = append(b.traces, t)
		b.before = append(b.before, before)
		b.data = append(b.data, t.data)
		b.spans += t.spans
		b.fresh += fresh
	}
	return nil
}

// refusal is an error of the service, not of Jaeger.
type refusal struct{ err error }

func (e *refusal) Error() string { return "delivering spans: " + e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

// tell delivers the watermark: all of the stretch before it has been delivered.
func (r *reader) tell(ctx context.Context, watermark time.Time) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	b := source.Batch{Source: r.status.name, Watermark: watermark, Warnings: r.status.news()}
	if err := r.deliver(ctx, b); err != nil {
		return &refusal{err}
	}
	return nil
}
