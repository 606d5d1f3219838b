package app

import (
	"context"
	"slices"

	"culprit/api"
	"culprit/internal/stats"
	"culprit/model"
)

// Note keeps what somebody says and lets it take effect: after the windows that have been
// judged, and before the next one. Where that is, is written in the note, so that a restart
// and a replay let it take effect there too.
func (a answers) Note(ctx context.Context, n model.Note) (model.Note, bool, error) {
	if err := a.Ready(); err != nil {
		return n, false, &api.NotLeadingError{Err: err}
	}
	return a.note(ctx, n)
}

func (s *Service) note(ctx context.Context, n model.Note) (model.Note, bool, error) {
	s.intake.Lock()
	defer s.intake.Unlock()
	if s.torn {
		return n, false, errTorn
	}
	if err := ctx.Err(); err != nil {
		return n, false, err
	}
	n.At = s.pipe.closed
	after := ""
	if n.Incident != "" {
		said, ok := s.projection.Said(n.Incident)
		if !ok {
			return n, false, &api.UnknownError{What: "incident", Name: n.Incident}
		}
		for _, o := range said {
			if o.Kind != n.Kind {
				continue
			}
			if again := n.Identify(after); o.ID == again && isLast(said, o) {
				return o, false, nil
			}
			after = o.ID
		}
	}
	n = identified(n, after)
	ctx, cancel := graced(ctx, s.cfg.Grace)
	defer cancel()
	seq, fresh, err := s.bus.AppendNote(ctx, n)
	if err != nil {
		return n, false, err
	}
	if !fresh {
		s.projection.Note(n)
		return n, false, nil
	}
	s.announce(n)
	s.log.Info("note", "kind", n.Kind, "id", n.ID, "incident", n.Incident, "by", n.By)
	if n.Kind != model.NoteChange {
		s.noted = seq
	}
	return n, true, s.effect(ctx, n)
}

// isLast reports whether no later note of that kind was made.
func isLast(said []model.Note, n model.Note) bool {
	for i := len(said) - 1; i >= 0; i-- {
		if said[i].Kind == n.Kind {
			return said[i].ID == n.ID
		}
	}
	return false
}

// identified gives a note, and what it holds, its ID.
func identified(n model.Note, after string) model.Note {
	n.ID = n.Identify(after)
	switch {
	case n.Mute != nil:
		m := *n.Mute
		m.ID, m.By, m.Comment = n.ID, n.By, n.Comment
		n.Mute = &m
	case n.Change != nil:
		c := *n.Change
		c.ID = n.ID
		n.Change = &c
	}
	return n
}

// effect lets a note take effect that is kept. The caller holds the intake.
func (s *Service) effect(ctx context.Context, n model.Note) error {
	if !effective(n) {
		return nil
	}
	if err := s.record.note(n); err != nil {
		s.fail(err)
		return err
	}
	incidents := s.pipe.note(n)
	s.look()
	for _, in := range incidents {
		if err := s.append(ctx, in); err != nil {
			s.torn = true
			return err
		}
	}
	if n.Kind == model.NoteFeedback {
		s.save(ctx)
	}
	return nil
}

// versions keeps the versions that were new in spans. They are notes like any other, but
// neither recorded nor told to the engine: that finds them itself.
func (s *Service) versions(ctx context.Context) {
	for _, c := range s.pipe.engine.TakeVersions() {
		n := model.Note{ID: c.ID, Kind: model.NoteChange, At: s.pipe.closed, Change: &c}
		if _, _, err := s.bus.AppendNote(ctx, n); err != nil {
			s.log.Warn("a version that spans show is not kept", "service", c.Service, "version", c.Version, "error", err)
			continue
		}
		s.announce(n)
	}
}

// announce shows a note that was made just now.
func (s *Service) announce(n model.Note) {
	if err := s.projection.Announce(n); err != nil {
		s.log.Warn("a note is not told to those who follow the events", "error", err)
	}
}

// loadNotes reads all notes from their streams into the projection and returns those that
// change incidents and that a snapshot does not hold yet: changes, which cost nothing to
// be told twice, and feedback behind its sequence.
func (s *Service) loadNotes(ctx context.Context, after uint64) (due []model.Note, err error) {
	err = s.bus.LoadNotes(ctx, func(seq uint64, n model.Note) error {
		s.projection.Note(n)
		if n.Kind != model.NoteChange {
			s.noted = max(s.noted, seq)
		}
		if effective(n) && (n.Kind == model.NoteChange || seq > after) {
			due = append(due, n)
		}
		return nil
	})
	slices.SortStableFunc(due, func(a, b model.Note) int { return a.At.Compare(b.At) })
	return due, err
}

// effective reports whether a note changes what incidents say.
func effective(n model.Note) bool {
	return n.Kind == model.NoteChange && n.Change != nil && n.Change.Kind != model.ChangeVersion ||
		n.Kind == model.NoteFeedback && n.Feedback != nil && n.Feedback.Verdict == model.VerdictExpected
}

// note lets a note take effect now and returns the revisions that it causes.
func (p *pipeline) note(n model.Note) []model.Incident {
	switch n.Kind {
	case model.NoteChange:
		p.engine.Changed(*n.Change)
	case model.NoteFeedback:
		in, ok := p.find(n.Incident)
		if !ok {
			p.warn([]model.Warning{{Kind: "unknown-incident", Place: n.Incident, Count: 1, Message: "somebody said that this incident was expected, but it is not known"}})
			return nil
		}
		return p.linked(p.engine.Accept(in, expected(n)))
	}
	return nil
}

// expected is why an incident ends that somebody calls expected.
func expected(n model.Note) string {
	because := "expected"
	if n.By != "" {
		because += ", says " + n.By
	}
	if n.Comment != "" {
		because += ": " + n.Comment
	}
	return because + "; what it tells is normal from now on"
}

// due lets the notes take effect that are due at the end of the windows judged so far.
func (p *pipeline) due() (out []model.Incident) {
	for len(p.notes) > 0 && !p.notes[0].At.After(p.closed) {
		n := p.notes[0]
		p.notes = p.notes[1:]
		out = append(out, p.note(n)...)
	}
	return out
}

// measured fills in what feedback says about false incidents.
func (s *Service) measured(st *model.ServiceStatus) {
	days := st.Feedback.ObservedDays
	st.Feedback = s.projection.Feedback()
	st.Feedback.ObservedDays = days
	st.FalseInterval = []model.Number{}
	if c := st.Feedback; c.Right+c.Wrong+c.False > 0 && days > 0 {
		rate := model.Number(float64(c.False) / float64(days))
		lo, hi := stats.PoissonInterval(c.False, float64(days), 0.95)
		st.FalseMeasured, st.FalseInterval = &rate, []model.Number{model.Number(lo), model.Number(hi)}
	}
}
