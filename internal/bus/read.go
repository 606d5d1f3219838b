package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

// ReadFunc takes one revision and its sequence in the log. An error ends the
// reading and is returned as it is.
type ReadFunc func(seq uint64, in model.Incident) error

// Load reads the log from its beginning to what is its end now, in order, and
// returns the sequence of that end: the place from which [Bus.Watch] goes on.
// Messages that are no incidents are skipped, logged and counted.
func (b *Bus) Load(ctx context.Context, fn ReadFunc) (last uint64, err error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	s, err := backoff.Retry(ctx, func() (jetstream.StreamState, error) {
		ctx, cancel := short(ctx)
		defer cancel()
		return b.logInfo(ctx)
	}, backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(0), b.notifyReading())
	if err != nil {
		return 0, fmt.Errorf("incident log: %w", err)
	}
	if s.Msgs == 0 {
		return s.LastSeq, nil
	}
	r := reader{bus: b, stream: b.stream, fn: b.incidents(fn), until: s.LastSeq}
	return s.LastSeq, r.run(ctx)
}

// Watch reads what follows a sequence in the log, in order, and goes on until ctx
// ends or fn returns an error. It outlives any absence of the server. A log that is
// shorter than after was created anew: then Watch starts at its beginning, so fn
// must bear to see a revision again.
func (b *Bus) Watch(ctx context.Context, after uint64, fn ReadFunc) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	r := reader{bus: b, stream: b.stream, fn: b.incidents(fn), after: after}
	return r.run(ctx)
}

// incidents reads messages as incidents; what is none is skipped, logged and counted.
func (b *Bus) incidents(fn ReadFunc) func(uint64, string, []byte) error {
	return func(seq uint64, subject string, data []byte) error {
		in, err := decode(data)
		if err != nil {
			b.counts.unreadable.Add(1)
			b.log.Warn("incident log holds a message that is no incident", "sequence", seq, "subject", subject, "error", err)
			return nil
		}
		return fn(seq, in)
	}
}

// The server sends a sign of life each idleBeat while a reader waits; a reader that
// has missed two looks for its place again.
const (
	idleBeat   = 2 * time.Second
	readAhead  = 128 // messages
	forgetIdle = 30 * time.Second
)

type reader struct {
	bus    *Bus
	stream jetstream.Stream
	fn     func(seq uint64, subject string, data []byte) error
	after  uint64 // the last sequence that fn has taken
	until  uint64 // 0: follow
}

var errReadAll = errors.New("read to the end")

// run follows the log with one consumer after the other. The place is kept here, not
// in the consumer, so nothing is skipped or repeated when one is lost.
func (r *reader) run(ctx context.Context) error {
	pause := patience()
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		before := r.after
		err := r.follow(ctx)
		if r.after != before {
			pause.Reset()
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), r.bus.notifyReading())
	if errors.Is(err, errReadAll) {
		return nil
	}
	return err
}

func (b *Bus) notifyReading() backoff.RetryOption {
	return backoff.WithNotify(func(err error, d time.Duration) {
		b.counts.trouble(err)
		b.log.Warn("incident log cannot be read, trying again", "error", err, "in", d.Round(time.Millisecond))
	})
}

func (r *reader) follow(ctx context.Context) error {
	b := r.bus
	cons, err := r.consumer(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), callWait)
		defer cancel()
		_ = r.stream.DeleteConsumer(ctx, cons.CachedInfo().Name) // it forgets itself soon anyway
	}()
	it, err := cons.Messages(jetstream.PullMaxMessages(readAhead), jetstream.PullHeartbeat(idleBeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer it.Stop()
	for delivered := uint64(1); ; delivered++ {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Consumer != delivered {
			return fmt.Errorf("message %d came in place of %d", meta.Sequence.Consumer, delivered)
		}
		seq := meta.Sequence.Stream
		if r.until != 0 && seq > r.until {
			return backoff.Permanent(errReadAll)
		}
		if err := r.fn(seq, m.Subject(), m.Data()); err != nil {
			return backoff.Permanent(err)
		}
		r.after = seq
		b.counts.trouble(nil)
		if r.until != 0 && (seq == r.until || meta.NumPending == 0) {
			return backoff.Permanent(errReadAll)
		}
	}
}

// consumer makes a short-lived consumer behind the place.
func (r *reader) consumer(ctx context.Context) (jetstream.Consumer, error) {
	b := r.bus
	ctx, cancel := short(ctx)
	defer cancel()
	info, err := r.stream.Info(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) && r.stream == b.stream {
		b.log.Error("incident log is gone and is created anew", "stream", b.names.logStream)
		_, err = b.ensureLog(ctx)
	}
	if err != nil {
		return nil, err
	}
	s := jetstream.StreamState{}
	if info != nil {
		s = info.State
	}
	if s.LastSeq < r.after {
		b.log.Error("incident log is shorter than what was read of it, reading it from its beginning", "sequence", r.after, "last", s.LastSeq)
		r.after = 0
	}
	if r.until != 0 && (s.Msgs == 0 || s.LastSeq <= r.after) {
		return nil, backoff.Permanent(errReadAll)
	}
	return r.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       r.after + 1,
		InactiveThreshold: forgetIdle,
		MemoryStorage:     true,
		Replicas:          1,
	})
}
