package jaeger

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says where Jaeger is and how it is read.
type Config struct {
	// Endpoints are where Jaeger's query service answers: http(s)://host:16686 with an
	// optional base path, or grpc(s)://host:16685. One is enough, the other is derived
	// by the usual port; give both where the ports are unusual.
	Endpoints []string `yaml:"endpoints"`
	// Protocol forces one of grpc-v3, http-v3, grpc-v2 and json. Empty: the first that answers.
	Protocol string `yaml:"protocol"`
	// TLS is used for https and grpcs endpoints.
	TLS TLS `yaml:"tls"`
	// TokenFile holds a bearer token; it is read again for each request, so that a
	// rotated token is picked up.
	TokenFile string `yaml:"token_file"`
	// TenantHeader names the header that carries Tenant.
	TenantHeader string `yaml:"tenant_header"`
	// Tenant is whose traces are read. Empty: no header is sent.
	Tenant string `yaml:"tenant"`
	// UI is the base URL of Jaeger's pages as people reach it. Empty: the HTTP endpoint.
	UI string `yaml:"ui"`

	// Step is the length of a stretch. Stretches are aligned to the clock. Shorter ones
	// fetch more traces twice: those that lie across an edge.
	Step time.Duration `yaml:"step"`
	// Settle is how long after the end of a stretch it is read for the first time:
	// longer than most traces plus the exporters' batch delay (5 s by default). 0: 20 s.
	Settle time.Duration `yaml:"settle"`
	// SecondLook is how long after that late spans are looked for. 0: no second look.
	SecondLook time.Duration `yaml:"second_look"`
	// Backfill is how far a first start reads back.
	Backfill time.Duration `yaml:"backfill"`
	// MaxBackfill is how far a restart or the end of an outage reads back. What is
	// older is skipped with a warning.
	MaxBackfill time.Duration `yaml:"max_backfill"`

	// Depth is how many traces one search asks for. Memory storage refuses more than
	// its max_traces; then it is halved by itself.
	Depth int `yaml:"depth"`
	// Floor is the shortest window that a search is split into.
	Floor time.Duration `yaml:"floor"`
	// Concurrency is how many searches run at the same time.
	Concurrency int `yaml:"concurrency"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"`
	// MaxResponseBytes bounds one answer. A trace that is larger cannot be read.
	MaxResponseBytes int64 `yaml:"max_response_bytes"`
	// BatchSpans is how many spans are delivered at a time; a larger trace goes alone.
	BatchSpans int `yaml:"batch_spans"`
	// MaxAmplification bounds spans received / spans used, as far as the fetcher can
	// choose: looking for new owners and for late spans stays within it.
	MaxAmplification float64 `yaml:"max_amplification"`
	// ExcludeServices are not asked for: by default Jaeger's own names, since asking
	// makes it trace itself.
	ExcludeServices []string `yaml:"exclude_services"`

	// Logger is told about trouble and its end. Nil: silence.
	Logger *slog.Logger `yaml:"-"`
	// Now is the clock. Nil: time.Now.
	Now func() time.Time `yaml:"-"`
}

// TLS names the files of an encrypted connection.
type TLS struct {
	// CAFile holds the authorities to trust, PEM. Empty: the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the client's certificate, PEM. Both or none.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// ServerName overrules the name that the server's certificate is checked against.
	ServerName string `yaml:"server_name"`
	// InsecureSkipVerify trusts any certificate.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

// DefaultConfig reads a Jaeger beside the service.
func DefaultConfig() Config {
	return Config{
		Endpoints:    []string{"http://127.0.0.1:16686"},
		TenantHeader: "x-tenant",
		Step:         30 * time.Second,
		Settle:       20 * time.Second,
		SecondLook:   10 * time.Second,
		Backfill:     15 * time.Minute,
		MaxBackfill:  6 * time.Hour,
		Depth:        1000,
		Floor:        250 * time.Millisecond,
		Concurrency:  4,
		Timeout:      30 * time.Second,
		// 100,000 spans are 45 MB over gRPC and 126 MB as JSON.
		MaxResponseBytes: 128 << 20,
		BatchSpans:       20_000,
		MaxAmplification: 1.25,
		ExcludeServices:  []string{"jaeger", "jaeger-query", "jaeger-all-in-one", "jaeger-collector"},
	}
}

// withDefaults fills what is left out and refuses what cannot work.
func (c Config) withDefaults() (Config, error) {
	d := DefaultConfig()
	if len(c.Endpoints) == 0 {
		return c, errors.New("jaeger: no endpoint is given; name one such as http://127.0.0.1:16686")
	}
	switch c.Protocol {
	case "", ProtocolGRPCv3, ProtocolHTTPv3, ProtocolGRPCv2, ProtocolJSON:
	default:
		return c, fmt.Errorf("jaeger: protocol %q is unknown; use %s, %s, %s or %s", c.Protocol, ProtocolGRPCv3, ProtocolHTTPv3, ProtocolGRPCv2, ProtocolJSON)
	}
	setDefault(&c.TenantHeader, d.TenantHeader)
	setDefault(&c.Step, d.Step)
	setDefault(&c.Settle, d.Settle)
	setDefault(&c.Backfill, d.Backfill)
	setDefault(&c.MaxBackfill, d.MaxBackfill)
	setDefault(&c.Depth, d.Depth)
	setDefault(&c.Floor, d.Floor)
	setDefault(&c.Concurrency, d.Concurrency)
	setDefault(&c.Timeout, d.Timeout)
	setDefault(&c.MaxResponseBytes, d.MaxResponseBytes)
	setDefault(&c.BatchSpans, d.BatchSpans)
	setDefault(&c.MaxAmplification, d.MaxAmplification)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, v := range []struct {
		name string
		bad  bool
		want string
	}{
		{"step", c.Step < time.Second, "at least 1s"},
		{"settle", c.Settle < 0, "not negative"},
		{"second_look", c.SecondLook < 0, "not negative"},
		{"backfill", c.Backfill < 0, "not negative"},
		{"max_backfill", c.MaxBackfill < c.Backfill, "at least backfill"},
		{"depth", c.Depth < 1, "at least 1"},
		{"floor", c.Floor < time.Millisecond || c.Floor > c.Step, "between 1ms and step"},
		{"concurrency", c.Concurrency < 1, "at least 1"},
		{"timeout", c.Timeout < 0, "positive"},
		{"max_response_bytes", c.MaxResponseBytes < 1<<10, "at least 1024"},
		{"batch_spans", c.BatchSpans < 1, "at least 1"},
		{"max_amplification", c.MaxAmplification < 1, "at least 1"},
		{"tls", (c.TLS.CertFile == "") != (c.TLS.KeyFile == ""), "cert_file and key_file together"},
	} {
		if v.bad {
			return c, fmt.Errorf("jaeger: %s must be %s", v.name, v.want)
		}
	}
	return c, nil
}

// setDefault replaces a zero value.
func setDefault[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}
