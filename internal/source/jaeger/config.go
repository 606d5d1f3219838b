package jaeger

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"culprit/internal/source"
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
	TLS source.TLS `yaml:"tls"`
	// TokenFile holds a bearer token; it is read again for each request, so that a
	// rotated token is picked up. TokenEnv names an environment variable instead.
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
	// TenantHeader names the header that carries Tenant.
	TenantHeader string `yaml:"tenant_header"`
	// Tenant is whose traces are read. Empty: no header is sent.
	Tenant string `yaml:"tenant"`
	// UI is the base URL of Jaeger's pages as people reach it. Empty: the HTTP endpoint.
	UI string `yaml:"ui"`

	source.PollConfig `yaml:",inline"`

	// Depth is how many traces one search asks for. Memory storage refuses more than
	// its max_traces; then it is halved by itself.
	Depth int `yaml:"depth"`
	// Floor is the shortest window that a search is split into.
	Floor time.Duration `yaml:"floor"`
	// Concurrency is how many searches run at the same time.
	Concurrency int `yaml:"concurrency"`
	// MaxResponseBytes bounds one answer. A trace that is larger cannot be read.
	MaxResponseBytes int64 `yaml:"max_response_bytes"`
	// ExcludeServices are not asked for: by default Jaeger's own names, since asking
	// makes it trace itself.
	ExcludeServices []string `yaml:"exclude_services"`
}

// DefaultConfig reads a Jaeger beside the service.
func DefaultConfig() Config {
	return Config{
		Endpoints:    []string{"http://127.0.0.1:16686"},
		TenantHeader: "x-tenant",
		PollConfig:   source.DefaultPollConfig(),
		Depth:        1000,
		Floor:        250 * time.Millisecond,
		Concurrency:  4,
		// 100,000 spans are 45 MB over gRPC and 126 MB as JSON.
		MaxResponseBytes: 128 << 20,
		ExcludeServices:  []string{"jaeger", "jaeger-query", "jaeger-all-in-one", "jaeger-collector"},
	}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

// MarshalYAML is the configuration without the passwords of its URLs.
func (c Config) MarshalYAML() (any, error) {
	type plain Config
	c.Endpoints = slices.Clone(c.Endpoints)
	for i, e := range c.Endpoints {
		c.Endpoints[i] = source.Redact(e)
	}
	return plain(c), nil
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
	source.SetDefault(&c.TenantHeader, d.TenantHeader)
	source.SetDefault(&c.Depth, d.Depth)
	source.SetDefault(&c.Floor, d.Floor)
	source.SetDefault(&c.Concurrency, d.Concurrency)
	source.SetDefault(&c.MaxResponseBytes, d.MaxResponseBytes)
	var err error
	if c.PollConfig, err = c.PollConfig.WithDefaults("jaeger", d.PollConfig); err != nil {
		return c, err
	}
	return c, source.Refuse("jaeger", []source.Rule{
		{Name: "depth", Bad: c.Depth < 1, Want: "at least 1"},
		{Name: "floor", Bad: c.Floor < time.Millisecond || c.Floor > c.Step, Want: "between 1ms and step"},
		{Name: "concurrency", Bad: c.Concurrency < 1, Want: "at least 1"},
		{Name: "max_response_bytes", Bad: c.MaxResponseBytes < 1<<10, Want: "at least 1024"},
	})
}
