package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/render/flame"
	"culprit/model"
)

// criticalpathCmd says what requests spend their time in.
type criticalpathCmd struct {
	looking
	Operation    string    `help:"Entry point, as \"service operation\" or \"service\". Default: all." placeholder:"NAME"`
	Faster       []string  `help:"What would be gained if an operation spent less time by itself: \"mysql SQL SELECT=20%\". May repeat; -50% is slower. Default: each of the first ones, by 20 %." placeholder:"NAME=SHARE" sep:"none"`
	BaselineFrom time.Time `help:"Beginning of a stretch to show the difference from." placeholder:"TIME"`
	BaselineTo   time.Time `help:"End of that stretch." placeholder:"TIME"`
	Output       string    `name:"output" short:"o" help:"table; json; folded (for speedscope and FlameGraph); pprof (for go tool pprof); svg (a flame graph)." enum:"table,json,folded,pprof,svg" default:"table"`
	Top          int       `help:"Most lines of a table." default:"15" placeholder:"N"`
}

// Help is what --help says beyond the flags.
func (*criticalpathCmd) Help() string {
	return `    culprit criticalpath recording/ --operation 'frontend /dispatch'
    culprit criticalpath recording/ --faster 'mysql SQL SELECT=50%'
    culprit criticalpath recording/ --output svg > flame.svg

An operation is on the critical path of a request while it works and everything above it waits for it: only
there does being faster help. What it would help is found by replaying each request with that operation faster.`
}

// changes reads --faster.
func (c *criticalpathCmd) changes() ([]app.PathChange, error) {
	var out []app.PathChange
	for _, text := range c.Faster {
		i := strings.LastIndex(text, "=")
		if i < 1 {
			return nil, misused("--faster %q: want NAME=SHARE, such as \"mysql SQL SELECT=20%%\"", text)
		}
		number, scale := strings.TrimSpace(text[i+1:]), 1.0
		if n, ok := strings.CutSuffix(number, "%"); ok {
			number, scale = strings.TrimSpace(n), 0.01
		}
		by, err := strconv.ParseFloat(number, 64)
		if by *= scale; err != nil || !(by > -100 && by <= 1) {
			return nil, misused("--faster %q: want a share of at most 100%%, such as 20%% or 0.2", text)
		}
		out = append(out, app.PathChange{Site: text[:i], Faster: by})
	}
	return out, nil
}

// Run reads and prints.
func (c *criticalpathCmd) Run(w *world) error {
	changes, err := c.changes()
	if err != nil {
		return err
	}
	now, err := c.stretch()
	if err != nil {
		return err
	}
	before := engine.Stretch{From: c.BaselineFrom, To: c.BaselineTo}
	differs := !before.From.IsZero() || !before.To.IsZero()
	if differs && !before.To.After(before.From) {
		return misused("--baseline-to %s is not after --baseline-from %s", stamp(before.To), stamp(before.From))
	}
	of := func(in engine.Stretch) (model.CriticalPaths, error) {
		rec, done, err := c.open(w, in)
		if err != nil {
			return model.CriticalPaths{}, err
		}
		defer done()
		return app.CriticalPaths(w.ctx, rec, app.PathOptions{
			In: in, Operation: c.Operation, Changes: changes, MaxSpans: c.MaxSpans, Shards: shards()})
	}
	view, err := of(now)
	warn(w, view.Warnings)
	if err != nil {
		return err
	}
	var usual *model.CriticalPaths
	if differs {
		u, err := of(before)
		if err != nil {
			return fmt.Errorf("the baseline: %w", err)
		}
		usual = &u
	}
	switch c.Output {
	case "json":
		if usual != nil {
			return writeJSON(w.stdout, struct {
				Before *model.CriticalPaths `json:"before"`
				Now    model.CriticalPaths  `json:"now"`
			}{usual, view})
		}
		return writeJSON(w.stdout, view)
	case "table":
		return printPaths(w.stdout, view, usual, c.Top)
	}
	g := flame.New(stacksOf(&view))
	title := "critical paths, " + stamp(view.From) + " to " + stamp(view.To)
	if usual != nil {
		g = flame.Compare(stacksOf(usual), stacksOf(&view))
		title += ", against " + stamp(usual.From) + " to " + stamp(usual.To)
	}
	switch c.Output {
	case "folded":
		return g.Folded(w.stdout)
	case "pprof":
		return g.Profile(w.stdout)
	default:
		return g.SVG(w.stdout, title)
	}
}

// stacksOf lists the stacks of all entry points, each for its part of all requests.
func stacksOf(v *model.CriticalPaths) []model.PathStack {
	var requests int64
	for i := range v.Entries {
		requests += v.Entries[i].Requests
	}
	var out []model.PathStack
	for i := range v.Entries {
		e := &v.Entries[i]
		for _, s := range e.Stacks {
			s.MS *= model.Number(float64(e.Requests) / float64(max(requests, 1)))
			out = append(out, s)
		}
	}
	return out
}

// printPaths is a table for each entry point.
func printPaths(out io.Writer, v model.CriticalPaths, usual *model.CriticalPaths, top int) error {
	if len(v.Entries) == 0 {
		_, err := fmt.Fprintln(out, "no request in this stretch")
		return err
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s: %d requests, mean %s, p50 %s, p95 %s, p99 %s\n\n", oneLine(e.Service+" "+e.Operation), e.Requests,
			millis(e.MeanMS), millis(e.P50MS), millis(e.P95MS), millis(e.P99MS))
		var err error
		if was := entryOf(usual, e); was != nil {
			err = printPathChange(out, was, e, top)
		} else {
			err = printEntry(out, e, top)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func printEntry(out io.Writer, e *model.EntryPaths, top int) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ON THE PATH\tTIME A REQUEST\tSHARE\tCALLS\tDRAG\tSLACK")
	for _, o := range e.Operations[:min(len(e.Operations), max(top, 1))] {
		fmt.Fprintf(t, "%s\t%s\t%.1f %%\t%.3g\t%s\t%s\n", pathName(o.Service, o.Operation, o.Kind), millis(o.MS), 100*float64(o.Share), float64(o.Calls), maybe(o.DragMS), maybe(o.SlackMS))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(e.Operations) - top; more > 0 && top > 0 {
		fmt.Fprintf(out, "and %d more with less\n", more)
	}
	fmt.Fprintln(out)
	fmt.Fprintln(t, "IF\tWERE\tP50 WOULD BE\tGAIN (95 %)\tP99 WOULD BE\tGAIN (95 %)")
	for _, p := range e.Predictions[:min(len(e.Predictions), max(top, 1))] {
		how := fmt.Sprintf("%.3g %% faster", 100*float64(p.Faster))
		if p.Faster < 0 {
			how = fmt.Sprintf("%.3g %% slower", -100*float64(p.Faster))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", pathName(p.Service, p.Operation, ""), how, millis(p.P50.AfterMS), gain(p.P50), millis(p.P99.AfterMS), gain(p.P99))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if int64(e.Sampled) < e.Requests {
		fmt.Fprintf(out, "drag, slack and predictions come from %d sampled requests\n", e.Sampled)
	}
	return nil
}

// printPathChange is what changed on the paths of an entry point.
func printPathChange(out io.Writer, was, e *model.EntryPaths, top int) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "before: %d requests, mean %s, p50 %s, p95 %s, p99 %s\n\n", was.Requests, millis(was.MeanMS), millis(was.P50MS), millis(was.P95MS), millis(was.P99MS))
	fmt.Fprintln(t, "ON THE PATH\tBEFORE\tNOW\tCHANGE\tCALLS BEFORE\tCALLS NOW")
	for _, c := range changed(was, e, top) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.3g\t%.3g\n", c.name, millis(c.before), millis(c.now), signed(c.now-c.before), float64(c.callsBefore), float64(c.callsNow))
	}
	return t.Flush()
}

// gain is a gain with its interval.
func gain(c model.PathChange) string {
	return fmt.Sprintf("%s (%s to %s)", millis(c.GainMS), millis(c.LowMS), millis(c.HighMS))
}

func maybe(n *model.Number) string {
	if n == nil {
		return "-"
	}
	return millis(*n)
}

// pathName names an operation on one line, with what kind of time it is where it is not
// its own.
func pathName(service, operation, kind string) string {
	name := oneLine(strings.TrimSpace(service + " " + operation))
	if kind == "network" {
		name += " (network)"
	}
	return name
}
