package xray

import (
	"fmt"
	"net/url"
	"time"

	"culprit/internal/source"
)

// Config says which account and region's traces are read.
type Config struct {
	// Region is the AWS region, eu-west-1. Empty: what the SDK's own chain says.
	Region string `yaml:"region"`
	// Profile is a profile of the AWS configuration files. Empty: the SDK's own chain.
	Profile string `yaml:"profile"`
	// Endpoint replaces the address of the API, for proxies, private endpoints and tests.
	Endpoint string `yaml:"endpoint"`
	// Filter is a filter expression of X-Ray: service("shop"). Empty: everything.
	Filter string `yaml:"filter"`

	source.PollConfig `yaml:",inline"`

	// RequestsPerSecond bounds the calls of the API.
	RequestsPerSecond float64 `yaml:"requests_per_second"`
	// Concurrency is how many calls run at the same time.
	Concurrency int `yaml:"concurrency"`
	// MaxTraces bounds the traces that are read of one stretch; what is beyond is counted.
	MaxTraces int `yaml:"max_traces"`
}

// DefaultConfig reads half a minute, 45 s after its end: X-Ray shows most traces within
// thirty seconds.
func DefaultConfig() Config {
	c := Config{PollConfig: source.DefaultPollConfig(), RequestsPerSecond: 10, Concurrency: 4, MaxTraces: 5000}
	c.Settle, c.SecondLook = 45*time.Second, 30*time.Second
	return c
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

// MarshalYAML prints the configuration without a password in the endpoint.
func (c Config) MarshalYAML() (any, error) {
	type plain Config
	c.Endpoint = source.Redact(c.Endpoint)
	return plain(c), nil
}

// withDefaults fills what is left out and refuses what cannot work.
func (c Config) withDefaults() (Config, error) {
	d := DefaultConfig()
	source.SetDefault(&c.RequestsPerSecond, d.RequestsPerSecond)
	source.SetDefault(&c.Concurrency, d.Concurrency)
	source.SetDefault(&c.MaxTraces, d.MaxTraces)
	var err error
	if c.PollConfig, err = c.PollConfig.WithDefaults("xray", d.PollConfig); err != nil {
		return c, err
	}
	if c.Endpoint != "" {
		if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return c, fmt.Errorf("xray: endpoint %q: want http(s)://HOST", source.Redact(c.Endpoint))
		}
	}
	return c, source.Refuse("xray", []source.Rule{
		{Name: "requests_per_second", Bad: !(c.RequestsPerSecond > 0), Want: "above 0"},
		{Name: "concurrency", Bad: c.Concurrency < 1, Want: "at least 1"},
		{Name: "max_traces", Bad: c.MaxTraces < 1, Want: "at least 1"},
		{Name: "step", Bad: c.Step > 6*time.Hour, Want: "at most 6h, which is the longest that X-Ray answers for"},
	})
}
