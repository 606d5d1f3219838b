package cloudtrace

import (
	"context"
	"net/url"
	"time"

	"culprit/internal/source"
	"culprit/model"
)

var _ source.Source = (*Source)(nil)

// Source reads the traces of one project. One Run or Fetch at a time; Status at any time.
type Source struct {
	*source.Poller
	cfg  Config
	pace *source.Pace
}

// New checks the configuration; it does not ask for credentials yet.
func New(cfg Config) (*Source, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	name := "cloudtrace " + cfg.Project
	if cfg.Filter != "" {
		name += " where " + cfg.Filter
	}
	s := &Source{Poller: source.NewPoller(name, cfg.PollConfig), cfg: cfg, pace: source.NewPace(cfg.RequestsPerSecond)}
	s.Speaks("Cloud Trace API v1")
	return s, nil
}

// Run reads stretch by stretch until ctx ends: see [source.Poller.Run].
func (s *Source) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return s.Poller.Run(ctx, from, deliver, s.open)
}

// Fetch reads [from, to) once: see [source.Poller.Fetch].
func (s *Source) Fetch(ctx context.Context, from, to time.Time, deliver source.Deliver) error {
	return s.Poller.Fetch(ctx, from, to, deliver, s.open)
}

// TraceURL is the page of a trace in Google's console.
func (s *Source) TraceURL(id model.TraceID) string {
	return "https://console.cloud.google.com/traces/list?project=" + url.QueryEscape(s.cfg.Project) + "&tid=" + id.String()
}

func (s *Source) open(reading *source.Reading) source.Polled {
	return &project{Reading: reading, cfg: s.cfg, pace: s.pace, pageSize: s.cfg.PageSize}
}
