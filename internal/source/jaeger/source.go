package jaeger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"culprit/internal/source"
	"culprit/model"
)

var _ source.Source = (*Source)(nil)

// fetchTries is how often Fetch tries a stretch before it gives up.
const fetchTries = 4

// Source reads from one Jaeger. One Run or Fetch at a time; Status at any time.
type Source struct {
	cfg    Config
	places []place
	status health
	// connect finds the server's protocol: connect, or a test's server.
	connect func(context.Context, *Config, []place) (*speaker, error)
}

// New checks the configuration; it does not ask the server yet.
func New(cfg Config) (*Source, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	places, err := places(cfg.Endpoints)
	if err != nil {
		return nil, err
	}
	if _, err := cfg.TLS.config(); err != nil {
		return nil, fmt.Errorf("jaeger: %w", err)
	}
	s := &Source{cfg: cfg, places: places, connect: connect}
	s.status.name = "jaeger " + places[0].String()
	return s, nil
}

// Status is how reading goes. Healthy is false until the first stretch has been read.
func (s *Source) Status() model.SourceStatus { return s.status.get() }

// TraceURL is the page of a trace in Jaeger's own user interface.
func (s *Source) TraceURL(id model.TraceID) string {
	base := strings.TrimRight(s.cfg.UI, "/")
	for _, p := range s.places {
		if base == "" && !p.grpc {
			base = p.url()
		}
	}
	return base + "/trace/" + id.String()
}

// Run reads stretch by stretch until ctx ends, and then returns nil. from is the
// watermark that an earlier run had acknowledged; zero begins Config.Backfill ago.
// Whatever Jaeger or the receiver answer is tried again from the same stretch.
func (s *Source) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	r := newReader(s, deliver)
	defer r.close()
	cursor := s.begin(from)
	r.ledger.since = cursor.UnixNano()
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = maxPause
	var p *progress
	twiceUntil := 0 // stretches up to this one are read twice
	for ctx.Err() == nil {
		if p == nil {
			cursor = s.skip(cursor)
			p = r.next(window{cursor, cursor.Truncate(s.cfg.Step).Add(s.cfg.Step)})
		}
		err := r.live(ctx, p, &twiceUntil)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			cursor, p = p.to, nil
			pause.Reset()
			if s.status.well(cursor) {
				s.cfg.Logger.Info("jaeger is read again", "watermark", cursor)
			}
		default:
			s.trouble(ctx, r, err, pause.NextBackOff())
			if s.cfg.Now().Sub(p.from) > s.cfg.MaxBackfill {
				p = nil
			}
		}
	}
	return nil
}

// live reads one stretch when its time has come.
func (r *reader) live(ctx context.Context, p *progress, twiceUntil *int) error {
	if err := r.sleep(ctx, p.to.Add(r.cfg.Settle)); err != nil {
		return err
	}
	if err := r.connected(ctx); err != nil {
		return err
	}
	secondAt := p.to.Add(r.cfg.Settle + r.cfg.SecondLook)
	if !p.looked {
		p.old = !r.cfg.Now().Before(secondAt)
		if err := r.first(ctx, p); err != nil {
			return err
		}
	}
	if r.cfg.SecondLook > 0 && !p.old {
		if err := r.sleep(ctx, secondAt); err != nil {
			return err
		}
		all := p.number%relookEvery == 0 || p.number <= *twiceUntil
		if err := r.second(ctx, p, all); err != nil {
			return err
		}
		if missed, much := r.tooLate(p); all && much {
			*twiceUntil = p.number + relookEvery
			r.status.warn("late-spans", "", "spans came between the two looks; a longer settle delay would spare reading twice", int64(missed))
		}
	}
	if err := r.tell(ctx, p.to); err != nil {
		return err
	}
	r.finish(p)
	return nil
}

// trouble says what is wrong, once, and waits. The server may have been replaced by
// one that speaks something else, so it is asked anew.
func (s *Source) trouble(ctx context.Context, r *reader, err error, wait time.Duration) {
	var ours *refusal
	if !errors.As(err, &ours) {
		r.close()
	}
	var after *backoff.RetryAfterError
	if errors.As(err, &after) {
		wait = max(wait, after.Duration)
	}
	if s.status.ill(err) {
		s.cfg.Logger.Warn("a stretch of jaeger's traces is not read; trying again", "error", err, "in", wait)
	}
	s.status.warn("source-failed", "", "a stretch could not be read and is tried again", 1)
	_ = r.sleep(ctx, s.cfg.Now().Add(wait))
}

// begin is where a run starts reading.
func (s *Source) begin(from time.Time) time.Time {
	now := s.cfg.Now()
	if from.IsZero() {
		return now.Add(-s.cfg.Settle - s.cfg.Backfill).Truncate(s.cfg.Step)
	}
	if from.After(now) {
		return now.Truncate(s.cfg.Step)
	}
	return from
}

// skip moves a cursor that is too old, and says so.
func (s *Source) skip(cursor time.Time) time.Time {
	oldest := s.cfg.Now().Add(-s.cfg.MaxBackfill)
	if !cursor.Before(oldest) {
		return cursor
	}
	to := oldest.Truncate(s.cfg.Step).Add(s.cfg.Step)
	s.cfg.Logger.Warn("the gap is longer than max_backfill; its older part is not read", "from", cursor, "to", to)
	s.status.warn("gap", cursor.UTC().Format(time.RFC3339)+".."+to.UTC().Format(time.RFC3339), "not read: the gap is longer than max_backfill", 1)
	return to
}

// Fetch reads [from, to) once, without waiting for anything to settle, and delivers
// it like Run, with a watermark after each stretch and one at to. Every service is
// looked at in every stretch. Jaeger's failures are tried again a few times.
func (s *Source) Fetch(ctx context.Context, from, to time.Time, deliver source.Deliver) error {
	if !from.Before(to) {
		return fmt.Errorf("reading from jaeger: the stretch from %s to %s is empty", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	r := newReader(s, deliver)
	defer r.close()
	r.roster.eager = true
	r.ledger.since = from.UnixNano()
	for cursor := from; cursor.Before(to); {
		end := cursor.Truncate(s.cfg.Step).Add(s.cfg.Step)
		if end.After(to) {
			end = to
		}
		p := r.next(window{cursor, end})
		var last error // what Jaeger's trouble was, should time run out
		_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, r.once(ctx, p) },
			backoff.WithMaxTries(fetchTries), backoff.WithMaxElapsedTime(0),
			backoff.WithNotify(func(err error, _ time.Duration) {
				last = err
				s.status.ill(err)
				r.close()
			}))
		if err != nil {
			if ctx.Err() != nil && last != nil {
				err = fmt.Errorf("%w; before that: %w", err, last)
			}
			s.status.ill(err)
			return fmt.Errorf("reading %s from jaeger: %w", p.window, err)
		}
		s.status.well(end)
		cursor = end
	}
	return nil
}

// once reads one stretch now.
func (r *reader) once(ctx context.Context, p *progress) error {
	if err := r.connected(ctx); err != nil {
		if errors.Is(err, errAuth) {
			return backoff.Permanent(err)
		}
		return err
	}
	if err := r.first(ctx, p); err != nil {
		return err
	}
	if err := r.tell(ctx, p.to); err != nil {
		return backoff.Permanent(err)
	}
	r.finish(p)
	return nil
}
