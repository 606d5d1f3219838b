package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"culprit/detector/compare"
	"culprit/internal/app"
	"culprit/model"
)

// correlateCmd says what sets some requests apart.
type correlateCmd struct {
	looking
	Operation  string        `help:"The operation, as \"service operation\"." required:"" placeholder:"NAME"`
	SlowerThan time.Duration `help:"Choose the requests slower than this." placeholder:"DURATION"`
	Slowest    float64       `help:"Choose this share of the requests, the slowest ones. Default, if nothing else is asked for: 0.1." placeholder:"SHARE"`
	Failing    bool          `help:"Choose the requests in which it fails."`
	Since      time.Time     `help:"Choose the requests that begin at or after this time." placeholder:"TIME"`
	Until      time.Time     `help:"Choose the requests that begin before this time." placeholder:"TIME"`
	FDR        float64       `name:"fdr" help:"How many of the values told may be chance, on average." default:"0.01" placeholder:"SHARE"`
	JSON       bool          `name:"json" help:"Print JSON instead of a table."`
	Top        int           `help:"Most values to print." default:"20" placeholder:"N"`
}

// Help is what --help says beyond the flags.
func (*correlateCmd) Help() string {
	return `    culprit correlate recording/ --operation 'frontend /dispatch' --slowest 0.05
    culprit correlate recording/ --operation 'payment Charge' --failing

Compared are the emitter and the attributes of the operation's spans, of their callers, and of everything they
waited for. What is told is more frequent among the chosen requests than chance explains.`
}

// Run correlates and prints.
func (c *correlateCmd) Run(w *world) error {
	in, err := c.stretch()
	if err != nil {
		return err
	}
	switch {
	case c.Slowest < 0 || c.Slowest >= 1:
		return misused("--slowest must lie between 0 and 1")
	case c.SlowerThan < 0:
		return misused("--slower-than must be positive")
	case !c.Since.IsZero() && !c.Until.IsZero() && !c.Until.After(c.Since):
		return misused("--until %s is not after --since %s", stamp(c.Until), stamp(c.Since))
	case !(c.FDR > 0 && c.FDR < 1):
		return misused("--fdr must lie between 0 and 1")
	}
	rec, done, err := c.open(w, in)
	if err != nil {
		return err
	}
	v, err := app.Correlate(w.ctx, rec, app.CorrelateOptions{
		In: in, Operation: c.Operation, FDR: c.FDR, MaxSpans: c.MaxSpans, Shards: shards(),
		Choice: compare.Choice{SlowerThan: c.SlowerThan, Slowest: c.Slowest, Failing: c.Failing, From: c.Since, To: c.Until},
	})
	done()
	warn(w, v.Warnings)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(w.stdout, v)
	}
	return printCorrelation(w.stdout, v, c.Top)
}

// printCorrelation is a correlation for a person.
func printCorrelation(out io.Writer, v model.Correlation, top int) error {
	fmt.Fprintf(out, "%s: %d requests %s, %d others\n\n", oneLine(v.Service+" "+v.Operation), v.Selected, v.Chosen, v.Rest)
	if len(v.Attributes) == 0 {
		_, err := fmt.Fprintf(out, "nothing sets them apart, of %d values that were compared\n", v.Tried)
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tWHERE\tATTRIBUTE\tOF THE CHOSEN\tOF THE OTHERS\tLIFT\tPHI\tSURE (Q)")
	for _, a := range v.Attributes[:min(len(v.Attributes), max(top, 1))] {
		name := a.Key + "=" + a.Value
		for i, s := range a.Same {
			if i == 2 {
				name += ", ..."
				break
			}
			name += ", " + s.Key + "=" + s.Value
		}
		lift := "only these"
		if l := float64(a.Lift); !math.IsInf(l, 1) {
			lift = digits(l) + " x"
		}
		fmt.Fprintf(t, "%d\t%s %s\t%s\t%d (%.1f %%)\t%d (%.1f %%)\t%s\t%.2f\t%.2g\n", a.Rank, a.Where, oneLine(a.Service), oneLine(name),
			a.Selected, 100*float64(a.SelectedShare), a.Rest, 100*float64(a.RestShare), lift, float64(a.Phi), float64(a.Q))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(v.Attributes) - top; more > 0 {
		fmt.Fprintf(out, "and %d more\n", more)
	}
	return nil
}
