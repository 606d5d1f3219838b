package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

// RivalError says that another process writes revisions of the same incident.
// Whoever gets it is not the only writer and should stop writing.
type RivalError struct {
	ID       string
	Revision int // what was to be appended
	Found    int // what the log has got meanwhile
}

func (e *RivalError) Error() string {
	return fmt.Sprintf("incident %s: another process appended revision %d while revision %d was on its way: "+
		"only one culprit may write to a NATS namespace", e.ID, e.Found, e.Revision)
}

// GapError says that the log lacks the revisions before the one to be appended.
// [Bus.Heal] closes the gap.
type GapError struct {
	ID       string
	Revision int // what was to be appended
	Last     int // the last revision in the log, 0 for none
}

func (e *GapError) Error() string {
	return fmt.Sprintf("incident %s: revision %d cannot follow revision %d in the log", e.ID, e.Revision, e.Last)
}

// Append returns nil when the log holds the revision: because it was appended and
// acknowledged, or because it is there already. While the server is away it tries
// again, until ctx ends.
//
// Revisions of one incident come one after the other. Errors: [*GapError],
// [*RivalError], [*TooLargeError], an incident that is none, and the end of ctx.
func (b *Bus) Append(ctx context.Context, in model.Incident) error {
	_, err := b.append(ctx, in, false)
	return err
}

// append also says whether the log lacked the revision.
func (b *Bus) append(ctx context.Context, in model.Incident, gaps bool) (bool, error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	msg, err := b.encode(in)
	if err != nil {
		return false, fmt.Errorf("incident log: %w", err)
	}
	w := writer{bus: b, in: in, msg: msg, gaps: gaps}
	_, w.all = b.names.subjectsOf(&in)
	_, err = backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, w.try(ctx) },
		backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, d time.Duration) {
			w.trouble = err
			b.counts.retries.Add(1)
			b.counts.trouble(err)
			b.log.Warn("incident log does not answer, trying again", "incident", in.ID, "revision", in.Revision,
				"error", err, "in", d.Round(time.Millisecond))
		}))
	switch {
	case err == nil:
		b.counts.trouble(nil)
		if w.sent {
			b.counts.appended.Add(1)
		}
		return w.sent, nil
	case ctx.Err() != nil:
		err = errors.Join(context.Cause(ctx), w.trouble)
		return false, fmt.Errorf("incident log: %s:%d not appended: %w", in.ID, in.Revision, err)
	default:
		return false, fmt.Errorf("incident log: %w", err)
	}
}

// writer appends one revision. Each try starts with a look at the log, so that an
// acknowledgement that got lost is found there.
type writer struct {
	bus     *Bus
	in      model.Incident
	msg     *nats.Msg
	all     string // matches all revisions of the incident
	gaps    bool   // revisions may be missing before this one
	missing bool   // an earlier look has shown that the log lacked it
	sent    bool   // it may have been us who wrote it
	trouble error
}

func (w *writer) try(ctx context.Context) error {
	for {
		last, err := w.bus.last(ctx, w.all)
		if err != nil {
			return err
		}
		if done, err := w.compare(ctx, last); done || err != nil {
			return err
		}
		ack, err := w.publish(ctx, last.seq)
		switch {
		case err == nil && !ack.Duplicate:
			return nil
		case err == nil:
			// The server remembers the message. If the log does not hold it, it was
			// deleted by hand, and is taken again when the server has forgotten.
			last, err := w.bus.last(ctx, w.all)
			if err != nil {
				return err
			}
			if done, err := w.compare(ctx, last); done || err != nil {
				return err
			}
			return fmt.Errorf("the server calls %s a duplicate but does not have it", messageID(w.in.ID, w.in.Revision))
		case hasCode(err, codeWrongSequence, codeWrongSequenceOnItsWay):
			again, lookErr := w.bus.last(ctx, w.all)
			if lookErr != nil {
				return lookErr
			}
			if again.seq == last.seq {
				return err // a copy of it is on its way within the cluster
			}
		case errors.Is(err, nats.ErrMaxPayload) || hasCode(err, codeTooLarge):
			return backoff.Permanent(&TooLargeError{ID: w.in.ID, Size: len(w.msg.Data), Err: err})
		default:
			return err
		}
	}
}

// compare decides by the last message of the incident: done, an error, or to be sent.
func (w *writer) compare(ctx context.Context, last entry) (done bool, err error) {
	switch {
	case last.seq != 0 && last.revision == 0:
		w.bus.log.Warn("incident log holds a message that is no incident", "sequence", last.seq, "incident", w.in.ID)
	case last.revision == w.in.Revision:
		if !w.missing && !bytes.Equal(last.data, w.msg.Data) {
			w.bus.log.Warn("incident log has this revision with other content; the log wins", "incident", w.in.ID, "revision", w.in.Revision)
		}
		return true, nil
	case last.revision > w.in.Revision && w.missing:
		return false, backoff.Permanent(&RivalError{w.in.ID, w.in.Revision, last.revision})
	case last.revision > w.in.Revision:
		return true, nil
	case last.revision < w.in.Revision-1 && !w.gaps:
		forgets, err := w.bus.forgets(ctx)
		if err != nil {
			return false, err
		}
		if last.seq != 0 || !forgets {
			return false, backoff.Permanent(&GapError{w.in.ID, w.in.Revision, last.revision})
		}
	}
	w.missing = true
	return false, nil
}

func (w *writer) publish(ctx context.Context, after uint64) (*jetstream.PubAck, error) {
	ctx, cancel := short(ctx)
	defer cancel()
	msg := &nats.Msg{Subject: w.msg.Subject, Header: maps.Clone(w.msg.Header), Data: w.msg.Data}
	w.sent = true
	return w.bus.js.PublishMsg(ctx, msg,
		jetstream.WithExpectStream(w.bus.names.logStream),
		jetstream.WithExpectLastSequenceForSubject(after, w.all),
		jetstream.WithRetryAttempts(0))
}

// A refused expectation has two codes: 10071 names the sequence that was found,
// 10164 comes from a cluster in which a message of the subject is on its way.
const (
	codeWrongSequence         = 10071
	codeWrongSequenceOnItsWay = 10164
	codeTooLarge              = 10054
)

func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode)
}

// entry is the last message of an incident. revision 0: it is no incident, or there is none.
type entry struct {
	seq      uint64
	revision int
	data     []byte
}

// last reads the last message on the subjects from the stream's leader.
func (b *Bus) last(ctx context.Context, subjects string) (entry, error) {
	ctx, cancel := short(ctx)
	defer cancel()
	m, err := b.stream.GetLastMsgForSubject(ctx, subjects)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return entry{}, nil
	case errors.Is(err, jetstream.ErrStreamNotFound):
		b.log.Error("incident log is gone and is created anew", "stream", b.names.logStream)
		_, again := b.ensureLog(ctx)
		return entry{}, errors.Join(err, again)
	case err != nil:
		return entry{}, err
	}
	e := entry{seq: m.Sequence, data: m.Data}
	if _, rev, ok := revisionOf(m.Header.Get(jetstream.MsgIDHeader)); ok {
		e.revision = rev
	} else if in, err := decode(m.Data); err == nil {
		e.revision = in.Revision
	}
	return e, nil
}

// forgets reports whether the log has lost its beginning, by age or by hand.
func (b *Bus) forgets(ctx context.Context) (bool, error) {
	ctx, cancel := short(ctx)
	defer cancel()
	s, err := b.logInfo(ctx)
	return s.FirstSeq > 1, err
}

// logInfo asks for the log's state.
func (b *Bus) logInfo(ctx context.Context) (jetstream.StreamState, error) {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return info.State, nil
}
