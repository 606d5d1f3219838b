package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"culprit/datasets"
	"culprit/internal/engine"
	"culprit/model"
)

// reading are the arguments of every command that reads a recording.
type reading struct {
	Paths  []string `arg:"" name:"path" help:"Recordings: files, or directories that are searched for them." type:"path"`
	Format string   `help:"Format of the files, when it is not to be recognised by content: ${formats}." placeholder:"NAME"`
	Strict bool     `help:"Refuse a recording with any bad record."`
}

// formats are the names for --format.
func formats() string { return strings.Join(datasets.Formats(), ", ") }

// maxSpansOfRecording is how many spans of a recording are held in memory, unless told otherwise.
const maxSpansOfRecording = 20_000_000

// engine is the engine's configuration for a recording.
func (r *reading) engine() engine.Config {
	c := engine.DefaultConfig()
	c.Shards = runtime.GOMAXPROCS(0)
	c.MaxSpans = maxSpansOfRecording
	return c
}

// open opens the recording and shows on a terminal how far it has been read, until done
// is called.
func (r *reading) open(w *world) (rec *datasets.Recording, done func(), err error) {
	rec, err = datasets.Open(r.Paths, datasets.Options{Format: r.Format, Strict: r.Strict})
	if err != nil || !w.onTerminal() {
		return rec, func() {}, err
	}
	_, total := rec.Progress()
	bar := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w.stderr), progressbar.OptionShowBytes(true), progressbar.OptionSetDescription("reading"),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				n, _ := rec.Progress()
				_ = bar.Set64(n) // a bar that cannot be drawn is no reason to stop
			case <-stop:
				_ = bar.Finish()
				return
			}
		}
	})
	return rec, func() {
		close(stop)
		wg.Wait()
	}, nil
}

// warn names on stderr what was wrong with the input.
func warn(w *world, ws []model.Warning) {
	for _, x := range ws {
		fmt.Fprintln(w.stderr, "culprit: warning:", oneLine(x.String()))
	}
}
