package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"culprit/api/gen"
	"culprit/api/web"
)

// Registry is where metrics are counted and read; a [prometheus.Registry] is one.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Server serves REST.
type Server struct {
	cfg        Config
	engine     Engine
	projection *Projection
	log        *slog.Logger
	spec       *spec
	site       *web.Site
	metrics    *metrics
	scrape     http.Handler
	rankings   chan struct{} // a place each
	memo       memo
	streams    chan struct{}
	closing    chan struct{} // closed when event streams must end
	closeOnce  sync.Once
	echo       *echo.Echo
}

// handlers are the operations of the OpenAPI file, kept off the Server's own methods.
type handlers struct{ *Server }

var _ gen.ServerInterface = handlers{}

// New ties an engine and a projection to HTTP. Metrics of REST itself are added to
// reg, and all that reg has is served. It does not listen yet.
func New(cfg Config, engine Engine, projection *Projection, reg Registry, log *slog.Logger) (*Server, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	sp, err := loadSpec()
	if err != nil {
		return nil, err
	}
	site, err := web.Load()
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	m, err := newMetrics(reg, projection)
	if err != nil {
		return nil, fmt.Errorf("api: metrics: %w", err)
	}
	s := &Server{
		cfg:        cfg,
		engine:     engine,
		projection: projection,
		log:        log,
		spec:       sp,
		site:       site,
		metrics:    m,
		scrape: promhttp.HandlerFor(reg, promhttp.HandlerOpts{
			ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			ErrorHandling:       promhttp.ContinueOnError,
			MaxRequestsInFlight: 4,
			EnableOpenMetrics:   true,
		}),
		rankings: make(chan struct{}, cfg.MaxRankings),
		streams:  make(chan struct{}, cfg.MaxStreams),
		closing:  make(chan struct{}),
		echo:     echo.New(),
	}
	s.route()
	return s, nil
}

func (s *Server) route() {
	e := s.echo
	e.HTTPErrorHandler = s.answerError
	e.Use(
		s.measure,
		headers,
		middleware.RecoverWithConfig(middleware.RecoverConfig{
			DisablePrintStack: true,
			LogErrorFunc: func(_ echo.Context, err error, _ []byte) error {
				return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
			},
		}),
		s.hosts,
		middleware.BodyLimit(fmt.Sprintf("%dB", s.cfg.MaxBody)),
		s.strictQuery,
	)
	h := handlers{s}
	r := readRouter{e}
	gen.RegisterHandlers(r, h)
	s.routePage(r)
	for what, handle := range map[string]echo.HandlerFunc{"operations": h.getSlashedOperation, "workflows": h.getSlashedWorkflow} {
		path := "/api/v1/" + what + "/:service/"
		r.GET(path+"*", handle)
		s.spec.queries["GET "+path+"*"] = s.spec.queries["GET "+path+":operation"]
	}
}

// readRouter answers HEAD wherever GET is answered.
type readRouter struct{ *echo.Echo }

// GET registers a handler for both methods.
func (r readRouter) GET(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	r.Echo.HEAD(path, h, m...)
	return r.Echo.GET(path, h, m...)
}

// Handler is the server without its listener.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve answers on ln until ctx ends, then ends the event streams, gives requests
// under way the time of Config.Grace and returns nil. It closes ln and may be
// called once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           s.echo,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       s.cfg.WriteTimeout, // a shorter one would cancel requests that take long
		WriteTimeout:      s.cfg.WriteTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		s.endStreams()
		return fmt.Errorf("serving REST on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	s.endStreams()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Grace)
	defer cancel()
	err := srv.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests were still under way when the time to stop was over", "grace", s.cfg.Grace)
		err = srv.Close()
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (s *Server) endStreams() { s.closeOnce.Do(func() { close(s.closing) }) }
