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
// It returns how many spans were.
func (r *reader) look(ctx context.Context, w window, full, few []string) (int, error) {
	var fresh atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.cfg.Concurrency)
	for _, name := range few {
		g.Go(func() error {
			n, err := r.probe(ctx, name, w)
			fresh.Add(int64(n))
			return err
		})
	}
	for _, name := range full {
		g.Go(func() error {
			n, err := r.unit(ctx, name, w)
			fresh.Add(int64(n))
			return err
		})
	}
	err := g.Wait()
	return int(fresh.Load()), err
}

// probe asks a service for a few traces of w.
func (r *reader) probe(ctx context.Context, service string, w window) (int, error) {
	depth := min(probeDepth, int(r.depth.Load()))
	a, err := r.find(ctx, query{service, w, depth})
	defer a.room.release()
	if errors.Is(err, errTooLarge) || errors.Is(err, errDepth) {
		return r.unit(ctx, service, w) // that asks for less
	}
	if err != nil {
		return 0, err
	}
	fresh, err := r.take(ctx, w, a.traces)
	if err != nil {
		return fresh, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roster.probed(service, a.spans, len(a.traces) < depth)
	return fresh, nil
}

// unit asks a service for all of w.
func (r *reader) unit(ctx context.Context, service string, w window) (fresh int, err error) {
	r.mu.Lock()
	parts := r.roster.plan(service, w, int(r.depth.Load()), r.cfg.Floor)
	r.mu.Unlock()
	traces := 0
	for _, part := range parts {
		f, n, err := r.part(ctx, query{service, part, int(r.depth.Load())}, w)
		fresh += f
		traces += n
		if err != nil {
			return fresh, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roster.filled(service, w, traces)
	return fresh, nil
}

// part asks one question and halves it while the answer is not whole. w is the
// stretch it is a part of. It returns how many spans were new and how many traces came.
func (r *reader) part(ctx context.Context, q query, w window) (fresh, traces int, err error) {
	canSplit := q.window.length() >= 2*r.cfg.Floor
	a, err := r.find(ctx, q)
	defer a.room.release()
	switch {
	case errors.Is(err, errDepth) && q.depth > 1:
		half := int64(q.depth / 2)
		if r.depth.CompareAndSwap(int64(q.depth), half) {
			r.status.warn("search-depth", "", fmt.Sprintf("the server refuses to search for %d traces at a time; asking for %d", q.depth, half), 1)
		}
		q.depth = int(min(half, r.depth.Load()))
		return r.part(ctx, q, w)
	case errors.Is(err, errTooLarge):
		r.mu.Lock()
		r.roster.shrink(q.service)
		r.mu.Unlock()
		if canSplit {
			return r.halves(ctx, q, w)
		}
		r.status.cut(q.service, "more bytes than max_response_bytes in the shortest window; some traces are not read")
		if q.depth == 1 {
			return 0, 0, nil
		}
		q.depth /= 2
		return r.part(ctx, q, w)
	case errors.Is(err, errSlow):
		r.mu.Lock()
		r.roster.shrink(q.service)
		r.mu.Unlock()
		return 0, 0, err
	case err != nil:
		return 0, 0, err
	}
	fresh, err = r.take(ctx, w, a.traces)
	if err != nil || len(a.traces) < q.depth {
		return fresh, len(a.traces), err
	}
	if !canSplit {
		r.status.cut(q.service, "as many traces as asked for in the shortest window; raise depth")
		return fresh, len(a.traces), nil
	}
	a.room.release()
	more, traces, err := r.halves(ctx, q, w)
	return fresh + more, max(traces, len(a.traces)), err
}

func (r *reader) halves(ctx context.Context, q query, w window) (fresh, traces int, err error) {
	for _, half := range q.window.split(2) {
		f, n, err := r.part(ctx, query{q.service, half, q.depth}, w)
		fresh += f
		traces += n
		if err != nil {
			return fresh, traces, err
		}
	}
	return fresh, traces, nil
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
	a := answer{room: &room{max: r.cfg.MaxResponseBytes, large: r.large}}
	pause := backoff.NewExponentialBackOff()
	data, err := backoff.Retry(ctx, func() ([]ptrace.Traces, error) {
		a.room.release()
		ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
		defer cancel()
		data, err := call(ctx, a.room)
		if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			err = errSlow
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
	return a, nil
}

// take delivers what an answer holds of the stretch w and is new, in bounded batches.
func (r *reader) take(ctx context.Context, w window, traces []*trace) (fresh int, err error) {
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
			return fresh, &refusal{err}
		}
		fresh += b.fresh
		r.status.used(b.fresh, b.newTraces)
	}
	return fresh, nil
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
