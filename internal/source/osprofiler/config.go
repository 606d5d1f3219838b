package osprofiler

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	format "culprit/internal/format/osprofiler"
	"culprit/internal/source"
)

// Config says where osprofiler keeps its notifications and how they are read.
type Config struct {
	// Store is osprofiler's connection_string: redis://host:6379/0 (rediss:// with TLS),
	// redissentinel://host:26379/0, elasticsearch://host:9200, or http(s)://host:9200 of
	// an Elasticsearch.
	Store string `yaml:"store"`
	// User overrules the one of the connection string. Empty is Redis' default user.
	User string `yaml:"user"`
	// PasswordFile holds the password; it is read again for each connection. PasswordEnv
	// names an environment variable instead. Both overrule the connection string's.
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`
	// TLS is used for rediss and https.
	TLS source.TLS `yaml:"tls"`
	// SentinelService is osprofiler's sentinel_service_name.
	SentinelService string `yaml:"sentinel_service"`
	// Index is where Elasticsearch keeps the notifications.
	Index string `yaml:"index"`

	source.PollConfig `yaml:",inline"`

	// Patience is how long a trace must have been silent, when it is read, before its
	// unfinished steps count as failed. Longer than settle: never.
	Patience time.Duration `yaml:"patience"`
	// MaxTraceNotifications bounds a trace. Of a larger one the first are read.
	MaxTraceNotifications int `yaml:"max_trace_notifications"`
	// MaxKeys is how many traces of a Redis are remembered by when they began. Of a store that
	// holds more the others are asked for it again for each stretch.
	MaxKeys int `yaml:"max_keys"`
	// MaxResponseBytes bounds one answer of Elasticsearch.
	MaxResponseBytes int64 `yaml:"max_response_bytes"`
}

// DefaultConfig reads a Redis beside the service, a minute after the end of a stretch:
// creating a VM takes longer than answering a web request.
func DefaultConfig() Config {
	c := Config{
		Store:                 "redis://127.0.0.1:6379/0",
		SentinelService:       "mymaster",
		Index:                 "osprofiler-notifications",
		PollConfig:            source.DefaultPollConfig(),
		Patience:              format.Patience,
		MaxTraceNotifications: 200_000,
		MaxKeys:               1_000_000,
		MaxResponseBytes:      64 << 20,
	}
	c.Settle = time.Minute
	return c
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *Config) UnmarshalYAML(read func(any) error) error {
	type plain Config
	*c = DefaultConfig()
	return read((*plain)(c))
}

// MarshalYAML is the configuration without the password of its URL.
func (c Config) MarshalYAML() (any, error) {
	type plain Config
	c.Store = source.Redact(c.Store)
	return plain(c), nil
}

// withDefaults fills what is left out and refuses what cannot work.
func (c Config) withDefaults() (Config, *url.URL, error) {
	d := DefaultConfig()
	source.SetDefault(&c.SentinelService, d.SentinelService)
	source.SetDefault(&c.Index, d.Index)
	source.SetDefault(&c.Patience, d.Patience)
	source.SetDefault(&c.MaxTraceNotifications, d.MaxTraceNotifications)
	source.SetDefault(&c.MaxKeys, d.MaxKeys)
	source.SetDefault(&c.MaxResponseBytes, d.MaxResponseBytes)
	var err error
	if c.PollConfig, err = c.PollConfig.WithDefaults("osprofiler", d.PollConfig); err != nil {
		return c, nil, err
	}
	u, err := url.Parse(strings.TrimSpace(c.Store))
	if err != nil || u.Host == "" {
		return c, nil, fmt.Errorf("osprofiler: store %q is no connection string; give one such as %s", source.Redact(c.Store), d.Store)
	}
	return c, u, source.Refuse("osprofiler", []source.Rule{
		{Name: "patience", Bad: c.Patience < 0, Want: "positive"},
		{Name: "max_trace_notifications", Bad: c.MaxTraceNotifications < 2, Want: "at least 2"},
		{Name: "max_keys", Bad: c.MaxKeys < 1, Want: "at least 1"},
		{Name: "max_response_bytes", Bad: c.MaxResponseBytes < 1<<10, Want: "at least 1024"},
		{Name: "index", Bad: strings.ContainsAny(c.Index, `/\*?"<>| ,#`), Want: "the name of one index"},
	})
}

// password is the one to log in with, "" if there is none.
func (c *Config) login(u *url.URL) (user, password string, err error) {
	user = u.User.Username()
	password, _ = u.User.Password()
	if c.User != "" {
		user = c.User
	}
	secret, err := source.Secret("password of osprofiler's store", c.PasswordFile, c.PasswordEnv)
	if secret != "" {
		password = secret
	}
	return user, password, err
}
