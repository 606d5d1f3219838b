package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"culprit/internal/bus"
	"culprit/internal/source"
	"culprit/model"
)

// deliver takes a batch in. It is the [source.Deliver] of every source.
func (s *Service) deliver(ctx context.Context, b source.Batch) error {
	if err := s.takeIn(ctx, b); err != nil {
		return err
	}
	if b.Watermark.IsZero() {
		return nil
	}
	merged, err := s.marks.reach(ctx, b, s.log)
	if err != nil || merged.IsZero() {
		return err
	}
	return s.judge(ctx, merged)
}

// takeIn adds the traces of a batch to their windows, and to the recording.
func (s *Service) takeIn(ctx context.Context, b source.Batch) error {
	s.intake.Lock()
	defer s.intake.Unlock()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := s.record.batch(b); err != nil {
		s.fail(err)
		return err
	}
	s.pipe.take(b.Traces)
	s.pipe.warn(b.Warnings)
	return nil
}

// judge closes the windows before the merged watermark, publishes what they changed and
// keeps a snapshot. When it returns nil, all of that is in the log.
func (s *Service) judge(ctx context.Context, watermark time.Time) error {
	s.intake.Lock()
	defer s.intake.Unlock()
	if s.torn {
		return errTorn
	}
	if !watermark.After(s.reached) {
		return nil
	}
	s.reached = watermark
	if err := s.record.watermark(watermark); err != nil {
		s.fail(err)
		return err
	}
	begin := time.Now()
	incidents, closed := s.pipe.advance(watermark)
	if !closed {
		return nil
	}
	s.look()
	s.verdicts.Observe(time.Since(begin).Seconds())
	s.projection.Clock(s.pipe.closed)
	ctx, cancel := graced(ctx, s.cfg.Grace)
	defer cancel()
	for _, in := range incidents {
		if err := s.append(ctx, in); err != nil {
			s.torn = true
			return err
		}
	}
	s.versions(ctx)
	if len(incidents) > 0 || time.Since(s.saved) >= s.cfg.Snapshot {
		s.save(ctx)
	}
	return nil
}

var errTorn = errors.New("an incident could not be appended to the log: the service has to be started again")

// append puts a revision into the log.
func (s *Service) append(ctx context.Context, in model.Incident) error {
	err := s.bus.Append(ctx, in)
	var gap *bus.GapError
	var large *bus.TooLargeError
	var rival *bus.RivalError
	switch {
	case errors.As(err, &gap):
		s.log.Error("the incident log has lost revisions and is mended", "error", err)
		_, err = s.bus.Heal(ctx, []model.Incident{in})
	case errors.As(err, &large):
		s.log.Error("an incident is left out of the log", "error", err)
		s.pipe.warn([]model.Warning{{Kind: "incident-too-large", Place: in.ID, Count: 1, Message: "a revision was too large for the incident log and was not published"}})
		return nil
	case errors.As(err, &rival):
		s.fail(err)
	}
	if err != nil {
		return err
	}
	s.book.acknowledged(in)
	s.log.Info("incident", "event", in.Event, "id", in.ID, "revision", in.Revision, "severity", in.Severity, "title", in.Title, "because", in.Because)
	s.announced.count(&in)
	s.onAppend(in)
	return nil
}

// look lets questions see what the engine knows now. The caller holds the intake.
func (s *Service) look() {
	s.view.Store(s.pipe.engine.View())
	s.moment.Add(1) // afterwards: an answer that is kept for a moment is not older than it
}

// save keeps what the engine knows. A snapshot that cannot be saved is no reason to
// stop: the one before it is there, and the next one is the retry.
func (s *Service) save(ctx context.Context) {
	data, err := s.pipe.engine.Snapshot()
	meta := bus.SnapshotMeta{Watermark: s.pipe.closed, LogSequence: s.projection.Sequence(), NoteSequence: s.noted, Version: Version()}
	if len(s.pipe.notes) > 0 { // some wait for windows that are judged again
		meta.NoteSequence = s.effects
	}
	if err == nil {
		err = s.bus.SaveSnapshot(ctx, meta, data)
	}
	if err != nil {
		s.log.Warn("snapshot is not saved; a restart reads more again", "error", err)
		return
	}
	s.saved = time.Now()
}

// graced is a context that outlives its parent by the grace.
func graced(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		t := time.AfterFunc(grace, func() { cancel(fmt.Errorf("stopped, and %v of grace are over", grace)) })
		context.AfterFunc(ctx, func() { t.Stop() })
	})
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// finish keeps the last snapshot.
func (s *Service) finish() error {
	s.intake.Lock()
	defer s.intake.Unlock()
	err := s.record.close()
	if !s.torn && !s.pipe.closed.IsZero() {
		ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Grace)
		defer cancel()
		s.save(ctx)
	}
	return err
}
