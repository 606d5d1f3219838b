package source

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

const sec = time.Second

// A trace is delivered once, and again when it has grown, with the stretch in which
// it was first seen to start.
func TestLedger(t *testing.T) {
	from := time.Unix(1000, 0)
	w := Window{from, from.Add(30 * sec)}
	at := func(d time.Duration, spans int) *Trace { return &Trace{Start: from.Add(d).UnixNano(), Spans: spans} }
	for _, tt := range []struct {
		name  string
		had   *Trace // delivered before
		now   *Trace
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
	a := &Trace{ID: pcommon.TraceID{1}, Start: 100, Spans: 2}
	l.restore(a, l.add(a))
	if len(l.seen) != 0 {
		t.Errorf("a refused trace is still there: %v", l.seen)
	}
	l.add(a)
	grown := &Trace{ID: pcommon.TraceID{1}, Start: 50, Spans: 4}
	l.restore(grown, l.add(grown))
	if got := l.seen[a.ID]; got != (entry{100, 2}) {
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
