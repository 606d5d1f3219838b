package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"culprit/datasets"
	"culprit/internal/app"
	"culprit/model"
)

// demoCmd plays an outage.
type demoCmd struct {
	places
	Dir    string  `arg:"" optional:"" help:"Another labelled recording of culprit's own to play: a directory with culprit.arrivals.jsonl and faults.json." type:"existingdir" placeholder:"DIR"`
	Config string  `help:"YAML file with the configuration; its sources of traces are left out." env:"CULPRIT_CONFIG" type:"path" placeholder:"FILE"`
	Record *string `help:"Also keep what is played in this directory, so that it can be replayed and scored." env:"CULPRIT_RECORD" placeholder:"DIR"`
	Speed  speed   `help:"How many times as fast as it was, or max." default:"100" placeholder:"N|max"`
}

// Help is what --help says beyond the flags.
func (*demoCmd) Help() string {
	return `Plays a recording of HotROD, Jaeger's demonstration application, in which a database becomes slow:
every incident is printed as it is published, with its causes and reasons, and in the end whether
the culprit that the recording's label names was found. Then it goes on serving: try
curl http://127.0.0.1:7070/api/v1/incidents. Ctrl-C ends it.

Its state is kept in a temporary directory, unless --data names one.`
}

// Run plays and serves until a signal comes.
func (c *demoCmd) Run(w *world) (err error) {
	cfg := app.DefaultConfig()
	if c.Config != "" {
		if err := cfg.Load(c.Config); err != nil {
			return usageError{err}
		}
		cfg.Systems = app.DefaultConfig().Systems
	}
	c.places.apply(&cfg)
	set(&cfg.Record, c.Record)
	pack := datasets.DemoPack()
	if c.Dir != "" {
		pack = datasets.Pack{FS: os.DirFS(c.Dir), Dir: "."}
	}
	if c.Data == nil {
		dir, err := os.MkdirTemp("", "culprit-demo-")
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		cfg.NATS.StoreDir = dir
	}
	say := func(format string, args ...any) { fmt.Fprintf(w.stdout, format, args...) }
	return app.Demo{
		Config: cfg,
		Pack:   pack,
		Speed:  float64(c.Speed),
		Log:    w.logger(slog.LevelWarn),
		Ready: func(rest net.Addr, nats string) {
			say("An outage of HotROD is played through the live service. REST: http://%s  NATS: %s\n\n", rest, nats)
		},
		Told: func(in model.Incident) {
			if err := printIncident(w.stdout, in); err == nil {
				say("\n")
			}
		},
		Ended: func(os []app.Outcome) { printOutcomes(w.stdout, os) },
	}.Run(w.ctx)
}

// printOutcomes says whether the culprits were named.
func printOutcomes(out io.Writer, os []app.Outcome) {
	for _, o := range os {
		fmt.Fprintf(out, "The label says: %s, %s to %s.\n", oneLine(o.Fault.Note), stamp(o.Fault.From), stamp(o.Fault.To))
		switch {
		case o.Incident == nil:
			fmt.Fprintln(out, "No incident told of it.")
		case o.Rank == 0:
			fmt.Fprintf(out, "Incident %s told of something, but not of the culprit.\n", o.Incident.ID)
		default:
			fmt.Fprintf(out, "The culprit was named: %s, at rank %d of incident %s.\n", where(o.Incident.Suspects[o.Rank-1]), o.Rank, o.Incident.ID)
		}
	}
	fmt.Fprintln(out, "\nThe recording is over; culprit goes on serving. Ctrl-C ends it.")
}
