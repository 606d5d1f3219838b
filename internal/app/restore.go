package app

import (
	"context"
	"sync"
	"time"

	"culprit/internal/bus"
	"culprit/model"
)

// start reads the incident log to its end, which it returns, and goes on following it.
func (s *Service) start(ctx, telling context.Context, tell *sync.WaitGroup) (end uint64, err error) {
	if end, err = s.bus.Load(ctx, s.read); err != nil {
		return 0, err
	}
	tell.Go(func() { s.stop("incident log", s.bus.Watch(telling, end, s.read)) })
	return end, nil
}

// read takes in a revision from the log.
func (s *Service) read(seq uint64, in model.Incident) error {
	s.book.read(in)
	s.alerts.Saw(seq, in)
	if _, err := s.projection.Apply(seq, in); err != nil {
		s.log.Warn("REST cannot show an incident", "id", in.ID, "revision", in.Revision, "error", err)
	}
	return nil
}

// relearn is how far before the last snapshot a service begins that cannot read it:
// it has to learn again what is normal.
const relearn = 15 * time.Minute

// restore brings the engine to where the service stopped, and returns the event time
// from which traces are to be read again: zero if it never ran.
func (s *Service) restore(ctx context.Context) (time.Time, error) {
	if s.bus.Stats(ctx).LastSeq > s.projection.Sequence() { // it was on standby
		if _, err := s.bus.Load(ctx, s.read); err != nil {
			return time.Time{}, err
		}
	}
	meta, data, ok, err := s.bus.LoadSnapshot(ctx)
	if err != nil {
		return time.Time{}, err
	}
	s.intake.Lock()
	defer s.intake.Unlock()
	defer s.look()
	due, err := s.loadNotes(ctx, meta.NoteSequence)
	if err != nil {
		return time.Time{}, err
	}
	from := time.Time{}
	if ok {
		from = meta.Watermark
		if err := s.pipe.engine.Restore(data); err != nil {
			s.log.Warn("the snapshot cannot be read; what is normal is learned again", "snapshot", meta.Watermark, "by", meta.Version, "error", err)
			if due, err = s.loadNotes(ctx, 0); err != nil {
				return time.Time{}, err
			}
			from = from.Add(-relearn)
		}
		s.pipe.closed = alignTo(from, s.cfg.Engine.Window)
	}
	logged := s.book.all()
	s.pipe.engine.RestoreLog(logged)
	for _, in := range logged {
		s.book.acknowledged(in)
	}
	s.pipe.notes, s.effects = due, meta.NoteSequence
	s.projection.Clock(s.pipe.closed)
	return from, nil
}

// beat says that the service is alive.
func (s *Service) beat(ctx context.Context) {
	st := s.status()
	err := s.bus.Beat(ctx, bus.Heartbeat{
		At: time.Now().UTC(), Watermark: st.Watermark, Version: st.Version, Leader: true, OpenIncidents: st.OpenIncidents,
	})
	if err != nil {
		s.log.Warn("no heartbeat", "error", err)
	}
}

// heal appends to the log what it has lost of the open incidents.
func (s *Service) heal(ctx context.Context) {
	s.intake.Lock()
	open := s.book.open()
	s.intake.Unlock()
	n, err := s.bus.Heal(ctx, open)
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.Warn("the incident log could not be compared with the open incidents", "error", err)
	case n > 0:
		s.log.Error("the incident log had lost what it had acknowledged; it is whole again", "revisions", n)
	}
}
