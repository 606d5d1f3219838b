package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/render"
	"culprit/model"
)

// rankCmd ranks the causes of what happened in a stretch of a recording.
type rankCmd struct {
	reading
	judging
	From         time.Time   `help:"Beginning of the stretch, RFC 3339." required:"" placeholder:"TIME"`
	To           time.Time   `help:"End of the stretch (not part of it)." required:"" placeholder:"TIME"`
	BaselineFrom []time.Time `help:"Beginning of a healthy stretch; may repeat, each with its --baseline-to. Default: what the recording holds before --from, or after --to where nothing is before." placeholder:"TIME"`
	BaselineTo   []time.Time `help:"End of a healthy stretch." placeholder:"TIME"`
	Method       string      `help:"Method of ranking: ${methods}." enum:"${methods}" default:"culprit"`
	JSON         bool        `name:"json" help:"Print JSON instead of a table."`
}

// Help is what --help says beyond the flags.
func (*rankCmd) Help() string {
	return `    culprit rank outage.otlp.jsonl.zst --from 2026-01-02T12:00:00Z --to 2026-01-02T12:05:00Z

Every service seen in the stretch gets at least one suspect, however weak. Whether anything happened
at all is said first.`
}

func (c *rankCmd) stretches() (now engine.Stretch, healthy []engine.Stretch, err error) {
	now = engine.Stretch{From: c.From, To: c.To}
	if !c.To.After(c.From) {
		return now, nil, misused("--to %s is not after --from %s", stamp(c.To), stamp(c.From))
	}
	healthy, err = healthyStretches(c.BaselineFrom, c.BaselineTo)
	return now, healthy, err
}

// healthyStretches pairs the ends of stretches in which all was as usual.
func healthyStretches(froms, tos []time.Time) (out []engine.Stretch, err error) {
	if len(froms) != len(tos) {
		return nil, misused("%d --baseline-from and %d --baseline-to: give them in pairs", len(froms), len(tos))
	}
	for i, from := range froms {
		if !tos[i].After(from) {
			return nil, misused("--baseline-to %s is not after --baseline-from %s", stamp(tos[i]), stamp(from))
		}
		out = append(out, engine.Stretch{From: from, To: tos[i]})
	}
	return out, nil
}

// Run ranks and prints.
func (c *rankCmd) Run(w *world) error {
	now, healthy, err := c.stretches()
	if err != nil {
		return err
	}
	cfg := c.reading.engine()
	c.judging.apply(&cfg)
	rec, done, err := c.reading.open(w)
	if err != nil {
		return err
	}
	r, err := app.Rank(w.ctx, rec, cfg, c.Method, now, healthy)
	done()
	if err != nil {
		return err
	}
	warn(w, r.Warnings)
	if c.JSON {
		return writeJSON(w.stdout, r)
	}
	return printRanking(w.stdout, r)
}

// printRanking is a ranking for a person.
func printRanking(out io.Writer, r model.Ranking) error {
	verdict := "nothing unusual"
	if r.Anomalous {
		verdict = "something is wrong"
	}
	fmt.Fprintf(out, "%s to %s: %s\n\n", stamp(r.From), stamp(r.To), verdict)
	if len(r.Suspects) == 0 {
		_, err := fmt.Fprintln(out, "no spans in this stretch")
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RANK\tSUSPECT\tKIND\tSCORE\tCONFIDENCE\tREASON")
	for _, s := range r.Suspects {
		fmt.Fprintf(t, "%d\t%s\t%s\t%.3g\t%.0f %%\t%s\n", s.Rank, where(s), s.Kind, float64(s.Score), 100*float64(s.Confidence), oneLine(s.Reason))
	}
	return t.Flush()
}

// where names what a suspect names.
func where(s model.Suspect) string { return oneLine(s.Where()) }

// oneLine makes foreign text safe for a line on a terminal.
func oneLine(s string) string { return render.Line(s) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
