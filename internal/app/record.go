package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"culprit/datasets"
	"culprit/internal/source"
)

// Record writes what the sources of cfg deliver to the directory cfg.Record, and judges
// nothing. It ends after d of wall clock, if d is not zero, or when ctx does.
func Record(ctx context.Context, cfg Config, d time.Duration, log *slog.Logger) error {
	if cfg.Record == "" {
		return errors.New("recording: name a directory to write to")
	}
	set, err := openSources(cfg, log)
	if err != nil {
		return err
	}
	return record(ctx, cfg, set, d, log)
}

func record(ctx context.Context, cfg Config, set sourceSet, d time.Duration, log *slog.Logger) error {
	path := filepath.Join(cfg.Record, datasets.ArrivalsFile)
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("recording: %s is there already: name another directory, or move it away", path)
	}
	out, err := openRecorder(cfg.Record, datasets.ArrivalsHead{TraceURL: set.traceURL})
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if d > 0 {
		stop := time.AfterFunc(d, func() { fail(context.Canceled) })
		defer stop.Stop()
	}
	w := writing{out: out, marks: newMarks(cfg.Patience, set.names), fail: fail, log: log}
	var wg sync.WaitGroup
	for i, src := range set.sources {
		wg.Go(func() {
			if err := src.Run(ctx, time.Time{}, w.deliver); err != nil && ctx.Err() == nil {
				fail(fmt.Errorf("%s: %w", set.names[i], err))
			}
		})
	}
	log.Info("recording", "file", path, "for", d)
	wg.Wait()
	log.Info("recorded", "file", path, "spans", w.spans, "watermark", w.at)
	return errors.Join(endedBy(ctx, nil), out.close())
}

// writing is a service that only writes.
type writing struct {
	marks *marks
	fail  context.CancelCauseFunc
	log   *slog.Logger

	mu    sync.Mutex
	out   *recorder
	spans int
	at    time.Time
}

func (w *writing) deliver(ctx context.Context, b source.Batch) error {
	if err := w.write(b); err != nil {
		w.fail(err)
		return err
	}
	if b.Watermark.IsZero() {
		return nil
	}
	merged, err := w.marks.reach(ctx, b, w.log)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !merged.After(w.at) {
		return nil
	}
	w.at = merged
	if err := w.out.watermark(merged); err != nil {
		w.fail(err)
		return err
	}
	return nil
}

func (w *writing) write(b source.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, td := range b.Traces {
		w.spans += td.SpanCount()
	}
	return w.out.batch(b)
}
