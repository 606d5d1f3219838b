package xray

import (
	"cmp"
	"context"
	"time"

	"culprit/internal/source"
)

var _ source.Source = (*Reader)(nil)

// Reader reads the traces of one region from the API. One Run or Fetch at a time;
// Status at any time.
type Reader struct {
	*source.Poller
	cfg  Config
	pace *source.Pace
}

// New checks the configuration; it does not ask for credentials yet.
func New(cfg Config) (*Reader, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	name := "xray " + cmp.Or(source.Redact(cfg.Endpoint), cfg.Region, "default region")
	if cfg.Profile != "" {
		name += " as " + cfg.Profile
	}
	if cfg.Filter != "" {
		name += " where " + cfg.Filter
	}
	r := &Reader{Poller: source.NewPoller(name, cfg.PollConfig), cfg: cfg, pace: source.NewPace(cfg.RequestsPerSecond)}
	r.Speaks("X-Ray API")
	return r, nil
}

// Run reads stretch by stretch until ctx ends: see [source.Poller.Run].
func (r *Reader) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return r.Poller.Run(ctx, from, deliver, r.open)
}

// Fetch reads [from, to) once: see [source.Poller.Fetch].
func (r *Reader) Fetch(ctx context.Context, from, to time.Time, deliver source.Deliver) error {
	return r.Poller.Fetch(ctx, from, to, deliver, r.open)
}

func (r *Reader) open(reading *source.Reading) source.Polled {
	return &account{Reading: reading, cfg: r.cfg, pace: r.pace}
}
