package cloudtrace

import (
	"errors"
	"time"

	"culprit/internal/source"
)

// Config says which project's traces are read.
type Config struct {
	// Project is the ID of the Google Cloud project.
	Project string `yaml:"project"`
	// CredentialsFile holds the key of a service account that may read traces
	// (roles/cloudtrace.user). Empty: Google's default credentials.
	CredentialsFile string `yaml:"credentials_file"`
	// Endpoint replaces the address of the API, HOST:PORT. Insecure means without TLS and
	// credentials, for emulators and tests on this machine.
	Endpoint string `yaml:"endpoint"`
	Insecure bool   `yaml:"insecure"`
	// Filter is a filter of ListTraces: +root:/checkout. Empty: everything.
	Filter string `yaml:"filter"`

	source.PollConfig `yaml:",inline"`

	// RequestsPerSecond bounds the calls of the API.
	RequestsPerSecond float64 `yaml:"requests_per_second"`
	// PageSize is how many traces a page holds at most.
	PageSize int `yaml:"page_size"`
	// MaxTraces bounds the traces that are read of one stretch; what is beyond is counted.
	MaxTraces int `yaml:"max_traces"`
	// MaxResponseBytes bounds one page. A larger one is asked for in smaller pages.
	MaxResponseBytes int `yaml:"max_response_bytes"`
}

// DefaultConfig reads half a minute, 45 s after its end: traces show up within half a
// minute of being sent.
func DefaultConfig() Config {
	c := Config{PollConfig: source.DefaultPollConfig(), RequestsPerSecond: 2, PageSize: 250, MaxTraces: 5000, MaxResponseBytes: 64 << 20}
	c.Settle, c.SecondLook = 45*time.Second, 30*time.Second
	return c
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

// withDefaults fills what is left out and refuses what cannot work.
func (c Config) withDefaults() (Config, error) {
	d := DefaultConfig()
	source.SetDefault(&c.RequestsPerSecond, d.RequestsPerSecond)
	source.SetDefault(&c.PageSize, d.PageSize)
	source.SetDefault(&c.MaxTraces, d.MaxTraces)
	source.SetDefault(&c.MaxResponseBytes, d.MaxResponseBytes)
	if c.Project == "" {
		return c, errors.New("cloudtrace: no project is given; name its ID")
	}
	if c.Insecure && c.CredentialsFile != "" {
		return c, errors.New("cloudtrace: insecure and credentials_file do not go together: the key would be sent in the clear")
	}
	var err error
	if c.PollConfig, err = c.PollConfig.WithDefaults("cloudtrace", d.PollConfig); err != nil {
		return c, err
	}
	return c, source.Refuse("cloudtrace", []source.Rule{
		{Name: "insecure", Bad: c.Insecure && c.Endpoint == "", Want: "beside an endpoint"},
		{Name: "requests_per_second", Bad: !(c.RequestsPerSecond > 0), Want: "above 0"},
		{Name: "page_size", Bad: c.PageSize < 1 || c.PageSize > 10_000, Want: "1 to 10000"},
		{Name: "max_traces", Bad: c.MaxTraces < 1, Want: "at least 1"},
		{Name: "max_response_bytes", Bad: c.MaxResponseBytes < 1<<10, Want: "at least 1024"},
	})
}
