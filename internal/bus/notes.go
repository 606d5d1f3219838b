package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

// Notes are kept in two streams beside the incident log, on subjects that end in the
// note's ID. They are not in the log itself, because its subjects promise revisions:
// the number of a revision is checked against all that the log has for an incident, and
// who reads the log must find incidents only. Changes have a stream of their own, so
// that a pipeline that deploys every minute pushes out old changes and not the feedback.

// maxChanges bounds the stream of changes; the oldest go.
const maxChanges = 10_000

// noteStream is the stream that a kind of note is kept in.
func (n *names) noteStream(kind string) (stream, prefix string) {
	if kind == model.NoteChange {
		return n.changes, n.changePrefix
	}
	return n.notes, n.notePrefix
}

// AppendNote returns the place of a note in its stream when that holds it. It reports
// false if it held it before: a note is its ID, for ever, however often it is sent.
// While the server is away it tries again, until ctx ends.
func (b *Bus) AppendNote(ctx context.Context, n model.Note) (seq uint64, fresh bool, err error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	if n.ID == "" || n.Kind == "" {
		return 0, false, errors.New("note without an ID or a kind")
	}
	data, err := json.Marshal(n)
	if err != nil {
		return 0, false, fmt.Errorf("note %s: %w", n.ID, err)
	}
	stream, prefix := b.names.noteStream(n.Kind)
	subject := prefix + "." + Token(n.Kind) + "." + Token(n.ID)
	h := nats.Header{}
	h.Set(headerSpec, "1.0")
	h.Set(headerID, percent(n.ID))
	h.Set(headerType, "culprit.note."+percent(n.Kind))
	h.Set(headerSource, b.cfg.Source)
	h.Set(headerContent, contentType)
	h.Set(jetstream.MsgIDHeader, percent(n.ID))
	fresh = true
	seq, err = backoff.Retry(ctx, func() (uint64, error) {
		ask, stop := short(ctx)
		defer stop()
		ack, err := b.js.PublishMsg(ask, &nats.Msg{Subject: subject, Header: h, Data: data},
			jetstream.WithExpectStream(stream), jetstream.WithExpectLastSequencePerSubject(0), jetstream.WithRetryAttempts(0))
		switch {
		case err == nil:
			fresh = fresh && !ack.Duplicate
			return ack.Sequence, nil
		case hasCode(err, codeWrongSequence, codeWrongSequenceOnItsWay):
			fresh = false
			s, err := b.js.Stream(ask, stream)
			if err != nil {
				return 0, err
			}
			m, err := s.GetLastMsgForSubject(ask, subject)
			if err != nil {
				return 0, err
			}
			return m.Sequence, nil
		case errors.Is(err, nats.ErrMaxPayload):
			return 0, backoff.Permanent(err)
		}
		return 0, err
	}, backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		b.counts.trouble(err)
		b.log.Warn("a note cannot be kept, trying again", "note", n.ID, "error", err, "in", d.Round(time.Millisecond))
	}))
	if err != nil {
		return 0, false, fmt.Errorf("note %s of kind %s is not kept: %w", n.ID, n.Kind, err)
	}
	return seq, fresh, nil
}

// LoadNotes reads all notes: first the changes, then what people have said, each in the
// order in which they were kept. What is no note is skipped, logged and counted.
func (b *Bus) LoadNotes(ctx context.Context, fn func(seq uint64, n model.Note) error) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	for _, name := range []string{b.names.changes, b.names.notes} {
		s, err := b.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("notes %s: %w", name, err)
		}
		r := reader{bus: b, stream: s, until: s.CachedInfo().State.LastSeq, fn: func(seq uint64, subject string, data []byte) error {
			var n model.Note
			if err := json.Unmarshal(data, &n); err != nil || n.ID == "" {
				b.counts.unreadable.Add(1)
				b.log.Warn("a note cannot be read", "sequence", seq, "subject", subject, "error", err)
				return nil
			}
			return fn(seq, n)
		}}
		if s.CachedInfo().State.Msgs == 0 {
			continue
		}
		if err := r.run(ctx); err != nil {
			return fmt.Errorf("notes %s: %w", name, err)
		}
	}
	return nil
}

// ensureNotes creates the streams of notes where they are missing.
func (b *Bus) ensureNotes(ctx context.Context) error {
	for _, c := range []jetstream.StreamConfig{
		{Name: b.names.notes, Subjects: []string{b.names.notePrefix + ".>"}, MaxAge: b.cfg.KeepFor,
			Description: "What people have said about incidents, and what is not to be told"},
		{Name: b.names.changes, Subjects: []string{b.names.changePrefix + ".>"}, MaxAge: b.cfg.KeepFor, MaxMsgs: maxChanges,
			Description: "Deploys, flags and settings: what was changed, and when"},
	} {
		_, err := b.js.Stream(ctx, c.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			c.Storage, c.Replicas, c.Duplicates, c.MaxMsgSize = jetstream.FileStorage, max(b.cfg.Replicas, 1), duplicates, -1
			_, err = b.js.CreateStream(ctx, c)
		}
		if err != nil {
			return fmt.Errorf("notes %s: %w", c.Name, err)
		}
	}
	return nil
}
