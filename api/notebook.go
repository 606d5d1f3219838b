package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"culprit/model"
)

// notebook is what people have said, beside the incidents. The projection's lock guards it.
type notebook struct {
	clock   time.Time      // event time: how far traces have been judged
	mutes   []model.Mute   // that have not ended, by end
	changes []model.Change // by time, oldest first
}

// Bounds of what is kept in memory. The streams hold more.
const (
	maxSaid    = 50     // notes of an incident: the newest
	maxMutes   = 1_000  // those that end first go
	maxChanges = 10_000 // the oldest go
)

// Announce takes in a note that was made just now, and tells those who follow the events. An
// error means that it cannot be told as JSON; it is kept all the same.
func (p *Projection) Announce(n model.Note) error {
	p.Note(n)
	text, err := encode(n)
	if err != nil {
		return fmt.Errorf("note %s: %w", clip(n.ID), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.feed.add(&record{seq: p.seq, note: text})
	return nil
}

// Note takes in a note, as the log of notes delivers it: in order, each at least once.
// The incidents come before the notes about them.
func (p *Projection) Note(n model.Note) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.version++
	b := &p.notes
	switch n.Kind {
	case model.NoteFeedback, model.NoteAcknowledged:
		e := p.byID[n.Incident]
		if e == nil || slices.ContainsFunc(e.said, func(o model.Note) bool { return o.ID == n.ID }) {
			return
		}
		said := append(slices.Clone(e.said), n)
		e.said = said[max(0, len(said)-maxSaid):]
	case model.NoteMuted:
		if n.Mute == nil || !b.clock.Before(n.Mute.Until) || slices.ContainsFunc(b.mutes, func(m model.Mute) bool { return m.ID == n.ID }) {
			return
		}
		b.mutes = append(b.mutes, *n.Mute)
		slices.SortFunc(b.mutes, func(x, y model.Mute) int { return cmp.Or(x.Until.Compare(y.Until), cmp.Compare(x.ID, y.ID)) })
		b.mutes = b.mutes[max(0, len(b.mutes)-maxMutes):]
	case model.NoteUnmuted:
		b.mutes = slices.DeleteFunc(b.mutes, func(m model.Mute) bool { return m.ID == n.Undoes })
	case model.NoteChange:
		if n.Change == nil {
			return
		}
		at, known := slices.BinarySearchFunc(b.changes, *n.Change, compareChanges)
		if !known {
			b.changes = slices.Insert(b.changes, at, *n.Change)
			b.changes = b.changes[max(0, len(b.changes)-maxChanges):]
		}
	}
}

func compareChanges(a, b model.Change) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}

// Clock tells how far, in event time, traces have been judged. Mutes that have ended go.
func (p *Projection) Clock(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.notes.clock
	if !now.After(before) {
		return
	}
	p.notes.clock = now
	for i := range p.notes.mutes {
		if m := &p.notes.mutes[i]; m.Holds(before) != m.Holds(now) {
			p.version++ // what is shown has changed
		}
	}
	p.notes.mutes = slices.DeleteFunc(p.notes.mutes, func(m model.Mute) bool { return !now.Before(m.Until) })
}

// Muted is the mute that keeps an incident from being told at the present moment of
// event time, nil if none does.
func (p *Projection) Muted(in *model.Incident) *model.Mute {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.notes.muted(in, p.notes.clock)
}

func (b *notebook) muted(in *model.Incident, at time.Time) *model.Mute {
	for i := len(b.mutes) - 1; i >= 0; i-- {
		if m := b.mutes[i]; m.Holds(at) && m.Matches(in) {
			return &m
		}
	}
	return nil
}

// marks is what is to be shown beside an incident, nil if nothing. The caller holds the lock.
func (p *Projection) marks(e *entry) *model.Marks {
	var m model.Marks
	at := e.cause.UpdatedAt
	if e.newest().open() {
		at = p.notes.clock
	}
	m.Muted = p.notes.muted(&e.cause, at)
	for i := range e.said {
		switch n := e.said[i]; n.Kind {
		case model.NoteAcknowledged:
			m.Acknowledged = &n
		case model.NoteFeedback:
			m.Feedback = &n
		}
	}
	if m == (model.Marks{}) {
		return nil
	}
	return &m
}

// nameOnly is the first suspect as far as mutes look at it.
func nameOnly(suspects []model.Suspect) []model.Suspect {
	if len(suspects) == 0 {
		return nil
	}
	s := suspects[0]
	return []model.Suspect{{Service: s.Service, Operation: s.Operation, Kind: s.Kind}}
}

// Said is what was said about an incident, oldest first; ok is false if it is not kept.
func (p *Projection) Said(id string) (notes []model.Note, ok bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	e := p.byID[id]
	if e == nil {
		return nil, false
	}
	return e.said, true
}

// Incident is the newest revision of an incident, as it is kept.
func (p *Projection) Incident(id string) (in model.Incident, ok bool) {
	h, ok := p.history(id)
	if !ok {
		return in, false
	}
	var b bytes.Buffer
	if err := h.revs[len(h.revs)-1].write(&b, viewFull); err != nil {
		return in, false
	}
	return in, json.Unmarshal(b.Bytes(), &in) == nil
}

// Mutes lists the mutes that have not ended, the first to end first.
func (p *Projection) Mutes() model.MuteList {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return model.MuteList{At: p.notes.clock, Mutes: slices.Clone(p.notes.mutes)}
}

// Feedback counts the incidents by the newest feedback that they have.
func (p *Projection) Feedback() model.FeedbackCounts {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var c model.FeedbackCounts
	for _, e := range p.order {
		var f *model.Feedback
		for i := range e.said {
			if e.said[i].Kind == model.NoteFeedback {
				f = e.said[i].Feedback
			}
		}
		switch {
		case f == nil:
			c.None++
		case f.Verdict == model.VerdictRight:
			c.Right++
		case f.Verdict == model.VerdictWrong && len(f.Causes) > 0:
			c.Wrong++
		default:
			c.False++
		}
	}
	return c
}
