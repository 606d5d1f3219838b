package otlp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// Config says where traces are received.
type Config struct {
	// GRPC and HTTP are the addresses to listen on, HOST:PORT; an empty one is not
	// served. Only this machine reaches 127.0.0.1; 0.0.0.0 is every interface.
	GRPC string `yaml:"grpc"`
	HTTP string `yaml:"http"`

	receive.Config `yaml:",inline"`
}

// DefaultConfig listens on OpenTelemetry's usual ports, for this machine only.
func DefaultConfig() Config {
	return Config{GRPC: "127.0.0.1:4317", HTTP: "127.0.0.1:4318", Config: receive.DefaultConfig()}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Source)(nil)

// Source receives OTLP.
type Source struct {
	cfg   Config
	inbox *receive.Inbox
}

// New checks the configuration; it does not listen yet.
func New(cfg Config) (*Source, error) {
	var at, speaks []string
	for _, a := range []struct{ name, address string }{{"gRPC", cfg.GRPC}, {"HTTP", cfg.HTTP}} {
		if a.address == "" {
			continue
		}
		if err := receive.CheckAddress(strings.ToLower(a.name), a.address); err != nil {
			return nil, fmt.Errorf("otlp: %w", err)
		}
		at, speaks = append(at, a.address), append(speaks, a.name)
	}
	if len(at) == 0 {
		return nil, errors.New("otlp: neither grpc nor http has an address to listen on, such as 127.0.0.1:4317")
	}
	inbox, err := receive.New("otlp "+at[0], "OTLP over "+strings.Join(speaks, " and "), cfg.Config)
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, inbox: inbox}, nil
}

// Run listens and delivers until ctx ends. What was before cannot be asked for.
func (s *Source) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	var serve []func(context.Context) error
	if s.cfg.GRPC != "" {
		serve = append(serve, s.serveGRPC())
	}
	if s.cfg.HTTP != "" {
		serve = append(serve, s.inbox.HTTP(s.cfg.HTTP, s.handler()))
	}
	return s.inbox.Run(ctx, deliver, serve...)
}

// Status is how receiving goes.
func (s *Source) Status() model.SourceStatus { return s.inbox.Status() }

// Addrs are where it listens, nil where it does not (yet).
func (s *Source) Addrs() (grpc, http net.Addr) {
	return s.inbox.Addr(s.cfg.GRPC), s.inbox.Addr(s.cfg.HTTP)
}
