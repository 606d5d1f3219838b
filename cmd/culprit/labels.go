package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"culprit/datasets"
	"culprit/internal/app"
)

// labelsCmd groups what is done with labels.
type labelsCmd struct {
	Export labelsExportCmd `cmd:"" help:"Write faults.json from the feedback of a running culprit."`
}

// labelsExportCmd writes feedback as labels.
type labelsExportCmd struct {
	asking
	Dir    string    `arg:"" optional:"" help:"The recording (culprit serve --record DIR) to write faults.json into; without it, the labels go to stdout." type:"path" placeholder:"DIR"`
	System string    `help:"What to call the system." default:"live" placeholder:"NAME"`
	Since  time.Time `help:"Leave out incidents that were over before." placeholder:"TIME"`
	Until  time.Time `help:"Leave out incidents that started then or later." placeholder:"TIME"`
	Force  bool      `help:"Replace a faults.json that is there."`
}

// Help is what --help says beyond the flags.
func (*labelsExportCmd) Help() string {
	return `Incidents that were called right are faults with their first suspect as the cause; those called wrong have
the causes that were given. Incidents called expected, or wrong without a cause, are no faults: telling them again is
a false incident. Incidents that nobody has said anything about are taken for real, with their first suspect as the
cause, and counted on stderr: give feedback, and export again.

    culprit labels export recording && culprit score recording`
}

// Run asks and writes.
func (c *labelsExportCmd) Run(w *world) error {
	s, err := c.open()
	if err != nil {
		return err
	}
	f := filters{Since: c.Since, Until: c.Until}
	labels, unsaid, err := app.Labels(w.ctx, s, f.params(), c.System)
	if err != nil {
		return told(err)
	}
	if unsaid > 0 {
		fmt.Fprintf(w.stderr, "culprit: %d incidents have no feedback and are taken to be right\n", unsaid)
	}
	text, err := json.MarshalIndent(labels, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if c.Dir == "" {
		_, err = w.stdout.Write(text)
		return err
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if c.Force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	name := filepath.Join(c.Dir, datasets.LabelsFile)
	out, err := os.OpenFile(name, mode, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: --force replaces it", name)
	}
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not there: name the directory of a recording (culprit serve --record DIR), or none to have the labels on stdout", c.Dir)
	}
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return errors.Join(err, out.Close())
}
