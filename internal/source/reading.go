package source

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
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
	// quickTries is how often a request is made before its stretch counts as failed.
	quickTries = 3
)

// Reading is one run of a [Poller]: what was delivered, and what may still be spent on
// looking around. It is safe for concurrent use.
type Reading struct {
	*Poller
	// OnUse, if not nil, is told of each trace that is delivered. It must not call back.
	OnUse func(*Trace)

	deliver   Deliver
	stretches int // how many were begun

	mu     sync.Mutex // guards what follows
	ledger ledger
	purse  purse
	open   map[pcommon.TraceID]*Trace // incomplete traces of this stretch, data dropped
	missed int                        // spans of this stretch that a recall of open traces would not have found

	sending sync.Mutex // one delivery at a time
}

func newReading(p *Poller, deliver Deliver) *Reading {
	return &Reading{
		Poller:  p,
		deliver: deliver,
		ledger:  ledger{seen: map[pcommon.TraceID]entry{}},
		purse:   purse{share: p.cfg.MaxAmplification - 1},
		open:    map[pcommon.TraceID]*Trace{},
	}
}

// next opens the books of a stretch.
func (r *Reading) next(w Window) *Stretch {
	s := &Stretch{Window: w, number: r.stretches}
	r.stretches++
	s.received, s.used = r.counts()
	return s
}

// finish closes the books of a stretch that is delivered.
func (r *Reading) finish(s *Stretch) {
	received, used := r.counts()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.purse.settle(received-s.received, used-s.used)
	r.ledger.forget(s.From.Add(-s.Length()))
	clear(r.open)
}

// Spare is how many spans may be fetched in vain now.
func (r *Reading) Spare() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.purse.spare()
}

// Delivered reports whether a trace was delivered that seems to be complete, so that
// asking for it again is of little use.
func (r *Reading) Delivered(id pcommon.TraceID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, seen := r.ledger.seen[id]
	return seen && r.open[id] == nil
}

// Try makes one request under PollConfig.Timeout, a few times if need be. It does not
// try again after an error that is [Hopeless], or marked with backoff.Permanent, which
// means no more than that: the mark is taken off before the error is returned.
func (r *Reading) Try(ctx context.Context, request func(context.Context) error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
		defer cancel()
		err := request(ctx)
		if isHopeless(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewExponentialBackOff()), backoff.WithMaxTries(quickTries), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(error, time.Duration) { r.Retry() }))
	return err
}

// Sort puts an answer about something together by trace and counts what came. It
// takes the data over.
func (r *Reading) Sort(data []ptrace.Traces, about string) (traces []*Trace, spans int) {
	traces, bad := Group(data)
	for _, t := range traces {
		spans += t.Spans
	}
	r.Received(spans + bad)
	if bad > 0 {
		r.Warn("bad-record", about, "spans without a trace ID", int64(bad))
	}
	return traces, spans
}

// Take delivers what an answer holds of the stretch w and is new, in bounded batches.
func (r *Reading) Take(ctx context.Context, w Window, traces []*Trace) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	for len(traces) > 0 {
		var b parcel
		traces = r.fill(&b, w, traces)
		if len(b.traces) == 0 {
			break
		}
		err := r.deliver(ctx, Batch{Source: r.Name(), Traces: b.data, Warnings: r.News()})
		if err != nil {
			r.mu.Lock()
			for i := range b.traces {
				r.ledger.restore(b.traces[i], b.before[i])
			}
			r.mu.Unlock()
			return &refusal{err}
		}
		r.Used(b.fresh, b.newTraces)
	}
	return nil
}

// parcel is what is delivered at once.
type parcel struct {
	traces    []*Trace
	before    []entry
	data      []ptrace.Traces
	spans     int
	fresh     int
	newTraces int
}

// fill moves traces into b until it is full and returns the rest.
func (r *Reading) fill(b *parcel, w Window, traces []*Trace) []*Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, t := range traces {
		if b.spans > 0 && b.spans+t.Spans > r.cfg.BatchSpans {
			return traces[i:]
		}
		v, fresh := r.ledger.judge(t, w)
		if v == late {
			r.Warn("late-spans", "", "spans came after the watermark had passed their trace; a longer settle delay would catch them", int64(fresh))
			r.ledger.add(t) // count them once
		}
		if v != use {
			continue
		}
		if r.OnUse != nil {
			r.OnUse(t)
		}
		if _, ok := r.open[t.ID]; !ok {
			r.missed += fresh
		}
		if t.Open {
			r.open[t.ID] = &Trace{ID: t.ID, Start: t.Start, Spans: t.Spans}
		} else {
			delete(r.open, t.ID)
		}
		before := r.ledger.add(t)
		if before.spans == 0 {
			b.newTraces++
		}
		b.traces = append(b.traces, t)
		b.before = append(b.before, before)
		b.data = append(b.data, t.Data)
		b.spans += t.Spans
		b.fresh += fresh
	}
	return nil
}

// refusal is an error of the service, not of the system that is read.
type refusal struct{ err error }

func (e *refusal) Error() string { return "delivering spans: " + e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

// tell delivers the watermark: all of the stretch before it has been delivered.
func (r *Reading) tell(ctx context.Context, watermark time.Time) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	if err := r.deliver(ctx, Batch{Source: r.Name(), Watermark: watermark, Warnings: r.News()}); err != nil {
		return &refusal{err}
	}
	return nil
}

// second looks for what came after the first look: the incomplete traces one by one,
// now and then everything.
func (r *Reading) second(ctx context.Context, system Polled, s *Stretch, all bool) error {
	r.mu.Lock()
	r.missed = 0
	recalls := r.recalls()
	r.mu.Unlock()
	switch {
	case all:
		return system.Reread(ctx, s)
	case len(recalls) > 0:
		return system.Recall(ctx, s, recalls)
	}
	return nil
}

// recalls chooses incomplete traces, the earliest first, as far as the budget reaches.
func (r *Reading) recalls() []pcommon.TraceID {
	open := slices.SortedFunc(maps.Values(r.open), func(a, b *Trace) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), slices.Compare(a.ID[:], b.ID[:]))
	})
	spare := r.purse.spare()
	var ids []pcommon.TraceID
	for i, t := range open {
		spare -= t.Spans
		if i >= recallsMost || i >= recallsLeast && spare < 0 {
			break
		}
		ids = append(ids, t.ID)
	}
	return ids
}

// tooLate reports whether a second look at everything found so much that every
// stretch should be read twice. Spans of incomplete traces do not count: those are
// found without it.
func (r *Reading) tooLate(s *Stretch) (missed int, much bool) {
	_, used := r.counts()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed, float64(r.missed) > lateShare*float64(used-s.used)
}
