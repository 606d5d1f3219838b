package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"culprit/datasets/generate"
)

// generateCmd makes labelled recordings of systems that do not exist.
type generateCmd struct {
	Scenario string `arg:"" optional:"" help:"Name of a scenario or of a set of them; --list prints both."`
	Seed     uint64 `help:"Draws the system, its traffic and the place of the fault. Sets bring their own." default:"1"`
	Split    string `help:"Which half of a set: dev to develop on, final for a table that is published." enum:"dev,final" default:"dev"`
	Days     int    `help:"How many days the set called days has." default:"30"`
	Dialect  string `help:"What the tracing system records: ${dialects}. Default: OpenTelemetry's spans." placeholder:"NAME"`
	Out      string `help:"Directory for the traces and faults.json; of a set, one directory each in it. Default: the scenario's name and the seed." type:"path" placeholder:"DIR"`
	List     bool   `help:"Print the names of the scenarios and, with their sizes, of the sets."`
}

// Help is what --help says beyond the flags.
func (*generateCmd) Help() string {
	return `    culprit generate fault/slow-instance --seed 7 --out slow
    culprit generate suite --out suite && culprit score suite

Services, queues and databases are simulated, and so is what their faults do to each other. The same
scenario and seed give the same bytes. What it writes it names on stdout, a directory a line.`
}

// sets are the scenarios that belong together, by name.
func (c *generateCmd) sets() map[string][]generate.Case {
	return map[string][]generate.Case{"suite": generate.Suite(), "calm": generate.Calm(), "days": generate.Days(c.Days)}
}

// Run generates, and prints where the recordings are.
func (c *generateCmd) Run(w *world) error {
	switch {
	case c.List:
		return c.list(w)
	case c.Days < 1:
		return misused("--days %d: want at least 1", c.Days)
	case c.Scenario == "":
		return misused("name a scenario; --list prints them")
	}
	if set, ok := c.sets()[c.Scenario]; ok {
		return c.writeSet(w, set)
	}
	sc, err := c.named(c.Scenario, c.Seed)
	if err != nil {
		return usageError{err}
	}
	if c.Out == "" {
		c.Out = place(sc)
	}
	return write(w, c.Out, sc)
}

func (c *generateCmd) list(w *world) error {
	for _, name := range generate.Names() {
		fmt.Fprintln(w.stdout, name)
	}
	for _, name := range []string{"suite", "calm", "days"} {
		fmt.Fprintf(w.stdout, "%s\t%d recordings for each split\n", name, len(c.sets()[name])/2)
	}
	return nil
}

func (c *generateCmd) writeSet(w *world, set []generate.Case) error {
	if c.Out == "" {
		c.Out = c.Scenario + "-" + c.Split
	}
	for _, k := range set {
		if string(k.Split) != c.Split {
			continue
		}
		sc, err := c.named(k.Name, k.Seed)
		if err != nil {
			return err
		}
		if err := write(w, filepath.Join(c.Out, place(sc)), sc); err != nil {
			return err
		}
	}
	return nil
}

// place names the directory of a scenario.
// named is the scenario of a name and a seed in the dialect that is asked for.
func (c *generateCmd) named(name string, seed uint64) (generate.Scenario, error) {
	sc, err := generate.Named(name, seed)
	if err == nil && c.Dialect != "" && !slices.Contains(generate.Dialects(), c.Dialect) {
		err = fmt.Errorf("--dialect %s: want one of %s", c.Dialect, strings.Join(generate.Dialects(), ", "))
	}
	sc.Dialect = generate.Dialect(c.Dialect)
	return sc, err
}

func place(sc generate.Scenario) string {
	return fmt.Sprintf("%s-%d", strings.ReplaceAll(sc.Name, "/", "-"), sc.Seed)
}

func write(w *world, dir string, sc generate.Scenario) error {
	if _, err := generate.Write(w.ctx, dir, sc); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w.stdout, dir)
	return err
}
