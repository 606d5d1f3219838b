package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"culprit/datasets"
	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// reading are the arguments of every command that reads a recording.
type reading struct {
	Paths  []string `arg:"" name:"path" help:"Recordings: files, or directories that are searched for them." type:"path"`
	Strict bool     `help:"Refuse a recording with any bad record."`
}

// maxSpansOfRecording is how many spans of a recording are held in memory, unless told otherwise.
const maxSpansOfRecording = 20_000_000

// engine is the engine's configuration for a recording.
func (r *reading) engine() engine.Config {
	c := engine.DefaultConfig()
	c.Shards = runtime.GOMAXPROCS(0)
	c.MaxSpans = maxSpansOfRecording
	return c
}

// recording is what the paths name.
type recording struct {
	files  []string
	strict bool
	head   datasets.ArrivalsHead
}

// open opens the recording. done ends the display of progress.
func (r *reading) open(w *world) (rec app.Recording, done func(), err error) {
	out := &recording{strict: r.Strict}
	for _, p := range r.Paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, nil, fmt.Errorf("recording: %w", err)
		}
		if info.IsDir() {
			p = filepath.Join(p, datasets.ArrivalsFile)
		}
		out.files = append(out.files, p)
	}
	return out, func() {}, nil
}

// Read reads one file after the other.
func (r *recording) Read(ctx context.Context, take func(source.Batch) error) error {
	for _, name := range r.files {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("recording: %w", err)
		}
		err = datasets.ReadArrivals(ctx, f, name, r.strict, func(h datasets.ArrivalsHead) { r.head = h }, take)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// warn names on stderr what was wrong with the input.
func warn(w *world, ws []model.Warning) {
	for _, x := range ws {
		fmt.Fprintln(w.stderr, "culprit: warning:", oneLine(x.String()))
	}
}
