package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	// fetchTries is how often Fetch tries a stretch before it gives up.
	fetchTries = 4
	// MaxPause is the longest pause between tries.
	MaxPause = 30 * time.Second
)

// Polled is a system that does not push and answers questions about stretches of
// time. Its calls are made one at a time; they hand what they find to
// [Reading.Take], and what they are asked for again after an error may be handed
// over again.
type Polled interface {
	// Read asks for all traces of a stretch, for the first time.
	Read(ctx context.Context, s *Stretch) error
	// Reread asks for all of them again, some time later.
	Reread(ctx context.Context, s *Stretch) error
	// Recall asks again for single traces, which were incomplete.
	Recall(ctx context.Context, s *Stretch, ids []pcommon.TraceID) error
	// Close lets go of connections after trouble and at the end. A call that follows
	// opens new ones.
	Close()
}

// Stretch is a part of time that is read at once, and how far that has come, so that
// a failure does not repeat what is done.
type Stretch struct {
	Window
	number   int   // from 0
	looked   bool  // the first look is complete
	old      bool  // at the first look it was time for the second
	received int64 // counters when it began
	used     int64
}

// Poller reads a polled system in stretches, oldest first, each only after
// PollConfig.Settle has passed since its end, because spans arrive late. Some time
// later it takes a second look at traces that lack a root or a parent, and now and
// then at the whole stretch. Each trace is delivered once, and again only when it
// has grown. When all of a stretch is delivered the watermark moves to its end.
//
// One Run or Fetch at a time; Status at any time.
type Poller struct {
	*Health
	cfg PollConfig
}

// NewPoller returns a poller of the configuration, which is complete.
func NewPoller(name string, cfg PollConfig) *Poller { return &Poller{NewHealth(name), cfg} }

// Run reads stretch by stretch until ctx ends, and then returns nil. from is the
// watermark that an earlier run had acknowledged; zero begins PollConfig.Backfill ago.
// Whatever the system or the receiver answer is tried again from the same stretch.
func (p *Poller) Run(ctx context.Context, from time.Time, deliver Deliver, open func(*Reading) Polled) error {
	r := newReading(p, deliver)
	system := open(r)
	defer system.Close()
	cursor := p.begin(from)
	r.ledger.since = cursor.UnixNano()
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = MaxPause
	var s *Stretch
	twiceUntil := 0 // stretches up to this one are read twice
	for ctx.Err() == nil {
		if s == nil {
			cursor = p.skip(cursor)
			s = r.next(Window{cursor, cursor.Truncate(p.cfg.Step).Add(p.cfg.Step)})
		}
		err := r.live(ctx, system, s, &twiceUntil)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			cursor, s = s.To, nil
			pause.Reset()
			if p.Well(cursor) {
				p.cfg.Logger.Info("the source is read again", "source", p.Name(), "watermark", cursor)
			}
		default:
			p.trouble(ctx, system, err, pause.NextBackOff())
			if p.cfg.Now().Sub(s.From) > p.cfg.MaxBackfill {
				s = nil
			}
		}
	}
	return nil
}

// live reads one stretch when its time has come.
func (r *Reading) live(ctx context.Context, system Polled, s *Stretch, twiceUntil *int) error {
	if err := r.sleep(ctx, s.To.Add(r.cfg.Settle)); err != nil {
		return err
	}
	secondAt := s.To.Add(r.cfg.Settle + r.cfg.SecondLook)
	if !s.looked {
		s.old = !r.cfg.Now().Before(secondAt)
		if err := system.Read(ctx, s); err != nil {
			return err
		}
		s.looked = true
	}
	if r.cfg.SecondLook > 0 && !s.old {
		if err := r.sleep(ctx, secondAt); err != nil {
			return err
		}
		all := s.number%relookEvery == 0 || s.number <= *twiceUntil
		if err := r.second(ctx, system, s, all); err != nil {
			return err
		}
		if missed, much := r.tooLate(s); all && much {
			*twiceUntil = s.number + relookEvery
			r.Warn("late-spans", "", "spans came between the two looks; a longer settle delay would spare reading twice", int64(missed))
		}
	}
	if err := r.tell(ctx, s.To); err != nil {
		return err
	}
	r.finish(s)
	return nil
}

// trouble says what is wrong, once, and waits. The server may have been replaced by
// one that speaks something else, so connections are opened anew.
func (p *Poller) trouble(ctx context.Context, system Polled, err error, wait time.Duration) {
	var ours *refusal
	if !errors.As(err, &ours) {
		system.Close()
	}
	var after *backoff.RetryAfterError
	if errors.As(err, &after) {
		wait = max(wait, after.Duration)
	}
	if p.Ill(err) {
		p.cfg.Logger.Warn("a stretch of traces is not read; trying again", "source", p.Name(), "error", err, "in", wait)
	}
	p.Warn("source-failed", "", "a stretch could not be read and is tried again", 1)
	_ = p.sleep(ctx, p.cfg.Now().Add(wait))
}

// begin is where a run starts reading.
func (p *Poller) begin(from time.Time) time.Time {
	now := p.cfg.Now()
	if from.IsZero() {
		return now.Add(-p.cfg.Settle - p.cfg.Backfill).Truncate(p.cfg.Step)
	}
	if from.After(now) {
		return now.Truncate(p.cfg.Step)
	}
	return from
}

// skip moves a cursor that is too old, and says so.
func (p *Poller) skip(cursor time.Time) time.Time {
	oldest := p.cfg.Now().Add(-p.cfg.MaxBackfill)
	if !cursor.Before(oldest) {
		return cursor
	}
	to := oldest.Truncate(p.cfg.Step).Add(p.cfg.Step)
	p.cfg.Logger.Warn("the gap is longer than max_backfill; its older part is not read", "source", p.Name(), "from", cursor, "to", to)
	p.Warn("gap", cursor.UTC().Format(time.RFC3339)+".."+to.UTC().Format(time.RFC3339), "not read: the gap is longer than max_backfill", 1)
	return to
}

// sleep waits until the clock shows t.
func (p *Poller) sleep(ctx context.Context, t time.Time) error {
	d := t.Sub(p.cfg.Now())
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Fetch reads [from, to) once, without waiting for anything to settle, and delivers
// it like Run, with a watermark after each stretch and one at to. Failures are tried
// again a few times, those that are [Hopeless] are not.
func (p *Poller) Fetch(ctx context.Context, from, to time.Time, deliver Deliver, open func(*Reading) Polled) error {
	if !from.Before(to) {
		return fmt.Errorf("reading from %s: the stretch from %s to %s is empty", p.Name(), from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	r := newReading(p, deliver)
	system := open(r)
	defer system.Close()
	r.ledger.since = from.UnixNano()
	for cursor := from; cursor.Before(to); {
		end := cursor.Truncate(p.cfg.Step).Add(p.cfg.Step)
		if end.After(to) {
			end = to
		}
		s := r.next(Window{cursor, end})
		var last error // what the trouble was, should time run out
		_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, r.once(ctx, system, s) },
			backoff.WithMaxTries(fetchTries), backoff.WithMaxElapsedTime(0),
			backoff.WithNotify(func(err error, _ time.Duration) {
				last = err
				p.Ill(err)
				system.Close()
			}))
		if err != nil {
			if ctx.Err() != nil && last != nil {
				err = fmt.Errorf("%w; before that: %w", err, last)
			}
			p.Ill(err)
			return fmt.Errorf("reading %s from %s: %w", s.Window, p.Name(), err)
		}
		p.Well(end)
		cursor = end
	}
	return nil
}

// once reads one stretch now.
func (r *Reading) once(ctx context.Context, system Polled, s *Stretch) error {
	if err := system.Read(ctx, s); isHopeless(err) {
		return backoff.Permanent(err)
	} else if err != nil {
		return err
	}
	if err := r.tell(ctx, s.To); err != nil {
		return backoff.Permanent(err)
	}
	r.finish(s)
	return nil
}

// Hopeless marks an error that trying again soon does not mend: refused credentials, a
// request that makes no sense. [Poller.Fetch] and [Reading.Try] give up on it; a
// service that runs for long asks again all the same, with growing pauses.
func Hopeless(err error) error { return &hopeless{err} }

type hopeless struct{ err error }

func (e *hopeless) Error() string { return e.err.Error() }
func (e *hopeless) Unwrap() error { return e.err }

func isHopeless(err error) bool {
	var h *hopeless
	return errors.As(err, &h)
}
