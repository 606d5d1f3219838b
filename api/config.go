package api

import (
	"fmt"
	"time"
)

// Config says where and within which limits REST is served. Fields left zero take
// the value of [DefaultConfig].
type Config struct {
	// Listen is the address that the caller of [Server.Serve] listens on.
	Listen string `yaml:"listen"`
	// Hosts are further Host names to answer to while listening on a loopback address.
	// There only localhost and loopback addresses are answered otherwise, so that no web
	// page can reach the service through a name of its own (DNS rebinding).
	Hosts []string `yaml:"hosts"`
	// MaxBody is the most bytes of a request body.
	MaxBody int64 `yaml:"max_body"`
	// MaxRankings is how many rankings are computed at the same time; one more
	// waits, then is told to come back.
	MaxRankings int `yaml:"max_rankings"`
	// RankingTimeout bounds the wait for a place and the ranking itself.
	RankingTimeout time.Duration `yaml:"ranking_timeout"`
	// MaxStreams is how many clients may follow the events at the same time.
	MaxStreams int `yaml:"max_streams"`
	// KeepAlive is how often a silent event stream says that it is alive.
	KeepAlive time.Duration `yaml:"keep_alive"`
	// WriteTimeout is how long a client may take to accept an answer, or one batch
	// of events.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// Grace is how long requests under way may take once the service stops.
	Grace time.Duration `yaml:"grace"`
}

// DefaultConfig is what a Config means that says nothing.
func DefaultConfig() Config {
	return Config{
		Listen:         "127.0.0.1:7070",
		MaxBody:        64 << 10,
		MaxRankings:    2,
		RankingTimeout: 30 * time.Second,
		MaxStreams:     100,
		KeepAlive:      15 * time.Second,
		WriteTimeout:   45 * time.Second,
		Grace:          5 * time.Second,
	}
}

func (c Config) complete() (Config, error) {
	d := DefaultConfig()
	if c.Listen == "" {
		c.Listen = d.Listen
	}
	for _, f := range []struct {
		name string
		v    *time.Duration
		def  time.Duration
	}{
		{"ranking_timeout", &c.RankingTimeout, d.RankingTimeout},
		{"keep_alive", &c.KeepAlive, d.KeepAlive},
		{"write_timeout", &c.WriteTimeout, d.WriteTimeout},
		{"grace", &c.Grace, d.Grace},
	} {
		if err := orDefault(f.name, f.v, f.def); err != nil {
			return c, err
		}
	}
	if err := orDefault("max_body", &c.MaxBody, d.MaxBody); err != nil {
		return c, err
	}
	if err := orDefault("max_rankings", &c.MaxRankings, d.MaxRankings); err != nil {
		return c, err
	}
	if err := orDefault("max_streams", &c.MaxStreams, d.MaxStreams); err != nil {
		return c, err
	}
	if c.RankingTimeout >= c.WriteTimeout {
		return c, fmt.Errorf("api: ranking_timeout %v must be shorter than write_timeout %v, or no answer could say that it was too long", c.RankingTimeout, c.WriteTimeout)
	}
	return c, nil
}

func orDefault[T int | int64 | time.Duration](name string, v *T, def T) error {
	if *v < 0 {
		return fmt.Errorf("api: %s must not be negative, is %v", name, *v)
	}
	if *v == 0 {
		*v = def
	}
	return nil
}
