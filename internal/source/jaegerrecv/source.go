package jaegerrecv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// Config says where traces are received. An empty address is not served. Only this
// machine reaches 127.0.0.1; 0.0.0.0 is every interface.
type Config struct {
	// HTTP takes POST /api/traces with a batch in Thrift.
	HTTP string `yaml:"http"`
	// GRPC takes jaeger.api_v2.CollectorService.
	GRPC string `yaml:"grpc"`
	// UDP are the ports of an agent.
	UDP []string `yaml:"udp"`

	receive.Config `yaml:",inline"`
}

// DefaultConfig listens on the usual ports of a collector and an agent, for this machine
// only.
func DefaultConfig() Config {
	return Config{
		HTTP:   "127.0.0.1:14268",
		GRPC:   "127.0.0.1:14250",
		UDP:    []string{"127.0.0.1:6831", "127.0.0.1:6832", "127.0.0.1:5775"},
		Config: receive.DefaultConfig(),
	}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Source)(nil)

// Source receives what was meant for a Jaeger.
type Source struct {
	cfg   Config
	inbox *receive.Inbox
}

// New checks the configuration; it does not listen yet.
func New(cfg Config) (*Source, error) {
	var at, speaks []string
	add := func(name, address, protocol string) error {
		if address == "" {
			return nil
		}
		at, speaks = append(at, address), append(speaks, protocol)
		return receive.CheckAddress(name, address)
	}
	errs := []error{add("http", cfg.HTTP, "Thrift over HTTP"), add("grpc", cfg.GRPC, "gRPC")}
	if len(cfg.UDP) > 0 {
		errs = append(errs, add("udp", cfg.UDP[0], "UDP"))
		for _, u := range cfg.UDP[1:] {
			errs = append(errs, receive.CheckAddress("udp", u))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("jaeger receiver: %w", err)
	}
	if len(at) == 0 {
		return nil, errors.New("jaeger receiver: neither http nor grpc nor udp has an address to listen on, such as 127.0.0.1:14268")
	}
	inbox, err := receive.New("jaeger_receiver "+at[0], "Jaeger's "+strings.Join(speaks, ", "), cfg.Config)
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, inbox: inbox}, nil
}

// Run listens and delivers until ctx ends. What was before cannot be asked for.
func (s *Source) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	var serve []func(context.Context) error
	if s.cfg.HTTP != "" {
		serve = append(serve, s.inbox.HTTP(s.cfg.HTTP, s.handler()))
	}
	if s.cfg.GRPC != "" {
		serve = append(serve, s.inbox.Serve(s.cfg.GRPC, map[string]receive.Calls{
			"jaeger.api_v2.CollectorService": {"PostSpans": s.post},
		}))
	}
	for _, address := range s.cfg.UDP {
		serve = append(serve, s.inbox.UDP(address, func(raw []byte) (ptrace.Traces, error) {
			return readPacket(raw, s.inbox.BadSpan)
		}))
	}
	return s.inbox.Run(ctx, deliver, serve...)
}

// post is the one method of the gRPC service. Its answer has no fields.
func (s *Source) post(call *receive.Call) error {
	if _, err := s.inbox.Take(call.Context(), call.One, readPost); err != nil {
		return receive.GRPCError(err)
	}
	return call.Send(nil)
}

// Status is how receiving goes.
func (s *Source) Status() model.SourceStatus { return s.inbox.Status() }

// Addr is where an address of the configuration is served, nil until it is.
func (s *Source) Addr(address string) net.Addr { return s.inbox.Addr(address) }
