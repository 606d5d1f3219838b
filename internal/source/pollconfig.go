package source

import (
	"fmt"
	"log/slog"
	"time"
)

// PollConfig says how a source that has to be asked reads through time.
type PollConfig struct {
	// Step is the length of a stretch. Stretches are aligned to the clock. Shorter ones
	// fetch more traces twice: those that lie across an edge.
	Step time.Duration `yaml:"step"`
	// Settle is how long after the end of a stretch it is read for the first time:
	// longer than most traces plus the exporters' batch delay (5 s by default). 0: the default.
	Settle time.Duration `yaml:"settle"`
	// SecondLook is how long after that late spans are looked for. 0: no second look.
	SecondLook time.Duration `yaml:"second_look"`
	// Backfill is how far a first start reads back.
	Backfill time.Duration `yaml:"backfill"`
	// MaxBackfill is how far a restart or the end of an outage reads back. What is
	// older is skipped with a warning.
	MaxBackfill time.Duration `yaml:"max_backfill"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"`
	// BatchSpans is how many spans are delivered at a time; a larger trace goes alone.
	BatchSpans int `yaml:"batch_spans"`
	// MaxAmplification bounds spans received / spans used, as far as the fetcher can
	// choose: looking for new owners and for late spans stays within it.
	MaxAmplification float64 `yaml:"max_amplification"`

	// Logger is told about trouble and its end. Nil: silence.
	Logger *slog.Logger `yaml:"-"`
	// Now is the clock. Nil: time.Now.
	Now func() time.Time `yaml:"-"`
}

// DefaultPollConfig reads half a minute at a time, twenty seconds after its end.
func DefaultPollConfig() PollConfig {
	return PollConfig{
		Step:             30 * time.Second,
		Settle:           20 * time.Second,
		SecondLook:       10 * time.Second,
		Backfill:         15 * time.Minute,
		MaxBackfill:      6 * time.Hour,
		Timeout:          30 * time.Second,
		BatchSpans:       20_000,
		MaxAmplification: 1.25,
	}
}

// WithDefaults fills what is left out from d and refuses what cannot work, in the
// name of a system.
func (c PollConfig) WithDefaults(system string, d PollConfig) (PollConfig, error) {
	SetDefault(&c.Step, d.Step)
	SetDefault(&c.Settle, d.Settle)
	SetDefault(&c.Backfill, d.Backfill)
	SetDefault(&c.MaxBackfill, d.MaxBackfill)
	SetDefault(&c.Timeout, d.Timeout)
	SetDefault(&c.BatchSpans, d.BatchSpans)
	SetDefault(&c.MaxAmplification, d.MaxAmplification)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, Refuse(system, []Rule{
		{"step", c.Step < time.Second, "at least 1s"},
		{"settle", c.Settle < 0, "not negative"},
		{"second_look", c.SecondLook < 0, "not negative"},
		{"backfill", c.Backfill < 0, "not negative"},
		{"max_backfill", c.MaxBackfill < c.Backfill, "at least backfill"},
		{"timeout", c.Timeout < 0, "positive"},
		{"batch_spans", c.BatchSpans < 1, "at least 1"},
		{"max_amplification", c.MaxAmplification < 1, "at least 1"},
	})
}

// Rule is what a setting must be.
type Rule struct {
	Name string
	Bad  bool
	Want string
}

// Refuse is the error of the first rule that is broken, nil if none is.
func Refuse(system string, rules []Rule) error {
	for _, r := range rules {
		if r.Bad {
			return fmt.Errorf("%s: %s must be %s", system, r.Name, r.Want)
		}
	}
	return nil
}

// SetDefault replaces a zero value.
func SetDefault[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}
