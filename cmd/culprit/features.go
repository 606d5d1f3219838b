package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"culprit/datasets"
	"culprit/datasets/features"
	"culprit/internal/app"
	"culprit/model"
)

// featuresCmd writes what the detector sees as a Parquet file.
type featuresCmd struct {
	reading
	judging
	Out string `help:"Parquet file to write; one that is there is replaced." type:"path" required:"" placeholder:"FILE"`
}

// Help is what --help says beyond the flags.
func (*featuresCmd) Help() string {
	return `    culprit features recording/ --out features.parquet

One row for each trace and one for each operation, caller and window, told apart by the column kind. Where a
directory holds faults.json, each row names the fault that lasted in its window.`
}

// Run writes the file: beside its place first, so that a file that is there is whole.
func (c *featuresCmd) Run(w *world) (err error) {
	cfg := c.reading.engine()
	c.judging.apply(&cfg)
	f, err := os.CreateTemp(filepath.Dir(c.Out), "."+filepath.Base(c.Out)+"-*")
	if err != nil {
		return fmt.Errorf("features: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	buffer := bufio.NewWriterSize(f, 1<<20)
	out := features.NewWriter(buffer)
	for _, path := range c.Paths {
		one := c.reading
		one.Paths = []string{path}
		rec, done, err := one.open(w)
		if err != nil {
			return err
		}
		labels, err := labelsOf(path)
		var warnings []model.Warning
		if err == nil {
			warnings, err = app.Features(w.ctx, filepath.Base(path), labels, rec, cfg, out.Write)
		}
		done()
		warn(w, warnings)
		if err != nil {
			return err
		}
	}
	if err := errors.Join(out.Close(), buffer.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("features: %s: %w", c.Out, err)
	}
	if err := os.Rename(f.Name(), c.Out); err != nil {
		return fmt.Errorf("features: %w", err)
	}
	_, err = fmt.Fprintf(w.stdout, "%s: %d rows\n", c.Out, out.Rows())
	return err
}

// labelsOf reads the labels of a recording; without any they are nil.
func labelsOf(path string) (*datasets.Labels, error) {
	l, err := datasets.LoadLabels(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &l, err
}
