package lightstep

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"mime"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"

	format "culprit/internal/format/lightstep"
	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// Config says where traces are received.
type Config struct {
	// HTTP is the address to listen on, HOST:PORT. Only this machine reaches 127.0.0.1.
	HTTP string `yaml:"http"`

	receive.Config `yaml:",inline"`
}

// DefaultConfig listens on the usual port of a satellite, for this machine only.
func DefaultConfig() Config {
	return Config{HTTP: "127.0.0.1:8360", Config: receive.DefaultConfig()}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Source)(nil)

// Source receives reports.
type Source struct {
	cfg   Config
	inbox *receive.Inbox
	now   func() time.Time
}

// New checks the configuration; it does not listen yet.
func New(cfg Config) (*Source, error) {
	if err := receive.CheckAddress("http", cfg.HTTP); err != nil {
		return nil, fmt.Errorf("lightstep: %w", err)
	}
	if _, err := source.Secret("access token of senders", cfg.TokenFile, cfg.TokenEnv); err != nil {
		return nil, fmt.Errorf("lightstep: %w", err)
	}
	bare := cfg.Config // the inbox would ask for the token in another header
	bare.TokenFile, bare.TokenEnv = "", ""
	inbox, err := receive.New("lightstep "+cfg.HTTP, "Lightstep reports over HTTP", bare)
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, inbox: inbox, now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Run listens and delivers until ctx ends. What was before cannot be asked for.
func (s *Source) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/reports", s.report)
	return s.inbox.Run(ctx, deliver, s.inbox.HTTP(s.cfg.HTTP, mux))
}

// Status is how receiving goes.
func (s *Source) Status() model.SourceStatus { return s.inbox.Status() }

// Addr is where it listens, nil until it does.
func (s *Source) Addr() net.Addr { return s.inbox.Addr(s.cfg.HTTP) }

// typeProto is the content type of reports and answers; others of protobuf are taken too.
const typeProto = "application/octet-stream"

func (s *Source) report(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != typeProto && kind != "application/x-protobuf" {
		http.Error(w, "content type: want "+typeProto, http.StatusUnsupportedMediaType)
		return
	}
	begun := s.now()
	if err := s.known(r.Header.Get("Lightstep-Access-Token")); err != nil {
		receive.WriteError(w, err)
		return
	}
	if _, err := s.inbox.TakeHTTP(w, r, s.decode); err != nil {
		receive.WriteError(w, err)
		return
	}
	w.Header().Set("Content-Type", typeProto)
	_, _ = w.Write(response(begun, s.now())) // a tracer that has gone sends again
}

// known checks an access token against the configured one.
func (s *Source) known(token string) error {
	want, err := source.Secret("access token of senders", s.cfg.TokenFile, s.cfg.TokenEnv)
	if err != nil || want == "" {
		return err
	}
	have, must := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(want))
	if subtle.ConstantTimeCompare(have[:], must[:]) != 1 {
		return receive.ErrToken
	}
	return nil
}

func (s *Source) decode(raw []byte) (ptrace.Traces, error) {
	report, err := format.Read(raw, s.inbox.BadSpan)
	return report.Traces, err
}

// response is a ReportResponse: when the report came and when the answer goes. Tracers
// work out from it how far their clocks are off.
func response(came, goes time.Time) []byte {
	var out []byte
	for i, t := range []time.Time{came, goes} {
		var b []byte
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), uint64(t.Unix()))
		b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(t.Nanosecond()))
		out = protowire.AppendBytes(protowire.AppendTag(out, protowire.Number(2+i), protowire.BytesType), b)
	}
	return out
}
