package main

import (
	"errors"
	"fmt"
	"slices"

	"culprit/api/client"
	"culprit/model"
)

// watchCmd follows the incidents.
type watchCmd struct {
	asking
	Severity []string `help:"Only incidents of this severity: critical, major or minor. May repeat." enum:"critical,major,minor" placeholder:"SEVERITY"`
	Service  []string `help:"Only incidents that blame or affect this service. May repeat." placeholder:"NAME"`
	After    *uint64  `help:"Begin after this sequence of the incident log, the log_sequence of a list; without it, with what comes next." placeholder:"N"`
	JSON     bool     `name:"json" help:"Print JSON lines."`
}

// Help is what --help says beyond the flags.
func (*watchCmd) Help() string {
	return `Prints every incident event of a running culprit as it is published, until a signal comes. A lost connection
is made again and misses nothing that is still kept.`
}

// Run follows and prints.
func (c *watchCmd) Run(w *world) error {
	s, err := c.open()
	if err != nil {
		return err
	}
	lost := false
	for e, err := range s.Watch(w.ctx, c.After) {
		var p *model.Problem
		switch {
		case errors.As(err, &p) && p.Status < 500:
			return told(err)
		case err != nil:
			if !lost {
				fmt.Fprintf(w.stderr, "culprit: %s; trying again\n", oneLine(err.Error()))
			}
			lost = true
			continue
		}
		if lost {
			fmt.Fprintln(w.stderr, "culprit: connected again")
			lost = false
		}
		if e.Name == client.EventReset {
			fmt.Fprintln(w.stderr, "culprit: events were missed that are no longer kept: see culprit incidents")
			continue
		}
		if !c.wants(&e.Incident) {
			continue
		}
		if c.JSON {
			err = writeJSON(w.stdout, e.Incident)
		} else {
			err = printIncident(w.stdout, e.Incident)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *watchCmd) wants(in *model.Incident) bool {
	return (len(c.Severity) == 0 || slices.Contains(c.Severity, in.Severity)) &&
		(len(c.Service) == 0 || slices.ContainsFunc(c.Service, func(s string) bool { return s == in.Service() || slices.Contains(in.Affected, s) }))
}
