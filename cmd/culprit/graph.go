package main

import (
	"fmt"
	"time"

	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/render/topology"
	"culprit/model"
)

// graphCmd draws who calls whom.
type graphCmd struct {
	looking
	Against      []string  `help:"Recordings of the earlier side, to draw what changed since." type:"path" placeholder:"PATH" sep:"none"`
	BaselineFrom time.Time `help:"Beginning of an earlier stretch, to draw what changed since." placeholder:"TIME"`
	BaselineTo   time.Time `help:"End of the earlier stretch." placeholder:"TIME"`
	Output       string    `name:"output" short:"o" help:"dot (for Graphviz), mermaid, json or svg." enum:"dot,mermaid,json,svg" default:"dot"`
}

// Help is what --help says beyond the flags.
func (*graphCmd) Help() string {
	return `    culprit graph recording/ --output svg > services.svg
    culprit graph recording/ --against before/ --output mermaid

Of two stretches it draws both laid over each other: what is new or gone, and whose median moved by a quarter.
Whether that is chance says culprit compare.`
}

// Run reads and draws.
func (c *graphCmd) Run(w *world) error {
	now, err := c.stretch()
	if err != nil {
		return err
	}
	before, err := stretchBetween("--baseline-", c.BaselineFrom, c.BaselineTo)
	if err != nil {
		return err
	}
	usual := before != engine.Stretch{}
	stretches := []engine.Stretch{now}
	if usual && len(c.Against) == 0 {
		stretches = append(stretches, before)
	}
	all, err := c.topologies(w, &c.looking, stretches)
	if err != nil {
		return err
	}
	if len(c.Against) > 0 {
		other := c.looking
		other.Paths, other.Jaeger = c.Against, ""
		more, err := c.topologies(w, &other, []engine.Stretch{before})
		if err != nil {
			return err
		}
		all = append(all, more...)
	}
	g := topology.Of(all[0])
	title := fmt.Sprintf("who calls whom, %s to %s", stamp(all[0].From), stamp(all[0].To))
	if len(all) > 1 {
		g = topology.Between(all[1], all[0])
		title += fmt.Sprintf(", against %s to %s", stamp(all[1].From), stamp(all[1].To))
	}
	switch c.Output {
	case "json":
		return writeJSON(w.stdout, g)
	case "mermaid":
		return g.Mermaid(w.stdout)
	case "svg":
		return g.SVG(w.stdout, title)
	default:
		return g.DOT(w.stdout)
	}
}

func (c *graphCmd) topologies(w *world, from *looking, stretches []engine.Stretch) ([]model.Topology, error) {
	rec, done, err := from.open(w, stretches...)
	if err != nil {
		return nil, err
	}
	all, warnings, err := app.Topology(w.ctx, rec, from.MaxSpans, shards(), stretches...)
	done()
	warn(w, warnings)
	return all, err
}
