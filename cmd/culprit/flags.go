package main

import (
	"log/slog"
	"os"
	"time"

	"golang.org/x/term"

	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/source/jaeger"
	"culprit/internal/source/otlp"
)

// judging are the flags of every command that judges.
type judging struct {
	Window   *time.Duration `help:"Length of a window of time that is judged as one. Default 30s." env:"CULPRIT_WINDOW" placeholder:"DURATION"`
	Shards   *int           `help:"How many cores take in traces side by side. Changes no result. Default: one per core." env:"CULPRIT_SHARDS" placeholder:"N"`
	MaxSpans *int           `name:"max-spans-in-memory" help:"Most spans that wait for their windows; what comes beyond it is dropped and counted." env:"CULPRIT_MAX_SPANS_IN_MEMORY" placeholder:"N"`
	Budget   *float64       `name:"false-incidents-per-day" help:"How many incidents a day may be false. Default 0.1." env:"CULPRIT_FALSE_INCIDENTS_PER_DAY" placeholder:"N"`
	TraceURL *string        `name:"trace-url" help:"Link to a trace in your tracing system's page; {trace_id} is replaced." env:"CULPRIT_TRACE_URL" placeholder:"URL"`
}

func (j *judging) apply(c *engine.Config) {
	set(&c.Window, j.Window)
	set(&c.Shards, j.Shards)
	set(&c.MaxSpans, j.MaxSpans)
	set(&c.FalseIncidentsPerDay, j.Budget)
	set(&c.TraceURL, j.TraceURL)
}

// places are the flags that say where a service listens and keeps its state.
type places struct {
	Listen     *string `help:"Address of REST. Default 127.0.0.1:7070." env:"CULPRIT_LISTEN" placeholder:"HOST:PORT"`
	NATSListen *string `name:"nats-listen" help:"Address of the embedded NATS server. Default 127.0.0.1:4222; empty listens nowhere." env:"CULPRIT_NATS_LISTEN" placeholder:"HOST:PORT"`
	Data       *string `help:"Directory in which the embedded NATS server keeps the incident log and snapshots. Default culprit-data." env:"CULPRIT_DATA" placeholder:"DIR"`
}

func (p *places) apply(c *app.Config) {
	set(&c.REST.Listen, p.Listen)
	set(&c.NATS.Listen, p.NATSListen)
	set(&c.NATS.StoreDir, p.Data)
}

// fetching are the flags that say where traces come from, in the commonest cases.
type fetching struct {
	Config   string         `help:"YAML file with the configuration." env:"CULPRIT_CONFIG" type:"path" placeholder:"FILE"`
	Jaeger   []string       `help:"A Jaeger's query service, http://HOST:16686 or grpc://HOST:16685. May repeat: each is read." env:"CULPRIT_JAEGER" placeholder:"URL"`
	OTLP     bool           `name:"otlp" help:"Receive OpenTelemetry on 127.0.0.1: gRPC on 4317, HTTP on 4318. Other addresses and limits are in the configuration file." env:"CULPRIT_OTLP"`
	JaegerUI *string        `name:"jaeger-ui" help:"Base URL of Jaeger's pages as people reach it." env:"CULPRIT_JAEGER_UI" placeholder:"URL"`
	Token    *string        `name:"jaeger-token-file" help:"File with the bearer token for Jaeger." env:"CULPRIT_JAEGER_TOKEN_FILE" placeholder:"FILE"`
	Tenant   *string        `name:"jaeger-tenant" help:"Tenant whose traces are read." env:"CULPRIT_JAEGER_TENANT" placeholder:"NAME"`
	CA       *string        `name:"jaeger-ca" help:"PEM file with the authorities to trust." env:"CULPRIT_JAEGER_CA" placeholder:"FILE"`
	Settle   *time.Duration `help:"How long after its end a stretch of time is read." env:"CULPRIT_SETTLE" placeholder:"DURATION"`
	Backfill *time.Duration `help:"How far back the first start reads." env:"CULPRIT_BACKFILL" placeholder:"DURATION"`
}

// config is the configuration that file, environment and flags make together.
func (f *fetching) config() (app.Config, error) {
	c := app.DefaultConfig()
	if f.Config != "" {
		if err := c.Load(f.Config); err != nil {
			return c, err
		}
	}
	if len(f.Jaeger) > 0 {
		c.Jaeger = nil
		for _, url := range f.Jaeger {
			j := jaeger.DefaultConfig()
			j.Endpoints = []string{url}
			c.Jaeger = append(c.Jaeger, j)
		}
	}
	if f.OTLP && len(c.OTLP) == 0 {
		c.OTLP = []otlp.Config{otlp.DefaultConfig()}
	}
	for i := range c.Jaeger {
		j := &c.Jaeger[i]
		set(&j.UI, f.JaegerUI)
		set(&j.TokenFile, f.Token)
		set(&j.Tenant, f.Tenant)
		set(&j.TLS.CAFile, f.CA)
		set(&j.Settle, f.Settle)
		set(&j.Backfill, f.Backfill)
	}
	return c, nil
}

// set overrules a value by a flag that was given.
func set[T any](at *T, flag *T) {
	if flag != nil {
		*at = *flag
	}
}

// logger writes text to a terminal and JSON to everything else.
func (w *world) logger(level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration { // JSON would show nanoseconds
			a.Value = slog.StringValue(a.Value.Duration().Round(time.Millisecond).String())
		}
		return a
	}}
	if w.onTerminal() {
		return slog.New(slog.NewTextHandler(w.stderr, o))
	}
	return slog.New(slog.NewJSONHandler(w.stderr, o))
}

// onTerminal reports whether a person may be watching stderr.
func (w *world) onTerminal() bool {
	f, ok := w.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
