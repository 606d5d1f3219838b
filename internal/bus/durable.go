package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

// ackWait is after how long the server gives a message again that a dead reader had.
// A living one that takes longer says so before.
const ackWait = 30 * time.Second

// durablePrefix begins the names of all durable consumers of ours.
const durablePrefix = "notify-"

// Durable is a reader of the incident log whose place the server remembers.
type Durable struct {
	bus   *Bus
	name  string
	place uint64
}

// Durable opens the reader of a name. A new one begins behind the sequence after; one
// that is there already goes on where it was. It waits for a server that is away.
func (b *Bus) Durable(ctx context.Context, name string, after uint64) (*Durable, error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	d := &Durable{bus: b, name: durablePrefix + Token(name)}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		ctx, stop := short(ctx)
		defer stop()
		c, err := b.stream.Consumer(ctx, d.name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			c, err = b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
				Durable: d.name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 1, MaxDeliver: -1,
				DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
			})
			if err == nil {
				d.place = after
				return struct{}{}, nil
			}
		}
		if err == nil {
			d.place = c.CachedInfo().AckFloor.Stream
			if d.place == 0 {
				d.place = c.CachedInfo().Config.OptStartSeq - 1
			}
		}
		return struct{}{}, err
	}, backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(0), b.notifyReading())
	if err != nil {
		return nil, fmt.Errorf("reader %s of the incident log: %w", d.name, err)
	}
	return d, nil
}

// Place is the last sequence that had been taken when the reader was opened.
func (d *Durable) Place() uint64 { return d.place }

// Run calls fn with one revision after the other, and moves on when it has returned nil.
// fn may take as long as it likes. When it returns an error, Run ends with it, and the
// revision comes again to whoever opens the reader next: fn sees each at least once,
// and again only when this process or the server died at the wrong moment. Run outlives
// any absence of the server, and ends when ctx does.
func (d *Durable) Run(ctx context.Context, fn func(ctx context.Context, seq uint64, in model.Incident) error) error {
	ctx, cancel := d.bus.under(ctx)
	defer cancel()
	pause := patience()
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, d.follow(ctx, func() { pause.Reset() }, fn)
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), d.bus.notifyReading())
	return err
}

func (d *Durable) follow(ctx context.Context, well func(), fn func(context.Context, uint64, model.Incident) error) error {
	b := d.bus
	ask, stop := short(ctx)
	cons, err := b.stream.Consumer(ask, d.name)
	stop()
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		b.log.Error("a reader of the incident log is gone, beginning it anew", "reader", d.name, "after", d.place)
		again, openErr := b.Durable(ctx, strings.TrimPrefix(d.name, durablePrefix), d.place)
		if openErr != nil {
			return openErr
		}
		d.place = again.place
		return err
	}
	if err != nil {
		return err
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(1), jetstream.PullHeartbeat(idleBeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		seq := meta.Sequence.Stream
		in, err := decode(m.Data())
		if err != nil {
			b.counts.unreadable.Add(1)
			b.log.Warn("incident log holds a message that is no incident", "sequence", seq, "subject", m.Subject(), "error", err)
		} else if err := d.take(ctx, m, func() error { return fn(ctx, seq, in) }); err != nil {
			_ = m.Nak() // or it comes again when the wait for its acknowledgement is over
			return backoff.Permanent(err)
		}
		if err := d.done(ctx, m); err != nil {
			return err
		}
		d.place = max(d.place, seq)
		well()
	}
}

// take runs fn and tells the server meanwhile that it is at work.
func (d *Durable) take(ctx context.Context, m jetstream.Msg, fn func() error) error {
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(ackWait / 3)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				if err := m.InProgress(); err != nil {
					d.bus.log.Debug("the server was not told that a reader is at work", "reader", d.name, "error", err)
				}
			case <-ctx.Done():
				return
			case <-ended:
				return
			}
		}
	})
	err := fn()
	close(ended)
	wg.Wait()
	return err
}

// done acknowledges, and is sure of it when it returns nil.
func (d *Durable) done(ctx context.Context, m jetstream.Msg) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		ctx, stop := short(ctx)
		defer stop()
		return struct{}{}, m.DoubleAck(ctx)
	}, backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(ackWait/2))
	if err != nil {
		return fmt.Errorf("a revision is not acknowledged and may be told again: %w", err)
	}
	return nil
}

// Keep forgets the places of all readers but those with these names.
func (b *Bus) Keep(ctx context.Context, names []string) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	var kept []string
	for _, n := range names {
		kept = append(kept, durablePrefix+Token(n))
	}
	list := b.stream.ConsumerNames(ctx)
	var gone []string
	for name := range list.Name() {
		if strings.HasPrefix(name, durablePrefix) && !slices.Contains(kept, name) {
			gone = append(gone, name)
		}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("readers of the incident log: %w", err)
	}
	for _, name := range gone {
		b.log.Info("a receiver of alerts is no longer configured: its place in the log is forgotten", "reader", name)
		if err := b.stream.DeleteConsumer(ctx, name); err != nil {
			return fmt.Errorf("reader %s of the incident log: %w", name, err)
		}
	}
	return nil
}

// Revision reads one revision from the log by its sequence.
func (b *Bus) Revision(ctx context.Context, seq uint64) (model.Incident, error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	m, err := b.stream.GetMsg(ctx, seq)
	if err != nil {
		return model.Incident{}, fmt.Errorf("incident log, sequence %d: %w", seq, err)
	}
	in, err := decode(m.Data)
	if err != nil {
		return in, fmt.Errorf("incident log, sequence %d: %w", seq, err)
	}
	return in, nil
}
