package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"culprit/api"
	"culprit/datasets"
	"culprit/internal/bus"
	"culprit/internal/engine"
	"culprit/internal/notify"
	"culprit/internal/source"
	"culprit/model"
)

// Service reads sources, judges what they deliver and publishes incidents. [New] makes
// one, [Service.Run] runs it once.
type Service struct {
	cfg     Config
	log     *slog.Logger
	started time.Time

	sourceSet
	more       []namedSource // beside those of the configuration
	marks      *marks
	projection *api.Projection
	registry   *prometheus.Registry
	bus        *bus.Bus
	book       *logbook
	record     *recorder
	alerts     *notify.Notifier

	intake  sync.Mutex // one batch at a time, until its incidents are in the log; guards the pipeline
	pipe    *pipeline
	moment  atomic.Uint64               // counts views
	view    atomic.Pointer[engine.View] // what questions are answered from; they hold no lock
	reached time.Time                   // the last merged watermark
	saved   time.Time                   // when the last snapshot was saved, wall clock
	noted   uint64                      // sequence of the last note, changes apart
	effects uint64                      // the same, of the last that had taken effect at the start
	torn    bool                        // a revision could not be appended: no snapshot any more

	verdicts  prometheus.Histogram
	announced announced
	fail      context.CancelCauseFunc

	ready    chan struct{} // closed when traces are taken in
	listens  chan struct{} // closed when addr is known
	addr     net.Addr
	onAppend func(model.Incident)
}

// Option changes a service that [New] makes.
type Option func(*Service)

// WithSource adds a source beside those of the configuration. Its batches are called name.
func WithSource(name string, s source.Source) Option {
	return func(v *Service) { v.more = append(v.more, namedSource{name, s}) }
}

// OnAppend has fn called with every revision that the log has acknowledged, one at a
// time, in order.
func OnAppend(fn func(model.Incident)) Option {
	return func(v *Service) { v.onAppend = fn }
}

// New checks the configuration and makes a service of it. It opens nothing yet.
func New(cfg Config, log *slog.Logger, options ...Option) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Service{
		cfg:      cfg,
		log:      log,
		registry: prometheus.NewRegistry(),
		book:     newLogbook(),
		ready:    make(chan struct{}),
		listens:  make(chan struct{}),
		onAppend: func(model.Incident) {},
	}
	for _, o := range options {
		o(s)
	}
	var err error
	if s.sourceSet, err = openSources(cfg, log, s.more...); err != nil {
		return nil, err
	}
	s.cfg.Engine.TraceURL = s.traceURL
	s.marks = newMarks(cfg.Patience, s.names)
	s.pipe = newPipeline(s.cfg.Engine)
	if s.projection, err = api.NewProjection(cfg.Kept); err != nil {
		return nil, err
	}
	s.pipe.find = s.projection.Incident
	s.look()
	if err := s.openAlerts(); err != nil {
		return nil, err
	}
	return s, s.metrics()
}

// Addr is where REST answers. It waits until the service listens, and is nil when ctx
// ends before.
func (s *Service) Addr(ctx context.Context) net.Addr {
	select {
	case <-s.listens:
		return s.addr
	case <-ctx.Done():
		return nil
	}
}

// Ready is nil once the log has been read and traces are taken in.
func (s *Service) Ready() error {
	select {
	case <-s.ready:
		return nil
	default:
		return errors.New("starting: the incident log is being read, or another culprit leads")
	}
}

// gcPercent lets the heap grow by less than a third before it is collected. What waits
// for its window is large, lives for minutes and holds few pointers: collecting it is
// cheap, and doubling it is not. GOGC in the environment overrules it.
const gcPercent = 30

// Run opens what the service needs, runs until ctx ends or something breaks that cannot be
// repaired, and waits for every goroutine that it started.
//
// When ctx ends the sources stop first; what they have delivered is judged,
// published and kept within Config.Grace; then everything else stops.
func (s *Service) Run(ctx context.Context) (err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	s.started = time.Now().UTC()
	ctx, s.fail = context.WithCancelCause(ctx)
	defer s.fail(nil)
	if s.bus, err = bus.Open(ctx, s.cfg.NATS, s.log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.bus.Close()) }()

	listener, err := listen(s.cfg.REST.Listen)
	if err != nil {
		return err
	}
	server, err := api.New(s.cfg.REST, answers{s}, s.projection, s.registry, s.log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s.addr = listener.Addr()
	close(s.listens)
	s.log.Info("culprit is here", "rest", "http://"+s.addr.String(), "nats", s.bus.Address())

	// What tells outlives what judges, so that the last revisions can still be read.
	telling, quiet := context.WithCancel(context.WithoutCancel(ctx))
	defer quiet()
	var tell, judge sync.WaitGroup
	defer tell.Wait()
	defer quiet()
	tell.Go(func() { s.stop("REST", server.Serve(telling, listener)) })
	s.alerts.Page("http://" + s.addr.String())
	logged, err := s.start(ctx, telling, &tell)
	if err != nil {
		return endedBy(ctx, err)
	}
	lease, err := s.bus.Lead(ctx)
	if err != nil {
		return endedBy(ctx, err)
	}
	defer lease.Release()
	from, err := s.restore(ctx)
	if err != nil {
		return endedBy(ctx, err)
	}
	if s.record, err = openRecorder(s.cfg.Record, datasets.ArrivalsHead{TraceURL: s.traceURL}); err != nil {
		return err
	}
	if !s.asked { // nobody can be asked for what was before: that window would be judged by half
		if err := s.judge(ctx, alignTo(s.started, s.cfg.Engine.Window).Add(s.cfg.Engine.Window)); err != nil {
			return endedBy(ctx, err)
		}
	}
	tell.Go(func() { s.stop("alerts", s.tellAlerts(telling, logged)) })
	for i, src := range s.sources {
		judge.Go(func() { s.stop(s.names[i], src.Run(ctx, from, s.deliver)) })
	}
	judge.Go(func() { s.every(ctx, s.cfg.Heartbeat, s.beat) })
	judge.Go(func() { s.every(ctx, s.cfg.Heal, s.heal) })
	judge.Go(func() {
		select {
		case <-lease.Lost():
			s.fail(errors.New("another culprit leads now: this one stops, so that no incident is told twice"))
		case <-ctx.Done():
		}
	})
	close(s.ready)
	since := "as far back as the sources are told to"
	switch {
	case !s.asked:
		since = "now"
	case !from.IsZero():
		since = from.Format(time.RFC3339)
	}
	s.log.Info("reading traces", "sources", len(s.sources), "since", since)
	judge.Wait()
	return errors.Join(endedBy(ctx, nil), s.finish())
}

// listen opens the port of REST.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // without the address, which is said already
		}
		return nil, fmt.Errorf("REST cannot listen on %s: %w; is another culprit running? --listen 127.0.0.1:0 takes a free port", address, err)
	}
	return l, nil
}

// stop ends the service when a part of it ends that should not.
func (s *Service) stop(part string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.fail(fmt.Errorf("%s: %w", part, err))
	}
}

// endedBy is the error of a service that ends: none if it was told to.
func endedBy(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return err
	case errors.Is(cause, context.Canceled):
		return nil
	}
	return cause
}

// every calls fn now and then until ctx ends. Never, if the pause is zero.
func (s *Service) every(ctx context.Context, pause time.Duration, fn func(context.Context)) {
	if pause <= 0 {
		return
	}
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			fn(ctx)
		case <-ctx.Done():
			return
		}
	}
}
