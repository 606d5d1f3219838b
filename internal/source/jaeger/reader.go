package jaeger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"

	"culprit/internal/source"
)

// reader reads stretches for one Run or Fetch. Its workers share it.
type reader struct {
	*source.Reading
	cfg     Config
	places  []place
	connect func(context.Context, *Config, []place, string) (*speaker, error)
	large   chan struct{} // the token of [room]
	depth   atomic.Int64  // Config.Depth, or what the server accepts

	speaker *speaker        // nil: to be found. Changed only between stretches.
	avoid   string          // the protocol in which this server cannot be understood, see errDialect
	begun   *source.Stretch // that the roster counts
	full    []string        // services that were asked for all of it

	mu     sync.Mutex // guards what follows
	roster roster
}

func newReader(s *Source, reading *source.Reading) *reader {
	r := &reader{
		Reading: reading,
		cfg:     s.cfg,
		places:  s.places,
		connect: s.connect,
		large:   make(chan struct{}, 1),
		roster:  roster{services: map[string]*standing{}},
	}
	r.large <- struct{}{}
	r.depth.Store(int64(s.cfg.Depth))
	r.OnUse = func(t *source.Trace) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.roster.owns(t.Owner)
	}
	return r
}

// Close forgets the server: another one may answer next.
func (r *reader) Close() {
	if r.speaker != nil {
		r.speaker.close()
		r.speaker = nil
	}
}

// victoriaSettle is how long VictoriaTraces keeps spans from searches unless told
// otherwise (-search.latencyOffset), and a few seconds in which they are sent.
const victoriaSettle = 35 * time.Second

// connected finds out what the server speaks, if that is not known.
func (r *reader) connected(ctx context.Context) error {
	if r.speaker != nil {
		return nil
	}
	s, err := r.connect(ctx, &r.cfg, r.places, r.avoid)
	if errors.Is(err, errAuth) {
		return source.Hopeless(err)
	}
	if err != nil {
		return err
	}
	r.speaker = s
	r.Speaks(s.protocol)
	if s.at.victoria() && r.cfg.Settle < victoriaSettle {
		r.Warn("settle-short", "", fmt.Sprintf("VictoriaTraces shows spans 30 s after they came, and settle is %v: traces may be missed; set settle: 45s", r.cfg.Settle), 1)
	}
	r.cfg.Logger.Info("jaeger answers", "protocol", s.protocol, "at", s.at.String())
	return nil
}

// look asks services about w, in full or for a few traces, and delivers what is new.
func (r *reader) look(ctx context.Context, w source.Window, full, few []string) error {
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
func (r *reader) probe(ctx context.Context, service string, w source.Window) error {
	depth := min(r.roster.probeDepth(), int(r.depth.Load()))
	a, err := r.find(ctx, query{service, w, depth})
	if errors.Is(err, errTooLarge) || errors.Is(err, errDepth) {
		return r.unit(ctx, service, w) // that asks for less
	}
	if err != nil {
		return err
	}
	defer a.room.release()
	if err := r.Take(ctx, w, a.traces); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roster.probed(service, a.spans, len(a.traces) < depth)
	return nil
}

// unit asks a service for all of w.
func (r *reader) unit(ctx context.Context, service string, w source.Window) error {
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
func (r *reader) part(ctx context.Context, q query, w source.Window) (traces int, err error) {
	canSplit := q.window.Length() >= 2*r.cfg.Floor
	a, err := r.find(ctx, q)
	switch {
	case errors.Is(err, errDepth) && q.depth > 1:
		return r.part(ctx, r.shallower(q), w)
	case errors.Is(err, errTooLarge) && canSplit:
		r.shrink(q.service)
		return r.halves(ctx, q, w)
	case errors.Is(err, errTooLarge):
		r.Cut(q.service, "more bytes than max_response_bytes in the shortest window; some traces are not read")
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
	err = r.Take(ctx, w, a.traces)
	a.room.release()
	switch {
	case err != nil || traces < q.depth:
		return traces, err
	case canSplit:
		n, err := r.halves(ctx, q, w)
		return max(n, traces), err
	}
	r.Cut(q.service, "as many traces as asked for in the shortest window; raise depth")
	return traces, nil
}

func (r *reader) halves(ctx context.Context, q query, w source.Window) (traces int, err error) {
	for _, half := range q.window.Split(2) {
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
		r.Warn("search-depth", "", fmt.Sprintf("the server refuses to search for %d traces at a time; asking for %d", q.depth, half), 1)
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
	traces []*source.Trace
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
	var data []ptrace.Traces
	err := r.Try(ctx, func(ctx context.Context) (err error) {
		a.room.again()
		data, err = call(ctx, a.room)
		if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			err = errSlow
		}
		if a.room.waited {
			a.room.waited = false
			return err // not the server's fault: try again, the token at hand
		}
		switch {
		case errors.Is(err, errTooLarge), errors.Is(err, errDepth), errors.Is(err, errAuth),
			errors.Is(err, errNotServed), errors.Is(err, errSlow), errors.Is(err, errDialect):
			return backoff.Permanent(err)
		}
		return err
	})
	if err != nil {
		a.room.release()
		return a, fmt.Errorf("asking for %s: %w", what, err)
	}
	a.traces, a.spans = r.Sort(data, what)
	if a.room.bad > 0 {
		r.Warn("bad-record", what, "traces that cannot be read: "+a.room.cause.Error(), int64(a.room.bad))
	}
	return a, nil
}
