package main

import (
	"fmt"
	"path/filepath"

	"culprit/datasets/generate"
)

// generateCmd makes a labelled recording of a system that does not exist.
type generateCmd struct {
	Scenario string `arg:"" optional:"" help:"Name of the scenario; --list prints them."`
	Seed     uint64 `help:"Draws the system, its traffic and the place of the fault." default:"1"`
	Out      string `help:"Directory for the traces and faults.json. Default: the scenario's name and the seed." type:"path" placeholder:"DIR"`
	List     bool   `help:"Print the names of the scenarios."`
}

// Help is what --help says beyond the flags.
func (*generateCmd) Help() string {
	return `    culprit generate fault/slow-instance --seed 7 --out slow

Services, queues and databases are simulated, and so is what their faults do to each other. The same
scenario and seed give the same bytes.`
}

// Run generates and prints where the recording is.
func (c *generateCmd) Run(w *world) error {
	if c.List {
		for _, name := range generate.Names() {
			fmt.Fprintln(w.stdout, name)
		}
		return nil
	}
	if c.Scenario == "" {
		return misused("name a scenario; --list prints them")
	}
	sc, err := generate.Named(c.Scenario, c.Seed)
	if err != nil {
		return usageError{err}
	}
	dir := c.Out
	if dir == "" {
		dir = fmt.Sprintf("%s-%d", filepath.Base(c.Scenario), c.Seed)
	}
	if _, err := generate.Write(w.ctx, dir, sc); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.stdout, dir)
	return err
}
