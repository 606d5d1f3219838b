package app

import (
	"context"
	"time"

	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// waitingSpans is how many spans of a recording wait for the rest of their traces, unless
// told otherwise: some 300 MB. Exporters send the spans of a trace within seconds of each
// other, and this is a minute of 20,000 spans a second.
const waitingSpans = 1_000_000

// stream hands over whole traces one after the other while a recording is read, so that
// memory does not grow with the recording. A trace is whole when the recording says so by
// a watermark; without one, when it is the one that nothing was added to for longest and
// more spans wait than may. What comes of it after that is counted and left out.
type stream struct {
	conv    *conversion
	most    int
	in      engine.Stretch // zero times are no limit
	take    func(f *model.Fragment)
	waiting map[model.TraceID]*waits
	first   *waits // the one that waits longest
	last    *waits
	spans   int
	gone    [2]map[uint64]struct{} // hashes of the last traces that were handed over: late spans of them are no new traces
	torn    int64                  // spans that came too late
	spread  extent
}

// waits is a trace that may still grow. They form a list, the longest untouched first.
type waits struct {
	heldTrace
	before, after *waits
}

// extent is when the first and the last trace began.
type extent struct {
	first, last int64
	any         bool
}

func (e *extent) add(t int64) {
	if !e.any {
		*e = extent{t, t, true}
		return
	}
	e.first, e.last = min(e.first, t), max(e.last, t)
}

// streamTraces reads a recording and calls take with each trace that begins in a stretch,
// in an order that depends on the recording alone. most is the number of spans that may
// wait, 0 for the default. The extent is that of the traces that were taken.
func streamTraces(ctx context.Context, rec Recording, conv *conversion, most int, in engine.Stretch, take func(*model.Fragment)) (extent, error) {
	if most <= 0 {
		most = waitingSpans
	}
	s := &stream{conv: conv, most: most, in: in, take: take, waiting: map[model.TraceID]*waits{}}
	s.gone = [2]map[uint64]struct{}{{}, {}}
	err := rec.Read(ctx, func(b source.Batch) error {
		conv.warn(b.Warnings)
		for _, f := range conv.inOrder(b.Traces) {
			s.add(f)
		}
		if !b.Watermark.IsZero() {
			s.reach(b.Watermark)
		}
		return ctx.Err()
	})
	if err != nil {
		return s.spread, err
	}
	for s.first != nil {
		s.pass(s.first)
	}
	if s.torn > 0 {
		conv.warn([]model.Warning{{Kind: "late-spans", Count: s.torn, Message: "spans came so long after the rest of their trace that it had been counted without them: raise --max-spans-in-memory"}})
	}
	return s.spread, nil
}

func (s *stream) add(f *model.Fragment) {
	w := s.waiting[f.Trace]
	if w == nil {
		if s.isGone(f.Trace.Hash()) {
			s.torn += int64(len(f.Spans))
			return
		}
		w = &waits{heldTrace: heldTrace{f, noTime, noTime}}
		s.waiting[f.Trace] = w
	} else {
		w.frag.Append(f)
		s.unlink(w)
	}
	s.link(w)
	s.spans += len(f.Spans)
	w.widen(f.Spans)
	for s.spans > s.most && s.first != s.last {
		s.pass(s.first)
	}
}

// remembered is how many of the last traces are remembered, at least.
const remembered = 200_000

func (s *stream) isGone(hash uint64) bool {
	_, a := s.gone[0][hash]
	_, b := s.gone[1][hash]
	return a || b
}

// reach hands over the traces that begin before a watermark.
func (s *stream) reach(watermark time.Time) {
	for w := s.first; w != nil; {
		next := w.after
		if w.start() < watermark.UnixNano() {
			s.pass(w)
		}
		w = next
	}
}

// pass hands a trace over.
func (s *stream) pass(w *waits) {
	s.unlink(w)
	delete(s.waiting, w.frag.Trace)
	s.spans -= len(w.frag.Spans)
	if len(s.gone[0]) >= remembered {
		s.gone[1], s.gone[0] = s.gone[0], map[uint64]struct{}{}
	}
	s.gone[0][w.frag.Trace.Hash()] = struct{}{}
	at := w.start()
	if !holds(s.in, at) {
		return
	}
	s.spread.add(at)
	s.take(w.frag)
}

func (s *stream) link(w *waits) {
	w.before, w.after = s.last, nil
	if s.last != nil {
		s.last.after = w
	} else {
		s.first = w
	}
	s.last = w
}

func (s *stream) unlink(w *waits) {
	if w.before != nil {
		w.before.after = w.after
	} else {
		s.first = w.after
	}
	if w.after != nil {
		w.after.before = w.before
	} else {
		s.last = w.before
	}
}
