package osprofiler

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	format "culprit/internal/format/osprofiler"
	"culprit/internal/source"
)

var _ source.Source = (*Source)(nil)

// slack is how far outside a stretch the first notification of one of its traces may lie:
// the trace belongs to the start of its root, whose host may have another clock.
const slack = 5 * time.Second

// Source reads one store. One Run or Fetch at a time; Status at any time.
type Source struct {
	*source.Poller
	cfg  Config
	open func() (store, error)
}

// store is where notifications are kept. Its calls are made one at a time.
type store interface {
	// began lists the traces (base_id) that may have begun in w.
	began(ctx context.Context, w source.Window) ([]string, error)
	// notifications hands over the documents of some traces, in any order, also those of
	// traces that nobody asked for. It reports a trace of which it leaves some out.
	notifications(ctx context.Context, bases []string, take func(raw []byte), cut func(base string)) error
	close()
}

// New checks the configuration; it does not ask the store yet.
func New(cfg Config) (*Source, error) {
	cfg, u, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg}
	switch u.Scheme {
	case "redis", "rediss", "redissentinel":
		s.open = func() (store, error) { return openRedis(&s.cfg, u) }
	case "elasticsearch", "http", "https":
		s.open = func() (store, error) { return openElasticsearch(&s.cfg, u) }
	default:
		return nil, fmt.Errorf("osprofiler: a store %s:// is not read; redis, rediss, redissentinel, elasticsearch, http and https are", u.Scheme)
	}
	if _, err := cfg.TLS.Config(); err != nil {
		return nil, fmt.Errorf("osprofiler: %w", err)
	}
	plain := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	s.Poller = source.NewPoller("osprofiler "+plain.String(), cfg.PollConfig)
	s.Speaks(u.Scheme)
	return s, nil
}

// Run reads stretch by stretch until ctx ends, and then returns nil: see
// [source.Poller.Run].
func (s *Source) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return s.Poller.Run(ctx, from, deliver, s.reader)
}

// Fetch reads [from, to) once: see [source.Poller.Fetch].
func (s *Source) Fetch(ctx context.Context, from, to time.Time, deliver source.Deliver) error {
	return s.Poller.Fetch(ctx, from, to, deliver, s.reader)
}

func (s *Source) reader(r *source.Reading) source.Polled {
	return &reader{Reading: r, s: s, bases: map[pcommon.TraceID]string{}}
}

// reader is one run of a source.
type reader struct {
	*source.Reading
	s     *Source
	store store                      // nil: not open
	bases map[pcommon.TraceID]string // of the traces of the stretch at hand
}

// together is how many traces are read at once.
const together = 50

// Read reads all traces of a stretch.
func (r *reader) Read(ctx context.Context, s *source.Stretch) error {
	if err := r.connect(); err != nil {
		return err
	}
	wide := source.Window{From: s.From.Add(-slack), To: s.To.Add(slack)}
	var bases []string
	err := r.Try(ctx, func(ctx context.Context) (err error) {
		bases, err = r.store.began(ctx, wide)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for traces: %w", err)
	}
	clear(r.bases)
	return r.take(ctx, s.Window, bases)
}

// Reread reads all of them again.
func (r *reader) Reread(ctx context.Context, s *source.Stretch) error { return r.Read(ctx, s) }

// Recall reads some of them again.
func (r *reader) Recall(ctx context.Context, s *source.Stretch, ids []pcommon.TraceID) error {
	if err := r.connect(); err != nil {
		return err
	}
	var bases []string
	for _, id := range ids {
		if base, ok := r.bases[id]; ok {
			bases = append(bases, base)
		}
	}
	return r.take(ctx, s.Window, bases)
}

// Close lets go of the store.
func (r *reader) Close() {
	if r.store != nil {
		r.store.close()
		r.store = nil
	}
}

func (r *reader) connect() error {
	if r.store != nil {
		return nil
	}
	store, err := r.s.open()
	r.store = store
	return err
}

// take reads traces and delivers what is new of them.
func (r *reader) take(ctx context.Context, w source.Window, bases []string) error {
	for len(bases) > 0 {
		n := min(together, len(bases))
		td, err := r.traces(ctx, bases[:n])
		if err != nil {
			return fmt.Errorf("reading %d traces: %w", n, err)
		}
		traces, _ := r.Sort([]ptrace.Traces{td}, "")
		if err := r.Take(ctx, w, traces); err != nil {
			return err
		}
		bases = bases[n:]
	}
	return nil
}

// traces reads some traces.
func (r *reader) traces(ctx context.Context, bases []string) (ptrace.Traces, error) {
	asked := map[string]bool{}
	for _, b := range bases {
		asked[b] = true
	}
	var list []format.Notification
	var bad int64
	var why error
	cut := map[string]bool{}
	err := r.Try(ctx, func(ctx context.Context) error {
		list, bad, why = list[:0], 0, nil
		clear(cut)
		return r.store.notifications(ctx, bases, func(raw []byte) {
			n, err := format.Parse(raw)
			switch {
			case err != nil:
				bad, why = bad+1, errors.Join(why, err)
				if bad > 1 {
					why = err
				}
			case asked[n.Base]:
				list = append(list, n)
			}
		}, func(base string) { cut[base] = true })
	})
	if err != nil {
		return ptrace.Traces{}, err
	}
	if bad > 0 {
		r.Warn("bad-record", "", "notifications that cannot be read: "+why.Error(), bad)
	}
	for _, b := range bases {
		r.bases[format.TraceID(b)] = b
		if cut[b] {
			r.Cut("", "a trace holds more than max_trace_notifications; its first ones are read")
		}
	}
	return format.Trace(list, r.s.cfg.Now(), r.s.cfg.Patience), nil
}
