package zipkin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// TopicConfig says where on Kafka spans are.
type TopicConfig struct {
	// Brokers are the addresses of some of Kafka's brokers, HOST:PORT.
	Brokers []string `yaml:"brokers"`
	// Topic is where the clients put their spans.
	Topic string `yaml:"topic"`
	// Group is the consumer group. Two culprits of one group share the partitions, and
	// with them traces, which neither sees whole: give each its own.
	Group string `yaml:"group"`
	// Encrypted connects with TLS, as TLS says.
	Encrypted bool       `yaml:"encrypted"`
	TLS       source.TLS `yaml:"tls"`
	// Mechanism is how we say who we are: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or none.
	Mechanism string `yaml:"mechanism"`
	User      string `yaml:"user"`
	// PasswordFile holds the password; PasswordEnv names an environment variable instead.
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`

	// The rest is as in [receive.Config].
	Settle          time.Duration `yaml:"settle"`
	MaxAhead        time.Duration `yaml:"max_ahead"`
	QueueSpans      int           `yaml:"queue_spans"`
	QueueBytes      int64         `yaml:"queue_bytes"`
	SpansPerSecond  int           `yaml:"spans_per_second"`
	MaxMessageBytes int64         `yaml:"max_message_bytes"`

	// Logger is told about trouble and its end. Nil: silence.
	Logger *slog.Logger `yaml:"-"`
}

// DefaultTopicConfig reads what Zipkin's own collector would read.
func DefaultTopicConfig() TopicConfig {
	d := receive.DefaultConfig()
	return TopicConfig{
		Brokers: []string{"127.0.0.1:9092"}, Topic: "zipkin", Group: "culprit",
		Settle: d.Settle, MaxAhead: d.MaxAhead, QueueSpans: d.QueueSpans, QueueBytes: d.QueueBytes,
		SpansPerSecond: d.SpansPerSecond, MaxMessageBytes: d.MaxMessageBytes,
	}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *TopicConfig) UnmarshalYAML(read func(any) error) error {
	type plain TopicConfig
	*c = DefaultTopicConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Topic)(nil)

// Topic takes spans from Kafka. Like a receiver it delivers what comes; unlike one it
// does not ask for more than it has room for, so nobody is refused.
type Topic struct {
	cfg   TopicConfig
	inbox *receive.Inbox
}

// NewTopic checks the configuration; it does not connect yet.
func NewTopic(cfg TopicConfig) (*Topic, error) {
	d := DefaultTopicConfig()
	source.SetDefault(&cfg.Topic, d.Topic)
	source.SetDefault(&cfg.Group, d.Group)
	source.SetDefault(&cfg.MaxMessageBytes, d.MaxMessageBytes)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if len(cfg.Brokers) == 0 {
		return nil, errors.New("zipkin on kafka: no broker is given; name one such as 127.0.0.1:9092")
	}
	for _, b := range cfg.Brokers {
		if err := receive.CheckAddress("brokers", b); err != nil {
			return nil, fmt.Errorf("zipkin on kafka: %w", err)
		}
	}
	inbox, err := receive.New("zipkin_kafka "+strings.Join(cfg.Brokers, ",")+"/"+cfg.Topic, "Zipkin v1 and v2 over Kafka", receive.Config{
		Settle: cfg.Settle, MaxAhead: cfg.MaxAhead, QueueSpans: cfg.QueueSpans, QueueBytes: cfg.QueueBytes,
		SpansPerSecond: cfg.SpansPerSecond, MaxMessageBytes: cfg.MaxMessageBytes, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	t := &Topic{cfg: cfg, inbox: inbox}
	if _, err := t.options(); err != nil {
		return nil, fmt.Errorf("zipkin on kafka: %w", err)
	}
	return t, nil
}

// options are those of the client.
func (t *Topic) options() ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(t.cfg.Brokers...),
		kgo.ClientID("culprit"),
		kgo.ConsumerGroup(t.cfg.Group),
		kgo.ConsumeTopics(t.cfg.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()), // a new group has no past, like a receiver
		kgo.AutoCommitMarks(),
		kgo.BlockRebalanceOnPoll(),
		kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(fetchBytes),
		kgo.FetchMaxWait(time.Second),
	}
	if t.cfg.Encrypted {
		c, err := t.cfg.TLS.Config()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(c))
	}
	if t.cfg.Mechanism == "" {
		return opts, nil
	}
	password, err := source.Secret("password for kafka", t.cfg.PasswordFile, t.cfg.PasswordEnv)
	if err != nil {
		return nil, err
	}
	switch t.cfg.Mechanism {
	case "PLAIN":
		opts = append(opts, kgo.SASL(plain.Auth{User: t.cfg.User, Pass: password}.AsMechanism()))
	case "SCRAM-SHA-256":
		opts = append(opts, kgo.SASL(scram.Auth{User: t.cfg.User, Pass: password}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		opts = append(opts, kgo.SASL(scram.Auth{User: t.cfg.User, Pass: password}.AsSha512Mechanism()))
	default:
		return nil, fmt.Errorf("mechanism %q is unknown; use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", t.cfg.Mechanism)
	}
	return opts, nil
}

const (
	// fetchBytes is how much is asked for at a time; clients batch a megabyte at most.
	fetchBytes = 8 << 20
	// pollRecords is how many messages are in hand at a time.
	pollRecords = 100
	// patience is how long nothing may come before the brokers are asked whether they are
	// there, and how long they have to answer.
	patience = 5 * time.Second
	// pause is how long to wait after trouble: the client connects again by itself.
	pause = time.Second
)

// Run takes and delivers until ctx ends.
func (t *Topic) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	return t.inbox.Run(ctx, deliver, t.consume)
}

// consume polls until ctx ends. A message is marked as read when it is in the queue.
func (t *Topic) consume(ctx context.Context) error {
	opts, err := t.options()
	if err != nil {
		return fmt.Errorf("zipkin on kafka: %w", err)
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return fmt.Errorf("zipkin on kafka: %w", err)
	}
	defer client.CloseAllowingRebalance()
	for ctx.Err() == nil {
		t.poll(ctx, client)
		client.AllowRebalance()
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := client.CommitMarkedOffsets(last); err != nil {
		t.cfg.Logger.Warn("what was read from kafka is not marked there, and will be read again", "error", err)
	}
	return nil
}

// poll takes what there is. When nothing comes it asks whether anybody is there: the
// client tries again for ever by itself.
func (t *Topic) poll(ctx context.Context, client *kgo.Client) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fetches := client.PollRecords(short, pollRecords)
	var trouble error
	fetches.EachError(func(topic string, partition int32, err error) {
		if short.Err() == nil {
			trouble = fmt.Errorf("reading %s: %w", topic, err)
		}
	})
	if fetches.NumRecords() == 0 && ctx.Err() == nil && trouble == nil {
		ask, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		trouble = client.Ping(ask)
	}
	if ctx.Err() != nil {
		return
	}
	if trouble != nil {
		t.inbox.Down(fmt.Errorf("kafka: %w", trouble))
		_ = sleep(ctx, pause)
		return
	}
	t.inbox.Down(nil)
	for it := fetches.RecordIter(); !it.Done() && ctx.Err() == nil; {
		if record := it.Next(); t.take(ctx, record.Value) {
			client.MarkCommitRecords(record)
		}
	}
}

// take queues a message and waits while there is no room. It reports whether the message
// is done with, which one that cannot be read is too.
func (t *Topic) take(ctx context.Context, value []byte) bool {
	decode := func(raw []byte) (ptrace.Traces, error) { return read(raw, t.inbox.BadSpan) }
	for {
		_, err := t.inbox.Take(ctx, func() ([]byte, error) {
			if int64(len(value)) > t.cfg.MaxMessageBytes {
				return nil, &receive.Bad{Err: receive.ErrTooLarge}
			}
			return value, nil
		}, decode)
		var full *receive.Full
		if !errors.As(err, &full) {
			return ctx.Err() == nil
		}
		if !sleep(ctx, full.After) {
			return false
		}
	}
}

// sleep waits, and reports whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Status is how taking goes.
func (t *Topic) Status() model.SourceStatus { return t.inbox.Status() }
