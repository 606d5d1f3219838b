package zipkin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"culprit/internal/source"
	"culprit/model"
)

// Config says which Zipkin server is asked, and how.
type Config struct {
	// Endpoint is where the server answers: http(s)://host:9411 with an optional base path.
	Endpoint string `yaml:"endpoint"`
	// TLS is used for an https endpoint.
	TLS source.TLS `yaml:"tls"`
	// TokenFile holds a bearer token for a proxy before the server; TokenEnv names an
	// environment variable instead.
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
	// UI is the base URL of Zipkin's pages as people reach it. Empty: the endpoint.
	UI string `yaml:"ui"`

	source.PollConfig `yaml:",inline"`

	// Limit is how many traces one search asks for.
	Limit int `yaml:"limit"`
	// Floor is the shortest window that a search is split into.
	Floor time.Duration `yaml:"floor"`
	// MaxResponseBytes bounds one answer.
	MaxResponseBytes int64 `yaml:"max_response_bytes"`
}

// DefaultConfig asks a Zipkin server beside the service.
func DefaultConfig() Config {
	return Config{
		Endpoint:         "http://127.0.0.1:9411",
		PollConfig:       source.DefaultPollConfig(),
		Limit:            1000,
		Floor:            250 * time.Millisecond,
		MaxResponseBytes: 128 << 20,
	}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

// MarshalYAML is the configuration without the password of its URL, which New refuses.
func (c Config) MarshalYAML() (any, error) {
	type plain Config
	c.Endpoint = source.Redact(c.Endpoint)
	return plain(c), nil
}

var _ source.Source = (*Server)(nil)

// Server is a Zipkin server that is asked. One Run or Fetch at a time; Status at any time.
type Server struct {
	*source.Poller
	cfg  Config
	base string // of all requests, without a slash at the end
}

// New checks the configuration; it does not ask the server yet.
func New(cfg Config) (*Server, error) {
	d := DefaultConfig()
	source.SetDefault(&cfg.Limit, d.Limit)
	source.SetDefault(&cfg.Floor, d.Floor)
	source.SetDefault(&cfg.MaxResponseBytes, d.MaxResponseBytes)
	var err error
	if cfg.PollConfig, err = cfg.PollConfig.WithDefaults("zipkin", d.PollConfig); err != nil {
		return nil, err
	}
	err = source.Refuse("zipkin", []source.Rule{
		{Name: "limit", Bad: cfg.Limit < 1, Want: "at least 1"},
		{Name: "floor", Bad: cfg.Floor < time.Millisecond || cfg.Floor > cfg.Step, Want: "between 1ms and step"},
		{Name: "max_response_bytes", Bad: cfg.MaxResponseBytes < 1<<10, Want: "at least 1024"},
	})
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(cfg.Endpoint)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("zipkin: endpoint %q: want http(s)://host:9411", source.Redact(cfg.Endpoint))
	case u.User != nil:
		return nil, fmt.Errorf("zipkin: endpoint %s: a name and password in the address are not supported; use a token file", source.Redact(cfg.Endpoint))
	}
	_, tlsErr := cfg.TLS.Config()
	_, tokenErr := source.Secret("bearer token", cfg.TokenFile, cfg.TokenEnv)
	if err := errors.Join(tlsErr, tokenErr); err != nil {
		return nil, fmt.Errorf("zipkin: %w", err)
	}
	base := strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/")
	s := &Server{Poller: source.NewPoller("zipkin "+base, cfg.PollConfig), cfg: cfg, base: base}
	s.Speaks("Zipkin HTTP v2")
	return s, nil
}

// TraceURL is the page of a trace in Zipkin's own user interface.
func (s *Server) TraceURL(id model.TraceID) string {
	base := strings.TrimRight(s.cfg.UI, "/")
	if base == "" {
		base = s.base + "/zipkin"
	}
	return base + "/traces/" + id.String()
}

// Run reads stretch by stretch until ctx ends, and then returns nil: see
// [source.Poller.Run].
func (s *Server) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return s.Poller.Run(ctx, from, deliver, s.open)
}

// Fetch reads [from, to) once: see [source.Poller.Fetch].
func (s *Server) Fetch(ctx context.Context, from, to time.Time, deliver source.Deliver) error {
	return s.Poller.Fetch(ctx, from, to, deliver, s.open)
}
