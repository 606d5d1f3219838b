package main

import (
	"log/slog"
	"time"

	"culprit/internal/app"
)

// recordCmd keeps what is fetched.
type recordCmd struct {
	Dir string `arg:"" help:"Directory in which the recording is written: DIR/culprit.arrivals.jsonl." placeholder:"DIR"`
	fetching
	For      time.Duration `help:"How long to record; without it, until a signal comes." placeholder:"DURATION"`
	LogLevel slog.Level    `help:"Least level that is logged: DEBUG, INFO, WARN or ERROR." env:"CULPRIT_LOG_LEVEL" default:"INFO"`
}

// Help is what --help says beyond the flags.
func (*recordCmd) Help() string {
	return `Writes what is fetched in the order of its arrival, with the watermarks, so that a replay equals a
live run. To record while serving: culprit serve --record DIR.

    culprit record --jaeger http://127.0.0.1:16686 --for 10m outage
    culprit replay outage`
}

// Run records until the time is over or a signal comes.
func (c *recordCmd) Run(w *world) error {
	cfg, err := c.config()
	if err != nil {
		return usageError{err}
	}
	cfg.Record = c.Dir
	return app.Record(w.ctx, cfg, c.For, w.logger(c.LogLevel))
}
