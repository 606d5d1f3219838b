package receive

import (
	"fmt"
	"log/slog"
	"time"

	"culprit/internal/source"
)

// Config is what every receiver can be told, beside where it listens. It is part of each
// receiver's own configuration, `yaml:",inline"`.
type Config struct {
	// Settle is how long the spans of a trace may take to come after the window has ended
	// in which the trace begins: longer than most traces and the senders' batch delay.
	Settle time.Duration `yaml:"settle"`
	// MaxAhead is how far a sender's clock may run ahead of ours.
	MaxAhead time.Duration `yaml:"max_ahead"`

	// QueueSpans and QueueBytes (as protobuf; in memory it is some five times as much) bound
	// what waits to be delivered. Beyond it senders are told to come again.
	QueueSpans int   `yaml:"queue_spans"`
	QueueBytes int64 `yaml:"queue_bytes"`
	// SpansPerSecond is how many spans are taken in a second, on average.
	SpansPerSecond int `yaml:"spans_per_second"`
	// MaxMessageBytes bounds one message, unpacked.
	MaxMessageBytes int64 `yaml:"max_message_bytes"`
	// Concurrency is how many messages are read and decoded at the same time.
	Concurrency int `yaml:"concurrency"`
	// MaxConnections is how many connections are open at the same time, for each address.
	MaxConnections int `yaml:"max_connections"`
	// Timeout bounds how long a message may take to come in.
	Timeout time.Duration `yaml:"timeout"`

	// TLS encrypts what senders send. Without it anyone on the way can read along.
	TLS TLS `yaml:"tls"`
	// TokenFile holds the token that senders must bring: authorization: Bearer TOKEN. It
	// is read again every few seconds. TokenEnv names an environment variable instead.
	// Neither: anybody who reaches the port may send.
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`

	// Logger is told about trouble and its end. Nil: silence.
	Logger *slog.Logger `yaml:"-"`
	// Now is the clock. Nil: time.Now.
	Now func() time.Time `yaml:"-"`
}

// DefaultConfig takes in what one process can judge.
func DefaultConfig() Config {
	return Config{
		Settle:          20 * time.Second,
		MaxAhead:        time.Minute,
		QueueSpans:      200_000,
		QueueBytes:      64 << 20,
		SpansPerSecond:  200_000,
		MaxMessageBytes: 16 << 20,
		Concurrency:     16,
		MaxConnections:  1000,
		Timeout:         30 * time.Second,
	}
}

// withDefaults fills what is left out and refuses what cannot work. system is the name
// in its errors.
func (c Config) withDefaults(system string) (Config, error) {
	d := DefaultConfig()
	source.SetDefault(&c.Settle, d.Settle)
	source.SetDefault(&c.MaxAhead, d.MaxAhead)
	source.SetDefault(&c.QueueSpans, d.QueueSpans)
	source.SetDefault(&c.QueueBytes, d.QueueBytes)
	source.SetDefault(&c.SpansPerSecond, d.SpansPerSecond)
	source.SetDefault(&c.MaxMessageBytes, d.MaxMessageBytes)
	source.SetDefault(&c.Concurrency, d.Concurrency)
	source.SetDefault(&c.MaxConnections, d.MaxConnections)
	source.SetDefault(&c.Timeout, d.Timeout)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := source.Refuse(system, []source.Rule{
		{Name: "settle", Bad: c.Settle < 0, Want: "not negative"},
		{Name: "max_ahead", Bad: c.MaxAhead < 0, Want: "not negative"},
		{Name: "queue_spans", Bad: c.QueueSpans < 1, Want: "at least 1"},
		{Name: "queue_bytes", Bad: c.QueueBytes < 1, Want: "at least 1"},
		{Name: "spans_per_second", Bad: c.SpansPerSecond < 1, Want: "at least 1"},
		{Name: "max_message_bytes", Bad: c.MaxMessageBytes < 1<<10 || c.MaxMessageBytes > 1<<30, Want: "1024 to 1 GiB"},
		{Name: "concurrency", Bad: c.Concurrency < 1, Want: "at least 1"},
		{Name: "max_connections", Bad: c.MaxConnections < 1, Want: "at least 1"},
		{Name: "timeout", Bad: c.Timeout < 0, Want: "positive"},
		{Name: "tls", Bad: (c.TLS.CertFile == "") != (c.TLS.KeyFile == ""), Want: "cert_file and key_file together"},
		{Name: "tls", Bad: c.TLS.ClientCAFile != "" && c.TLS.CertFile == "", Want: "client_ca_file beside cert_file and key_file"},
	}); err != nil {
		return c, err
	}
	if _, err := c.TLS.load(); err != nil {
		return c, fmt.Errorf("%s: %w", system, err)
	}
	if _, err := c.token(); err != nil {
		return c, fmt.Errorf("%s: %w", system, err)
	}
	return c, nil
}
