package main

import (
	"log/slog"

	"culprit/internal/app"
)

// serveCmd is the service.
type serveCmd struct {
	fetching
	places
	judging
	NATS        *string    `name:"nats" help:"URL of your own NATS with JetStream, instead of the embedded one. Log-in and TLS are in the configuration file." env:"CULPRIT_NATS" placeholder:"URL"`
	Record      *string    `help:"Also keep what is read in this directory, so that it can be replayed." env:"CULPRIT_RECORD" placeholder:"DIR"`
	LogLevel    slog.Level `help:"Least level that is logged: DEBUG, INFO, WARN or ERROR." env:"CULPRIT_LOG_LEVEL" default:"INFO"`
	PrintConfig bool       `help:"Print the configuration that would be used, and exit."`
}

// Help is what --help says beyond the flags.
func (*serveCmd) Help() string {
	return `Incidents are published on NATS (culprit.incidents.>), served over REST and logged on
stderr. How culprit is doing, and how far it has read: GET /api/v1/status.

    culprit serve --jaeger http://127.0.0.1:16686
    culprit serve --otlp
    culprit serve --config culprit.yaml
    culprit serve --print-config > culprit.yaml

The service stops at SIGINT and SIGTERM, and goes on where it stopped when it is started again.`
}

func (c *serveCmd) config() (app.Config, error) {
	cfg, err := c.fetching.config()
	if err != nil {
		return cfg, err
	}
	c.places.apply(&cfg)
	c.judging.apply(&cfg.Engine)
	set(&cfg.NATS.URL, c.NATS)
	set(&cfg.Record, c.Record)
	return cfg, nil
}

// Run runs the service until a signal comes.
func (c *serveCmd) Run(w *world) error {
	cfg, err := c.config()
	if err != nil {
		return usageError{err}
	}
	if c.PrintConfig {
		b, err := cfg.Print()
		if err != nil {
			return err
		}
		_, err = w.stdout.Write(b)
		return err
	}
	s, err := app.New(cfg, w.logger(c.LogLevel))
	if err != nil {
		return usageError{err}
	}
	return s.Run(w.ctx)
}
