package engine

import (
	"time"

	"culprit/internal/incident"
)

// Config holds the engine's settings. The zero value of a field means the default.
type Config struct {
	// Window is the base window, aligned to the clock.
	Window time.Duration `yaml:"window"`
	// Shards is how many observers work side by side. It changes no result.
	Shards int `yaml:"shards"`
	// FalseIncidentsPerDay is the budget that the alarm keeps.
	FalseIncidentsPerDay float64 `yaml:"false_incidents_per_day"`
	// History is how many healthy windows the baseline remembers.
	History int `yaml:"history"`
	// Retain is how many windows can be asked for rankings and topology.
	Retain int `yaml:"retain"`
	// SamplePerEntry is how many traces of an entry point and window are kept whole.
	SamplePerEntry int `yaml:"sample_per_entry"`
	// MaxSpans is the most spans that may wait for their window to end. Traces that
	// come beyond it are dropped and counted.
	MaxSpans int `yaml:"max_spans_in_memory"`
	// MaxSpansPerTrace cuts longer traces; the earliest spans are kept.
	MaxSpansPerTrace int `yaml:"max_spans_per_trace"`
	// TraceURL leads to a trace in the tracing system's page; {trace_id} is replaced.
	TraceURL string `yaml:"trace_url"`
	// Incident is the life cycle.
	Incident incident.Policy `yaml:"incident"`
}

// DefaultConfig returns the documented defaults.
func DefaultConfig() Config {
	return Config{
		Window:               30 * time.Second,
		Shards:               1,
		FalseIncidentsPerDay: 0.1,
		History:              120,
		Retain:               30,
		SamplePerEntry:       50,
		MaxSpans:             4_000_000,
		MaxSpansPerTrace:     100_000,
		Incident:             incident.DefaultPolicy(),
	}
}

func (c Config) filled() Config {
	d := DefaultConfig()
	def(&c.Window, d.Window)
	def(&c.Shards, d.Shards)
	def(&c.FalseIncidentsPerDay, d.FalseIncidentsPerDay)
	def(&c.History, d.History)
	def(&c.Retain, d.Retain)
	def(&c.SamplePerEntry, d.SamplePerEntry)
	def(&c.MaxSpans, d.MaxSpans)
	def(&c.MaxSpansPerTrace, d.MaxSpansPerTrace)
	return c
}

func def[T ~int | ~int64 | ~float64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
