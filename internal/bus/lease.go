package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lease is the right to be the one process that writes. It is renewed until
// [Lease.Release], [Bus.Close], or its loss.
type Lease struct {
	bus   *Bus
	value []byte
	rev   uint64
	until time.Time // by our clock, counted from before the server was asked

	lost   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
}

// holder is the content of the lease: who has it.
type holder struct {
	Token string    `json:"token"`
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

const leaseKey = "leader"

// Lead waits until this process is the leader. Whoever owns the embedded server
// leads at once: a former leader cannot have outlived the server, except as a client
// of it, and then learns that it has lost the lease.
func (b *Bus) Lead(ctx context.Context) (*Lease, error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	host, _ := os.Hostname()
	value, err := json.Marshal(holder{Token: rand.Text(), Host: host, PID: os.Getpid(), Since: time.Now().UTC()})
	if err != nil {
		return nil, fmt.Errorf("leader lease: %w", err)
	}
	l := &Lease{bus: b, value: value, lost: make(chan struct{}), done: make(chan struct{})}
	usurp := b.server != nil && !b.led.Swap(true)
	for said := false; ; {
		err := l.take(ctx, usurp)
		if err == nil {
			break
		}
		switch {
		case errors.Is(err, jetstream.ErrKeyExists) && !said:
			said = true
			b.log.Info("standby: another culprit writes", "leader", b.leader(ctx))
		case !errors.Is(err, jetstream.ErrKeyExists):
			b.log.Warn("leader lease cannot be asked for, trying again", "error", err)
		}
		select {
		case <-time.After(b.cfg.LeaseTTL / 5):
		case <-ctx.Done():
			return nil, fmt.Errorf("leader lease: %w", context.Cause(ctx))
		}
	}
	life, stop := context.WithCancel(b.life)
	l.cancel = stop
	b.leases.Go(func() { l.keep(life) }) // waited for in Release and Close
	return l, nil
}

// Lost is closed when another process may have become the leader. Stop writing then.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Release gives the lease back, so that a standby need not wait, and returns when
// that has been tried. It may be called twice.
func (l *Lease) Release() {
	l.cancel()
	<-l.done
}

// take asks for the lease once. jetstream.ErrKeyExists: another process has it.
func (l *Lease) take(ctx context.Context, usurp bool) (err error) {
	ctx, cancel := short(ctx)
	defer cancel()
	asked := time.Now()
	if usurp {
		l.rev, err = l.bus.lease.Put(ctx, leaseKey, l.value)
	} else {
		l.rev, err = l.bus.lease.Create(ctx, leaseKey, l.value)
	}
	if err == nil {
		l.until = l.validUntil(asked)
	}
	return err
}

// validUntil leaves a tenth of the lease for clocks that do not run alike.
func (l *Lease) validUntil(asked time.Time) time.Time {
	return asked.Add(l.bus.cfg.LeaseTTL * 9 / 10)
}

// keep renews the lease until life ends or the lease is lost.
func (l *Lease) keep(life context.Context) {
	defer close(l.done)
	wait := l.bus.cfg.LeaseTTL / 3
	for {
		select {
		case <-life.Done():
			l.giveBack()
			return
		case <-time.After(min(wait, time.Until(l.until))):
		}
		err := l.renew(life)
		wait = l.bus.cfg.LeaseTTL / 3
		if err != nil && life.Err() == nil {
			wait = l.bus.cfg.LeaseTTL / 20
			if errors.Is(err, errTaken) || !time.Now().Before(l.until) {
				l.bus.log.Error("leader lease is lost", "error", err)
				close(l.lost)
				return
			}
			l.bus.log.Warn("leader lease not renewed, trying again", "error", err)
		}
	}
}

var errTaken = errors.New("another process has the lease")

func (l *Lease) renew(ctx context.Context) error {
	// The answer is waited for no longer than the lease is ours.
	ctx, cancel := context.WithDeadline(ctx, l.until)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	asked := time.Now()
	rev, err := l.bus.lease.Update(ctx, leaseKey, l.value, l.rev)
	if err == nil {
		l.rev, l.until = rev, l.validUntil(asked)
		return nil
	}
	if !hasCode(err, codeWrongSequence, codeWrongSequenceOnItsWay) {
		return err
	}
	// A renewal whose answer got lost has moved the revision too.
	e, getErr := l.bus.lease.Get(ctx, leaseKey)
	switch {
	case getErr == nil && string(e.Value()) == string(l.value):
		l.rev = e.Revision()
		return err
	case getErr == nil && e.Revision() > l.rev:
		return errTaken
	}
	return errors.Join(err, getErr)
}

func (l *Lease) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.bus.lease.Delete(ctx, leaseKey, jetstream.LastRevision(l.rev)); err != nil {
		l.bus.log.Info("leader lease not given back, it will run out", "error", err)
	}
}

// leader is who has the lease, for a person.
func (b *Bus) leader(ctx context.Context) string {
	ctx, cancel := short(ctx)
	defer cancel()
	e, err := b.lease.Get(ctx, leaseKey)
	if err != nil {
		return "unknown"
	}
	var h holder
	if json.Unmarshal(e.Value(), &h) != nil {
		return "unknown"
	}
	return fmt.Sprintf("process %d on %s since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
}
