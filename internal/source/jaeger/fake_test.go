package jaeger

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"culprit/internal/source"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// fake is a Jaeger in memory that takes no time: it searches as Jaeger does, by span,
// the newest traces first, whole traces, cut at the depth without a sign.
type fake struct {
	mu       sync.Mutex
	pieces   []piece // not yet arrived
	stored   map[pcommon.TraceID]ptrace.Traces
	order    []pcommon.TraceID // as they arrived
	asked    []query
	got      int // calls of get
	inFlight int
	most     int // largest inFlight
	// takes is how long a search takes.
	takes time.Duration
	// fail, if set, may refuse a call.
	fail func(q query) error
}

// piece is a part of a trace and when it arrives at the server.
type piece struct {
	at   time.Time
	data ptrace.Traces
}

func (f *fake) add(at time.Time, tds ...ptrace.Traces) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, td := range tds {
		f.pieces = append(f.pieces, piece{at, td})
	}
}

// arrive files the pieces whose time has come; f.mu is held.
func (f *fake) arrive() {
	now := time.Now()
	f.pieces = slices.DeleteFunc(f.pieces, func(p piece) bool {
		if p.at.After(now) {
			return false
		}
		id, _ := traceOf(p.data)
		if at, ok := f.stored[id]; ok {
			p.data.ResourceSpans().MoveAndAppendTo(at.ResourceSpans())
			return true
		}
		if f.stored == nil {
			f.stored = map[pcommon.TraceID]ptrace.Traces{}
		}
		f.stored[id] = p.data
		f.order = append(f.order, id)
		return true
	})
}

// copied keeps what is stored from what is answered.
func copied(td ptrace.Traces) ptrace.Traces {
	to := ptrace.NewTraces()
	td.CopyTo(to)
	return to
}

func (f *fake) services(context.Context) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if err := f.fail(query{}); err != nil {
			return nil, err
		}
	}
	names := map[string]bool{}
	f.arrive()
	for _, td := range f.stored {
		for _, rs := range td.ResourceSpans().All() {
			names[source.ServiceOf(rs)] = true
		}
	}
	return slices.Collect(maps.Keys(names)), nil
}

func (f *fake) find(ctx context.Context, q query, _ *room) ([]ptrace.Traces, error) {
	f.mu.Lock()
	f.asked = append(f.asked, q)
	f.inFlight++
	f.most = max(f.most, f.inFlight)
	f.mu.Unlock()
	if f.takes > 0 {
		select {
		case <-time.After(f.takes):
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if f.fail != nil {
		if err := f.fail(q); err != nil {
			return nil, err
		}
	}
	var out []ptrace.Traces
	f.arrive()
	for _, id := range slices.Backward(f.order) {
		if td := f.stored[id]; len(out) < q.depth && matches(td, q) {
			out = append(out, copied(td))
		}
	}
	return out, nil
}

func matches(td ptrace.Traces, q query) bool {
	for _, rs := range td.ResourceSpans().All() {
		if source.ServiceOf(rs) != q.service {
			continue
		}
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				start := s.StartTimestamp().AsTime()
				if !start.Before(q.window.From) && !start.After(q.last()) {
					return true
				}
			}
		}
	}
	return false
}

func (f *fake) get(_ context.Context, id pcommon.TraceID, _ source.Window, _ *room) ([]ptrace.Traces, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got++
	f.arrive()
	if td, ok := f.stored[id]; ok {
		return []ptrace.Traces{copied(td)}, nil
	}
	return nil, nil
}

func (*fake) close() error { return nil }

// source is a Source that reads from the fake.
func (f *fake) source(t *testing.T, cfg Config) *Source {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.connect = func(context.Context, *Config, []place, string) (*speaker, error) {
		return &speaker{client: f, protocol: "fake"}, nil
	}
	return s
}

// run reads until the watermark reaches k.until, in the fake time of a bubble.
func run(t *testing.T, s *Source, from time.Time, k *sink) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx, from, k.deliver); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-k.reached:
	case <-time.After(48 * time.Hour):
		t.Errorf("the watermark stands at %s and never reaches %s; %+v", k.watermark, k.until, s.Status())
	}
	cancel()
	wg.Wait()
}
