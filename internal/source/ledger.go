package source

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// ledger remembers which traces were delivered, so that each is once. It belongs to
// whoever holds the reader's lock.
type ledger struct {
	seen map[pcommon.TraceID]entry
	// since is from when on seen holds everything that was delivered, ns.
	since int64
}

type entry struct {
	start int64
	spans int
}

// verdict is what to do with a trace of an answer.
type verdict uint8

const (
	use     verdict = iota // new, or grown
	known                  // delivered, and has not grown
	foreign                // starts in another stretch: that one's business
	late                   // starts before the watermark, but was not (all) delivered
)

// judge decides on a trace that an answer about w brought. fresh is how many of its
// spans are new. Nothing changes until [ledger.add].
func (l *ledger) judge(t *Trace, w Window) (v verdict, fresh int) {
	was, ok := l.seen[t.ID]
	fresh = t.Spans - was.spans
	switch {
	case ok && fresh <= 0:
		return known, 0
	case ok && was.start >= w.From.UnixNano():
		return use, fresh // the first start stands even if an earlier root turns up
	case t.Start >= w.To.UnixNano():
		return foreign, 0
	case t.Start >= w.From.UnixNano():
		return use, fresh
	case ok || t.Start >= l.since:
		return late, fresh
	}
	return foreign, 0
}

// add records that a trace is delivered; the first start stands.
func (l *ledger) add(t *Trace) (before entry) {
	before, ok := l.seen[t.ID]
	now := entry{t.Start, t.Spans}
	if ok {
		now.start = before.start
	}
	l.seen[t.ID] = now
	return before
}

// restore takes an add back: the delivery was refused.
func (l *ledger) restore(t *Trace, before entry) {
	if before.spans == 0 {
		delete(l.seen, t.ID)
		return
	}
	l.seen[t.ID] = before
}

// forget drops what started before t.
func (l *ledger) forget(t time.Time) {
	l.since = max(l.since, t.UnixNano())
	for id, e := range l.seen {
		if e.start < t.UnixNano() {
			delete(l.seen, id)
		}
	}
}
