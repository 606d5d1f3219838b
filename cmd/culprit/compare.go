package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/model"
)

// compareCmd says what changed from one side to another.
type compareCmd struct {
	looking
	BaselineFrom time.Time `help:"Beginning of the earlier stretch." placeholder:"TIME"`
	BaselineTo   time.Time `help:"End of the earlier stretch." placeholder:"TIME"`
	By           []string  `help:"Only requests with a span that has this attribute: service.version=2.0. May repeat." placeholder:"KEY=VALUE" sep:"none"`
	BaselineBy   []string  `help:"The same for the earlier side." placeholder:"KEY=VALUE" sep:"none"`
	Budget       string    `help:"Fail with status 3 if a change makes the mean request slower by more than this (20ms, or 5% of what it took), or more requests fail than 5 in 100 (5%), or something no longer answers." placeholder:"DURATION|SHARE"`
	FDR          float64   `name:"fdr" help:"How many of the changes told may be chance, on average." default:"0.01" placeholder:"SHARE"`
	Output       string    `name:"output" short:"o" help:"table, json, or markdown for a pull request." enum:"table,json,markdown" default:"table"`
	Top          int       `help:"Most changes to print." default:"20" placeholder:"N"`
}

// Help is what --help says beyond the flags.
func (*compareCmd) Help() string {
	return `    culprit compare before/ now/ --budget 5% --output markdown
    culprit compare recording/ --baseline-from T1 --baseline-to T2 --from T3 --to T4
    culprit compare recording/ --baseline-by service.version=1.9 --by service.version=2.0

The first recording is the earlier side, the second the later one; with one, or a Jaeger, the two sides are
told apart by time or by attributes.`
}

// sides are the two sides that were asked for.
func (c *compareCmd) sides(w *world) (before, now app.CompareSide, done func(), err error) {
	done = func() {}
	if before.In, err = stretchBetween("--baseline-", c.BaselineFrom, c.BaselineTo); err != nil {
		return before, now, done, err
	}
	if now.In, err = stretchBetween("--", c.From, c.To); err != nil {
		return before, now, done, err
	}
	before.By, now.By = c.BaselineBy, c.By
	if err := c.check(); err != nil {
		return before, now, done, err
	}
	switch {
	case len(c.Paths) > 2:
		return before, now, done, misused("%d recordings: name the earlier one and the later one", len(c.Paths))
	case len(c.Paths) == 2:
		one, other := c.looking, c.looking
		one.Paths, other.Paths = c.Paths[:1], c.Paths[1:]
		var first, second func()
		before.Read, first, err = one.open(w, before.In)
		if err == nil {
			now.Read, second, err = other.open(w, now.In)
			done = func() { first(); second() }
		}
		before.Name, now.Name = filepath.Base(c.Paths[0]), filepath.Base(c.Paths[1])
		if before.Name == now.Name {
			before.Name, now.Name = c.Paths[0], c.Paths[1]
		}
	default:
		if before.In == now.In && strings.Join(before.By, "\n") == strings.Join(now.By, "\n") {
			return before, now, done, misused("both sides are the same: name two recordings, or tell them apart by --baseline-from and --baseline-to, or by --by and --baseline-by")
		}
		before.Read, done, err = c.open(w, before.In, now.In)
		before.Name, now.Name = sideName("before", before), sideName("now", now)
	}
	return before, now, done, err
}

// stretchBetween checks a pair of flags.
func stretchBetween(prefix string, from, to time.Time) (engine.Stretch, error) {
	if !from.IsZero() && !to.IsZero() && !to.After(from) {
		return engine.Stretch{}, misused("%sto %s is not after %sfrom %s", prefix, stamp(to), prefix, stamp(from))
	}
	return engine.Stretch{From: from, To: to}, nil
}

// sideName names a side of one recording by what tells it apart.
func sideName(word string, s app.CompareSide) string {
	if len(s.By) > 0 {
		return strings.Join(s.By, " ")
	}
	return word
}

// budget is what a change may cost: a part of the mean request, or ms.
type budget struct {
	share, ms float64 // +Inf where it is not what was given
	failing   float64
}

func (c *compareCmd) budget() (budget, error) {
	b := budget{math.Inf(1), math.Inf(1), math.Inf(1)}
	if c.Budget == "" {
		return b, nil
	}
	if n, ok := strings.CutSuffix(c.Budget, "%"); ok {
		x, err := strconv.ParseFloat(n, 64)
		if err != nil || !(x >= 0) {
			return b, misused("--budget %s: want a share such as 5%%, or a duration such as 20ms", c.Budget)
		}
		return budget{x / 100, math.Inf(1), x / 100}, nil
	}
	d, err := time.ParseDuration(c.Budget)
	if err != nil || d < 0 {
		return b, misused("--budget %s: want a share such as 5%%, or a duration such as 20ms", c.Budget)
	}
	const fails = 0.01 // a duration says nothing of failures: one request in a hundred
	return budget{math.Inf(1), float64(d) / 1e6, fails}, nil
}

// Run compares and prints.
func (c *compareCmd) Run(w *world) error {
	limit, err := c.budget()
	if err != nil {
		return err
	}
	for _, pair := range slices.Concat(c.By, c.BaselineBy) {
		if key, value, ok := strings.Cut(pair, "="); !ok || key == "" || value == "" {
			return misused("%q: want KEY=VALUE, such as service.version=1.2", pair)
		}
	}
	if !(c.FDR > 0 && c.FDR < 1) {
		return misused("--fdr must lie between 0 and 1")
	}
	before, now, done, err := c.sides(w)
	if err != nil {
		return err
	}
	v, err := app.Compare(w.ctx, before, now, app.CompareOptions{FDR: c.FDR, MaxSpans: c.MaxSpans, Shards: shards()})
	done()
	warn(w, v.Warnings)
	if err != nil {
		return err
	}
	switch c.Output {
	case "json":
		err = writeJSON(w.stdout, v)
	case "markdown":
		err = printComparisonMarkdown(w.stdout, v, c.Top)
	default:
		err = printComparison(w.stdout, v, c.Top)
	}
	if err != nil {
		return err
	}
	return limit.hold(v)
}

// hold says what is beyond the budget.
func (b budget) hold(v model.Comparison) error {
	if math.IsInf(b.failing, 1) {
		return nil
	}
	var errs []error
	for _, ch := range v.Changes {
		switch {
		case float64(ch.EffectShare) > b.share || float64(ch.EffectMS) > b.ms:
			errs = append(errs, fmt.Errorf("%s costs the mean request %s (%.1f %%): %s", changeName(ch), millis(ch.EffectMS), 100*float64(ch.EffectShare), oneLine(ch.Sentence)))
		case float64(ch.Failing) > b.failing:
			errs = append(errs, fmt.Errorf("%s fails %.1f %% of the requests: %s", changeName(ch), 100*float64(ch.Failing), oneLine(ch.Sentence)))
		case ch.Kind == model.ChangeUnanswered:
			errs = append(errs, fmt.Errorf("%s no longer answers: %s", changeName(ch), oneLine(ch.Sentence)))
		}
	}
	for _, e := range v.Entries {
		name := oneLine(strings.TrimSpace(e.Service + " " + e.Operation))
		more := float64(e.NowMeanMS - e.BeforeMeanMS)
		if e.TimeQ <= v.FDR && (more > b.ms || more > b.share*float64(e.BeforeMeanMS)) {
			errs = append(errs, fmt.Errorf("%s takes %s instead of %s", name, millis(e.NowMeanMS), millis(e.BeforeMeanMS)))
		}
		if e.FailedQ <= v.FDR && float64(e.NowFailed-e.BeforeFailed) > b.failing {
			errs = append(errs, fmt.Errorf("%.1f %% of the requests to %s fail, %.1f %% before", 100*float64(e.NowFailed), name, 100*float64(e.BeforeFailed)))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return gateError{fmt.Errorf("beyond the budget: %w", errors.Join(errs...))}
}

// changeName says where a change is.
func changeName(ch model.Difference) string {
	name := strings.TrimSpace(ch.Service + " " + ch.Operation)
	if ch.Level == "edge" {
		name += " -> " + strings.TrimSpace(ch.Callee+" "+ch.CalleeOperation)
	}
	return oneLine(name)
}

// printComparison is a comparison for a person.
func printComparison(out io.Writer, v model.Comparison, top int) error {
	fmt.Fprintf(out, "before: %s, %d requests in %d slices of %v s\nnow:    %s, %d requests\n\n",
		oneLine(v.Before.Name), v.Before.Requests, v.Before.Slices, float64(v.Before.Seconds), oneLine(v.Now.Name), v.Now.Requests)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ENTRY POINT\tREQUESTS\tMEAN\tP50\tP99\tFAILED")
	for i, e := range v.Entries {
		if i == top {
			break
		}
		fmt.Fprintf(t, "%s\t%d -> %d\t%s\t%s\t%s\t%s\n", oneLine(strings.TrimSpace(e.Service+" "+e.Operation)), e.Before, e.Now,
			arrow(e.BeforeMeanMS, e.NowMeanMS), arrow(e.BeforeP50MS, e.NowP50MS), arrow(e.BeforeP99MS, e.NowP99MS),
			fmt.Sprintf("%.1f %% -> %.1f %%", 100*float64(e.BeforeFailed), 100*float64(e.NowFailed)))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printServices(out, v.Services, top); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if len(v.Changes) == 0 {
		_, err := fmt.Fprintf(out, "no change that matters and is not chance, of %d quantities that were compared\n", v.Tests)
		return err
	}
	fmt.Fprintln(t, "\tCHANGE\tWHERE\tA REQUEST\tSURE (Q)\tWHAT")
	for _, ch := range v.Changes[:min(len(v.Changes), max(top, 1))] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.2g\t%s\n", rankOf(ch), ch.Kind, changeName(ch), effectOf(ch), float64(ch.Q), oneLine(ch.Sentence))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(v.Changes) - top; more > 0 {
		fmt.Fprintf(out, "and %d more\n", more)
	}
	for _, ch := range v.Changes {
		if !ch.Origin {
			_, err := fmt.Fprintln(out, "\nin brackets: may follow from the changes above")
			return err
		}
	}
	return nil
}

// surely are the changes of services that are no chance.
func surely(all []model.ServiceChange) []model.ServiceChange {
	return slices.DeleteFunc(slices.Clone(all), func(s model.ServiceChange) bool { return s.Kind == "" })
}

// printServices tells in which services requests spend more or less time.
func printServices(out io.Writer, all []model.ServiceChange, top int) error {
	sure := surely(all)
	if len(sure) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SERVICE\tOF REQUESTS TO\tTIME A REQUEST\tCHANGE\tSURE (Q)")
	for _, s := range sure[:min(len(sure), max(top, 1))] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%.2g\n", oneLine(s.Service), oneLine(strings.TrimSpace(s.Entry+" "+s.EntryOperation)),
			arrow(s.BeforeMS, s.NowMS), s.Kind, signed(s.NowMS-s.BeforeMS), float64(s.Q))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(sure) - max(top, 1); more > 0 {
		_, err := fmt.Fprintf(out, "and %d more\n", more)
		return err
	}
	return nil
}

// rankOf is the rank of a change, in brackets if it may follow from others.
func rankOf(ch model.Difference) string {
	if ch.Origin {
		return strconv.Itoa(ch.Rank)
	}
	return fmt.Sprintf("(%d)", ch.Rank)
}

func arrow(a, b model.Number) string { return millis(a) + " -> " + millis(b) }

// effectOf is what requests feel of a change.
func effectOf(ch model.Difference) string {
	var words []string
	if ch.EffectMS != 0 {
		words = append(words, fmt.Sprintf("%s (%+.1f %%)", signed(ch.EffectMS), 100*float64(ch.EffectShare)))
	}
	if ch.Failing != 0 {
		words = append(words, fmt.Sprintf("%+.1f %% fail", 100*float64(ch.Failing)))
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}
