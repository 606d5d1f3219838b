package jaeger

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"
)

const (
	// relookEvery is how often a whole stretch is read a second time to see how much
	// comes late: each costs a copy of the stretch, a tenth over all.
	relookEvery = 10
	// lateShare is the share of late spans from which on every stretch is read twice,
	// whatever that costs: below it the loss is within what baselines bear anyway.
	lateShare = 0.01
	// recallsLeast and recallsMost are how many incomplete traces are fetched again,
	// whatever the budget says.
	recallsLeast = 10
	recallsMost  = 500
)

// progress is how far one stretch has come, so that a failure does not repeat what
// is done.
type progress struct {
	window
	number   int  // of the stretch, from 0
	begun    bool // the roster counts it
	looked   bool // the first look is complete
	old      bool // at the first look it was time for the second
	full     []string
	received int64 // counters when it began
	used     int64
}

// next opens the books of a stretch.
func (r *reader) next(w window) *progress {
	p := &progress{window: w, number: r.stretches}
	r.stretches++
	p.received, p.used = r.status.counts()
	return p
}

// first reads a stretch: the owners in full, some others for a few traces, and who
// turns out to be an owner in full too.
func (r *reader) first(ctx context.Context, p *progress) error {
	names, err := r.services(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	if !p.begun {
		p.begun = true
		r.roster.begin(names, r.cfg.ExcludeServices)
	}
	few := r.roster.probes(r.purse.spare())
	full := r.roster.owners()
	r.mu.Unlock()
	for len(full)+len(few) > 0 {
		if err := r.look(ctx, p.window, full, few); err != nil {
			return err
		}
		r.mu.Lock()
		few, full = nil, r.roster.owners()
		r.mu.Unlock()
	}
	r.mu.Lock()
	p.full = r.roster.asked()
	r.mu.Unlock()
	p.looked = true
	return nil
}

func (r *reader) services(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	return r.speaker.services(ctx)
}

// second looks for what came after the first look: the incomplete traces one by one,
// now and then everything.
func (r *reader) second(ctx context.Context, p *progress, all bool) error {
	r.mu.Lock()
	r.missed = 0
	recalls := r.recalls()
	r.mu.Unlock()
	if all {
		return r.look(ctx, p.window, p.full, nil)
	}
	hints := window{p.from.Add(-p.length()), r.cfg.Now()}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.cfg.Concurrency)
	for _, t := range recalls {
		g.Go(func() error { return r.recall(ctx, t.id, p.window, hints) })
	}
	return g.Wait()
}

// recalls chooses incomplete traces, the earliest first, as far as the budget reaches.
func (r *reader) recalls() []*trace {
	open := slices.SortedFunc(maps.Values(r.open), func(a, b *trace) int {
		return cmp.Or(cmp.Compare(a.start, b.start), slices.Compare(a.id[:], b.id[:]))
	})
	spare := r.purse.spare()
	for i, t := range open {
		spare -= t.spans
		if i >= recallsMost || i >= recallsLeast && spare < 0 {
			return open[:i]
		}
	}
	return open
}

func (r *reader) recall(ctx context.Context, id pcommon.TraceID, w, hints window) error {
	a, err := r.request(ctx, "trace "+id.String(), func(ctx context.Context, room *room) ([]ptrace.Traces, error) {
		return r.speaker.get(ctx, id, hints, room)
	})
	defer a.room.release()
	if errors.Is(err, errTooLarge) {
		r.status.cut("", "a trace is larger than max_response_bytes")
		return nil
	}
	if err != nil {
		return err
	}
	return r.take(ctx, w, a.traces)
}

// finish closes the books of a stretch that is delivered.
func (r *reader) finish(p *progress) {
	received, used := r.status.counts()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.purse.settle(received-p.received, used-p.used)
	r.ledger.forget(p.from.Add(-p.length()))
	clear(r.open)
}

// tooLate reports whether a second look at everything found so much that every
// stretch should be read twice. Spans of incomplete traces do not count: those are
// found without it.
func (r *reader) tooLate(p *progress) (missed int, much bool) {
	_, used := r.status.counts()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed, float64(r.missed) > lateShare*float64(used-p.used)
}

// sleep waits until the clock shows t.
func (r *reader) sleep(ctx context.Context, t time.Time) error {
	d := t.Sub(r.cfg.Now())
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
