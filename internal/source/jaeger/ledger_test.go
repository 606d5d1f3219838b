package jaeger

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// A trace is delivered once, and again when it has grown, with the stretch in which
// it was first seen to start.
func TestLedger(t *testing.T) {
	from := time.Unix(1000, 0)
	w := window{from, from.Add(30 * sec)}
	at := func(d time.Duration, spans int) *trace { return &trace{start: from.Add(d).UnixNano(), spans: spans} }
	for _, tt := range []struct {
		name  string
		had   *trace // delivered before
		now   *trace
		want  verdict
		fresh int
	}{
		{"a new trace", nil, at(0, 3), use, 3},
		{"a trace that has not grown", at(sec, 3), at(sec, 3), known, 0},
		{"a trace of which less came", at(sec, 3), at(sec, 2), known, 0},
		{"a trace that has grown", at(sec, 3), at(sec, 5), use, 2},
		{"a trace of the next stretch", nil, at(30*sec, 3), foreign, 0},
		{"a late root that starts before the stretch", at(sec, 3), at(-sec, 4), use, 1},
		{"a late root that starts after it", at(sec, 3), at(40*sec, 4), use, 1},
		{"a trace of the last stretch, delivered there", at(-sec, 3), at(-sec, 3), known, 0},
		{"a trace of the last stretch that has grown", at(-sec, 3), at(-sec, 4), late, 1},
		{"a trace of the last stretch that nobody brought", nil, at(-sec, 4), late, 4},
		{"a trace from before the beginning", nil, at(-50*sec, 4), foreign, 0},
	} {
		l := ledger{seen: map[pcommon.TraceID]entry{}, since: from.Add(-30 * sec).UnixNano()}
		if tt.had != nil {
			l.add(tt.had)
		}
		v, fresh := l.judge(tt.now, w)
		if v != tt.want || v != foreign && fresh != tt.fresh {
			t.Errorf("%s: verdict %d with %d new spans, want %d with %d", tt.name, v, fresh, tt.want, tt.fresh)
		}
	}
}

// Taking an entry back leaves the ledger as it was; what started long ago is forgotten.
func TestLedgerRestoreAndForget(t *testing.T) {
	l := ledger{seen: map[pcommon.TraceID]entry{}}
	a := &trace{id: traceID(1), start: 100, spans: 2}
	l.restore(a, l.add(a))
	if len(l.seen) != 0 {
		t.Errorf("a refused trace is still there: %v", l.seen)
	}
	l.add(a)
	grown := &trace{id: traceID(1), start: 50, spans: 4}
	l.restore(grown, l.add(grown))
	if got := l.seen[a.id]; got != (entry{100, 2}) {
		t.Errorf("the entry before the refusal was {100 2}, is %v", got)
	}
	l.forget(time.Unix(0, 100))
	if len(l.seen) != 1 {
		t.Error("a trace at the edge is forgotten")
	}
	l.forget(time.Unix(0, 101))
	if len(l.seen) != 0 || l.since != 101 {
		t.Errorf("have %d entries since %d, want 0 since 101", len(l.seen), l.since)
	}
}

// Of large answers one at a time is in memory; small ones do not wait for it, and
// the end of the run ends the waiting.
func TestLargeAnswersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := make(chan struct{}, 1)
		large <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		open := func() *room { return &room{max: 1 << 30, large: large, wait: ctx} }
		a, b, c := open(), open(), open()
		if err := a.take(smallAnswer + 1); err != nil {
			t.Fatal(err)
		}
		if err := c.take(smallAnswer); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() { got <- b.take(smallAnswer + 1) }()
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("two large answers are in memory at once")
		default:
		}
		a.release()
		if err := <-got; err != nil || !b.waited {
			t.Fatalf("the second large answer: %v", err)
		}
		go func() { got <- c.take(1) }()
		synctest.Wait()
		cancel()
		if err := <-got; err == nil {
			t.Error("the wait did not end with the run")
		}
		b.release()
		b.release()
		if len(large) != 1 {
			t.Errorf("%d tokens, want 1", len(large))
		}
	})
}
