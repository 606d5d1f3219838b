package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"culprit/datasets"
	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/render/sequence"
	"culprit/model"
)

// workflowCmd reconstructs how the runs of an operation travel.
type workflowCmd struct {
	looking
	Operation    string      `help:"The operation, as \"service operation\". Default: that of --trace, or the only entry point." placeholder:"NAME"`
	Trace        string      `help:"Only this trace, compared with the others." placeholder:"ID"`
	Baseline     []string    `help:"Recording of what is usual. May repeat. Default: of a trace the others; of a stretch what is before it, or after it where nothing is before." type:"path" placeholder:"PATH"`
	BaselineFrom []time.Time `help:"Beginning of a stretch in which it was as usual; may repeat, each with its --baseline-to." placeholder:"TIME"`
	BaselineTo   []time.Time `help:"End of such a stretch." placeholder:"TIME"`
	Output       string      `short:"o" help:"${workflow_formats}. Default: what the extension of --out says, else text." placeholder:"FORMAT"`
	Out          string      `help:"File to write instead of stdout; one that is there is replaced." type:"path" placeholder:"FILE"`
}

// Help is what --help says beyond the flags.
func (*workflowCmd) Help() string {
	return `    culprit workflow recording/ --operation 'frontend HTTP GET /dispatch'
    culprit workflow recording/ --operation 'nova-api POST /servers' --from T1 --to T2 --out now.html
    culprit workflow recording/ --trace 4bf92f3577b34da6a3ce929d0e0e4736 --output mermaid

Shows the stages of an operation in their order, what runs at once, takes turns or is asked for without
waiting, how often each stage is there and what it takes; and where there is something to compare with, which
stages are missing, new, repeated, slow or did not come back, gravest first.`
}

// workflowFormats are the names for --output.
func workflowFormats() string {
	var names []string
	for _, f := range sequence.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// format is the notation that was asked for.
func (c *workflowCmd) format() (sequence.Format, error) {
	name := c.Output
	if name == "" {
		name = "text"
		if f, ok := sequence.OfFile(c.Out); ok {
			return f, nil
		}
	}
	f, ok := sequence.Named(name)
	if !ok {
		return f, misused("--output %q: want one of %s", name, workflowFormats())
	}
	return f, nil
}

// options is the question.
func (c *workflowCmd) options() (app.WorkflowOptions, error) {
	o := app.WorkflowOptions{Operation: c.Operation, MaxSpans: c.MaxSpans, Shards: shards()}
	var err error
	if o.Now, err = c.stretch(); err != nil {
		return o, err
	}
	if c.Trace != "" {
		if o.Trace, err = model.ParseTraceID(c.Trace); err != nil {
			return o, misused("--trace: %w", err)
		}
	}
	if len(c.Baseline) > 0 && len(c.BaselineFrom) > 0 {
		return o, misused("name what is usual with --baseline or with --baseline-from and --baseline-to, not both")
	}
	o.Usual, err = healthyStretches(c.BaselineFrom, c.BaselineTo)
	return o, err
}

// Run reads and writes.
func (c *workflowCmd) Run(w *world) error {
	format, err := c.format()
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	rec, done, err := c.open(w, append([]engine.Stretch{o.Now}, o.Usual...)...)
	if err != nil {
		return err
	}
	var usual app.Recording
	if len(c.Baseline) > 0 {
		if usual, err = datasets.Open(c.Baseline, datasets.Options{Format: c.Format, Strict: c.Strict}); err != nil {
			done()
			return err
		}
	}
	f, err := app.Workflow(w.ctx, rec, usual, o)
	done()
	if err != nil {
		return err
	}
	warn(w, f.Warnings)
	return c.write(w, format, &f)
}

// write writes to stdout, or to a file beside its place first, so that a file that is there
// is whole.
func (c *workflowCmd) write(w *world, format sequence.Format, f *model.Workflow) error {
	if c.Out == "" {
		return format.Write(w.stdout, f)
	}
	var text bytes.Buffer
	if err := format.Write(&text, f); err != nil {
		return err
	}
	return replaceFile(c.Out, text.Bytes())
}

// replaceFile writes a file so that it is there whole or as it was.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
