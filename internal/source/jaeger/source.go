package jaeger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"culprit/internal/source"
	"culprit/model"
)

var _ source.Source = (*Source)(nil)

// Source reads from one Jaeger. One Run or Fetch at a time; Status at any time.
type Source struct {
	*source.Poller
	cfg    Config
	places []place
	// connect finds the server's protocol: connect, or a test's server.
	connect func(context.Context, *Config, []place, string) (*speaker, error)
}

// New checks the configuration; it does not ask the server yet.
func New(cfg Config) (*Source, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	places, err := places(cfg.Endpoints)
	if err != nil {
		return nil, err
	}
	if _, err := cfg.TLS.Config(); err != nil {
		return nil, fmt.Errorf("jaeger: %w", err)
	}
	return &Source{
		Poller:  source.NewPoller("jaeger "+places[0].String(), cfg.PollConfig),
		cfg:     cfg,
		places:  places,
		connect: connect,
	}, nil
}

// TraceURL is the page of a trace in Jaeger's own user interface.
func (s *Source) TraceURL(id model.TraceID) string {
	base := strings.TrimRight(s.cfg.UI, "/")
	for _, p := range s.places {
		if base == "" && !p.grpc {
			base = p.url()
		}
	}
	return base + "/trace/" + id.String()
}

// Run reads stretch by stretch until ctx ends, and then returns nil: see
// [source.Poller.Run].
func (s *Source) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return s.Poller.Run(ctx, from, deliver, func(r *source.Reading) source.Polled { return newReader(s, r) })
}

// Fetch reads [from, to) once, without waiting for anything to settle: see
// [source.Poller.Fetch]. Every service is looked at in every stretch.
func (s *Source) Fetch(ctx context.Context, from, to time.Time, deliver source.Deliver) error {
	return s.Poller.Fetch(ctx, from, to, deliver, func(r *source.Reading) source.Polled {
		rd := newReader(s, r)
		rd.roster.eager = true
		return rd
	})
}
