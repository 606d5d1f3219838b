package main

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"culprit/datasets"
	"culprit/datasets/score"
	"culprit/internal/app"
	"culprit/internal/engine"
)

// scoreCmd compares verdicts with labels.
type scoreCmd struct {
	Paths  []string `arg:"" name:"path" help:"Labelled recordings: every directory with faults.json, at the paths and below, is one." type:"path"`
	Format string   `help:"Format of the files, when it is not to be recognised by content: ${formats}." placeholder:"NAME"`
	Strict bool     `help:"Refuse a recording with any bad record."`
	judging
	Methods   []string      `help:"Methods to compare, the first against --at-least: ${methods}, or all." default:"culprit" placeholder:"NAME,..."`
	Ablate    bool          `help:"Compare the method with what is left of it without each family of evidence and each rule."`
	Detect    bool          `help:"Run the live engine over the recordings, too: recall, delay and false incidents." default:"true" negatable:""`
	Each      bool          `help:"Show a line for each recording."`
	Faults    bool          `help:"Show the faults that the first method did not name first."`
	AtLeast   []string      `name:"at-least" help:"Fail with status 3 unless AC@1 of the first method at a level reaches a share: service:0.9. Also recall:0.95 and named:0.9, of the live engine. May repeat." placeholder:"LEVEL:SHARE"`
	Drop      float64       `help:"Lose this share of the spans first." placeholder:"SHARE"`
	Sample    float64       `help:"Keep this share of the traces only." placeholder:"SHARE"`
	Skew      time.Duration `help:"Set clocks wrong by up to so much." placeholder:"DURATION"`
	Healthy   int           `help:"Learn from so many healthy windows only; the live engine begins so many before the first fault." placeholder:"N"`
	Sweep     bool          `help:"One table for each change of the recordings: spans lost, traces sampled, clocks wrong, few healthy windows."`
	NoTimings bool          `name:"no-timings" help:"Leave out what depends on the machine."`
	JSON      bool          `name:"json" help:"Print JSON lines, one for each change, instead of tables."`
}

// Help is what --help says beyond the flags.
func (*scoreCmd) Help() string {
	return `    culprit score recordings/ --methods all --each

Each method is told when a fault lasted and which stretches were healthy, the same for all, and names
suspects. AC@k is the share of faults whose cause is among the first k. The live engine is told nothing.`
}

// bar is a share that must be reached.
type bar struct {
	what  string
	least float64
}

func (c *scoreCmd) bars() ([]bar, error) {
	var out []bar
	known := []string{"recall", "named"}
	for _, l := range score.Levels() {
		known = append(known, l.String())
	}
	for _, text := range c.AtLeast {
		what, share, _ := strings.Cut(text, ":")
		least, err := strconv.ParseFloat(share, 64)
		if err != nil || !(least >= 0 && least <= 1) {
			return nil, misused("--at-least %s: want LEVEL:SHARE with a share from 0 to 1, such as service:0.9", text)
		}
		found := false
		for _, k := range known {
			found = found || k == what
		}
		if !found {
			return nil, misused("--at-least %s: no level %q: want one of %s", text, what, strings.Join(known, ", "))
		}
		if !c.Detect && (what == "recall" || what == "named") {
			return nil, misused("--at-least %s needs the live engine: leave out --no-detect", text)
		}
		out = append(out, bar{what, least})
	}
	return out, nil
}

// Run scores and prints.
func (c *scoreCmd) Run(w *world) error {
	bars, err := c.bars()
	if err != nil {
		return err
	}
	if c.Drop < 0 || c.Drop >= 1 || c.Sample < 0 || c.Sample > 1 || c.Skew < 0 || c.Healthy < 0 {
		return misused("--drop and --sample are shares from 0 to 1, --skew and --healthy are not negative")
	}
	recs, err := c.recordings()
	if err != nil {
		return err
	}
	o := app.ScoreOptions{Methods: c.Methods, Engine: engine.DefaultConfig(), Detect: c.Detect,
		Changes: []score.Change{{Drop: c.Drop, Sample: c.Sample, Skew: c.Skew, Healthy: c.Healthy}}}
	if len(c.Methods) == 1 && c.Methods[0] == "all" {
		o.Methods = app.Methods()
	}
	if c.Ablate {
		o.Methods = app.Ablations()
	}
	if c.Sweep {
		o.Changes = score.Sweep()
	}
	o.Engine.Shards, o.Engine.MaxSpans = runtime.GOMAXPROCS(0), maxSpansOfRecording
	c.judging.apply(&o.Engine)
	if w.onTerminal() {
		o.Told = func(path string) { fmt.Fprintln(w.stderr, "culprit: scoring", path) }
	}
	reports, err := app.Score(w.ctx, recs, o)
	if err != nil {
		return err
	}
	if len(reports) > 0 {
		warn(w, reports[0].Warnings)
	}
	for i := range reports {
		if c.JSON {
			err = writeJSON(w.stdout, reports[i])
		} else {
			err = reports[i].Print(w.stdout, score.PrintOptions{Each: c.Each, Faults: c.Faults, Timing: !c.NoTimings})
		}
		if err != nil {
			return err
		}
	}
	return below(reports, bars)
}

func (c *scoreCmd) recordings() ([]app.Labelled, error) {
	found, err := score.Find(c.Paths)
	if err != nil {
		return nil, err
	}
	var out []app.Labelled
	for _, f := range found {
		labels, err := datasets.LoadLabels(f.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Dir, err)
		}
		rec, err := datasets.Open([]string{f.Dir}, datasets.Options{Format: c.Format, Strict: c.Strict})
		if err != nil {
			return nil, err
		}
		out = append(out, app.Labelled{Name: f.Name, Labels: labels, Read: rec})
	}
	return out, nil
}

// below says which bars were not reached.
func below(reports []score.Report, bars []bar) error {
	var errs []error
	for i := range reports {
		for _, b := range bars {
			got, ok := reports[i].Share(b.what)
			switch {
			case !ok:
				errs = append(errs, fmt.Errorf("%s: no label knows the level %s", reports[i].Change, b.what))
			case float64(got.Value) < b.least:
				errs = append(errs, fmt.Errorf("%s: %s is %.3f (%d of %d), below %g", reports[i].Change, b.what, float64(got.Value), got.Hits, got.Of, b.least))
			}
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return gateError{errors.Join(errs...)}
}
