package opencensus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	format "culprit/internal/format/opencensus"
	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// Config says where traces are received.
type Config struct {
	// GRPC is the address to listen on, HOST:PORT. Only this machine reaches 127.0.0.1.
	GRPC string `yaml:"grpc"`

	receive.Config `yaml:",inline"`
}

// DefaultConfig listens on the usual port of an agent, for this machine only. A stream
// has to be read before it is known whether there is room, so messages and streams are
// bounded more tightly than elsewhere: all of them together hold 256 MiB at most.
func DefaultConfig() Config {
	c := Config{GRPC: "127.0.0.1:55678", Config: receive.DefaultConfig()}
	c.MaxMessageBytes = 1 << 20 // libraries send 300 spans at a time
	c.MaxConnections = 128
	return c
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Source)(nil)

// Source is an agent.
type Source struct {
	cfg     Config
	inbox   *receive.Inbox
	streams chan struct{} // a token for each stream that is being read
}

// New checks the configuration; it does not listen yet.
func New(cfg Config) (*Source, error) {
	if err := receive.CheckAddress("grpc", cfg.GRPC); err != nil {
		return nil, fmt.Errorf("opencensus: %w", err)
	}
	source.SetDefault(&cfg.MaxMessageBytes, DefaultConfig().MaxMessageBytes)
	source.SetDefault(&cfg.MaxConnections, DefaultConfig().MaxConnections)
	inbox, err := receive.New("opencensus "+cfg.GRPC, "OpenCensus agent over gRPC", cfg.Config)
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, inbox: inbox, streams: make(chan struct{}, cfg.MaxConnections)}, nil
}

// Run listens and delivers until ctx ends. What was before cannot be asked for.
func (s *Source) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	var readers sync.WaitGroup
	defer readers.Wait() // they end with their streams, and those with the server
	return s.inbox.Run(ctx, deliver, func(ctx context.Context) error {
		agent := receive.Calls{
			"Export": func(call *receive.Call) error { return s.export(ctx, call, &readers) },
			"Config": func(call *receive.Call) error {
				select {
				case <-ctx.Done():
				case <-call.Context().Done():
				}
				return nil
			},
		}
		return s.inbox.Serve(s.cfg.GRPC, map[string]receive.Calls{"opencensus.proto.agent.trace.v1.TraceService": agent})(ctx)
	})
}

// Status is how receiving goes.
func (s *Source) Status() model.SourceStatus { return s.inbox.Status() }

// Addr is where it listens, nil until it does.
func (s *Source) Addr() net.Addr { return s.inbox.Addr(s.cfg.GRPC) }

// export takes the requests of one stream until it ends, or the server does. A library
// would keep its stream open for ever, so it is read beside.
func (s *Source) export(ctx context.Context, call *receive.Call, readers *sync.WaitGroup) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return status.Errorf(codes.ResourceExhausted, "%d streams are open (max_connections)", cap(s.streams))
	}
	messages := make(chan []byte)
	ended := make(chan error, 1)
	readers.Go(func() {
		for {
			raw, err := call.Receive()
			if err != nil {
				ended <- err
				return
			}
			select {
			case messages <- raw:
			case <-call.Context().Done():
				return
			}
		}
	})
	var stream format.Stream
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case raw := <-messages:
			if err := s.take(ctx, call, &stream, raw); err != nil {
				return receive.GRPCError(err)
			}
		}
	}
}

// take takes one request, and waits while there is no room. One that cannot be read is
// counted, and the stream goes on.
func (s *Source) take(ctx context.Context, call *receive.Call, stream *format.Stream, raw []byte) error {
	decode := func(raw []byte) (ptrace.Traces, error) {
		return stream.Read(raw, s.inbox.BadSpan)
	}
	for {
		_, err := s.inbox.Take(call.Context(), func() ([]byte, error) { return raw, nil }, decode)
		var full *receive.Full
		var bad *receive.Bad
		switch {
		case errors.As(err, &full):
			wait := time.NewTimer(full.After)
			select {
			case <-wait.C:
			case <-ctx.Done():
				wait.Stop()
				return nil
			case <-call.Context().Done():
				wait.Stop()
				return context.Cause(call.Context())
			}
		case errors.As(err, &bad):
			return nil
		default:
			return err
		}
	}
}
