package main

import (
	"runtime"
	"time"

	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/source/jaeger"
)

// looking are the arguments of every command that looks at a stretch of a recording, or of
// what a Jaeger holds.
type looking struct {
	Paths    []string  `arg:"" optional:"" name:"path" help:"Recordings: files, or directories that are searched for them." type:"path"`
	Jaeger   string    `help:"Read what a Jaeger holds instead: its query service, http://HOST:16686 or grpc://HOST:16685." placeholder:"URL"`
	Token    string    `name:"jaeger-token-file" help:"File with the bearer token for Jaeger." env:"CULPRIT_JAEGER_TOKEN_FILE" placeholder:"FILE"`
	Tenant   string    `name:"jaeger-tenant" help:"Tenant whose traces are read." env:"CULPRIT_JAEGER_TENANT" placeholder:"NAME"`
	CA       string    `name:"jaeger-ca" help:"PEM file with the authorities to trust." env:"CULPRIT_JAEGER_CA" placeholder:"FILE"`
	From     time.Time `help:"Only traces that begin at or after this time, RFC 3339. Default: all of a recording; the last 15 minutes of a Jaeger." placeholder:"TIME"`
	To       time.Time `help:"Only traces that begin before this time." placeholder:"TIME"`
	Format   string    `help:"Format of the files, when it is not to be recognised by content: ${formats}." placeholder:"NAME"`
	Strict   bool      `help:"Refuse a recording with any bad record."`
	MaxSpans int       `name:"max-spans-in-memory" help:"Most spans that wait for the rest of their traces." placeholder:"N" default:"1000000"`
}

// lately is how far back a Jaeger is read when no time is given.
const lately = 15 * time.Minute

// stretch is the stretch that was asked for.
func (l *looking) stretch() (engine.Stretch, error) {
	in := engine.Stretch{From: l.From, To: l.To}
	if !in.From.IsZero() && !in.To.IsZero() && !in.To.After(in.From) {
		return in, misused("--to %s is not after --from %s", stamp(in.To), stamp(in.From))
	}
	return in, nil
}

// check says what is wrong with the arguments.
func (l *looking) check() error {
	paths := len(l.Paths) > 0
	switch {
	case paths && l.Jaeger != "":
		return misused("name recordings or --jaeger, not both")
	case !paths && l.Jaeger == "":
		return misused("name a recording, or a Jaeger with --jaeger http://HOST:16686")
	case l.MaxSpans <= 0:
		return misused("--max-spans-in-memory must be positive")
	}
	return nil
}

// open opens what is to be read between the earliest and the latest time of some
// stretches. done ends the progress bar.
func (l *looking) open(w *world, stretches ...engine.Stretch) (rec app.Recording, done func(), err error) {
	if err := l.check(); err != nil {
		return nil, func() {}, err
	}
	if len(l.Paths) > 0 {
		r := reading{Paths: l.Paths, Format: l.Format, Strict: l.Strict}
		return r.open(w)
	}
	cfg := jaeger.DefaultConfig()
	cfg.Endpoints = []string{l.Jaeger}
	cfg.TokenFile, cfg.Tenant, cfg.TLS.CAFile = l.Token, l.Tenant, l.CA
	now := time.Now().UTC()
	var all engine.Stretch
	for _, s := range stretches {
		if s.To.IsZero() {
			s.To = now
		}
		if s.From.IsZero() {
			s.From = s.To.Add(-lately)
		}
		if all.From.IsZero() || s.From.Before(all.From) {
			all.From = s.From
		}
		if s.To.After(all.To) {
			all.To = s.To
		}
	}
	rec, err = app.JaegerStretch(cfg, all)
	return rec, func() {}, err
}

// shards is how many cores convert side by side.
func shards() int { return runtime.GOMAXPROCS(0) }
