package jaeger

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// Six services of which one owns all traces: what is received stays within 1.3 of
// what is used, second looks included.
func TestAmplificationIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		calls := []call{{1, 0, "frontend", "dispatch", 0, 700 * ms, false}}
		for i, name := range []string{"customer", "driver", "mysql", "redis", "route"} {
			for j := range 7 {
				calls = append(calls, call{byte(2 + 7*i + j), 1, name, "op", time.Duration(100*i+j) * ms, 10 * ms, false})
			}
		}
		const n = 1200
		for i := range n { // two a second, ten minutes
			at := start.Add(time.Duration(i) * 500 * ms)
			f.add(at.Add(6*sec), draw(i, at, calls...))
		}
		k := newSink(start.Add(10 * time.Minute))
		s := f.source(t, DefaultConfig())
		run(t, s, start, k)
		st := s.Status()
		ratio := float64(st.SpansReceived) / float64(st.SpansUsed)
		t.Logf("amplification %.3f", ratio)
		if st.TracesUsed != n || ratio > 1.3 {
			t.Errorf("used %d of %d traces at an amplification of %.3f, want all at 1.3", st.TracesUsed, n, ratio)
		}
	})
}

// A service that begins to own traces is asked in full from the stretch on in which
// a probe meets it, and so is one that is seen as an owner through another's traces.
func TestNewOwnerIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		for i := range 1200 {
			at := start.Add(time.Duration(i) * 500 * ms)
			f.add(at, draw(i, at, shop...))
			if i >= 600 { // user works by itself, too
				f.add(at, draw(10_000+i, at, call{1, 0, "user", "cron", 0, 5 * ms, false}))
			}
			if i >= 1000 { // a new entry that calls an old owner
				f.add(at, draw(20_000+i, at, call{1, 0, "mobile", "open", 0, 9 * ms, false}, call{2, 1, "web", "GET", 1 * ms, 5 * ms, false}))
			}
		}
		k := newSink(start.Add(10 * time.Minute))
		run(t, f.source(t, DefaultConfig()), start, k)
		var cron, mobile int
		for i := 600; i < 1200; i++ {
			cron += k.has(10_000 + i)
			mobile += k.has(20_000 + i)
		}
		if cron < 400 {
			t.Errorf("have %d of 600 traces of the new owner; found too late", cron)
		}
		if mobile != 400 {
			t.Errorf("have %d of 400 spans of the entry seen through its callee", mobile)
		}
	})
}

// A long trace shows up in every stretch that one of its spans starts in; it is
// delivered once, with the stretch that its root starts in.
func TestLongTraceIsDeliveredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		var calls []call
		for i := range 12 {
			calls = append(calls, call{byte(i + 1), byte(min(i, 1)), "web", "step", time.Duration(i) * 10 * sec, 5 * sec, false})
		}
		f.add(start, draw(1, start.Add(sec), calls...))
		k := newSink(start.Add(3 * time.Minute))
		run(t, f.source(t, DefaultConfig()), start, k)
		if k.has(1) != 12 || k.deliveries[traceID(1)] != 1 {
			t.Errorf("have %d spans in %d deliveries, want 12 in 1", k.has(1), k.deliveries[traceID(1)])
		}
	})
}

// More traces than the depth: the window is split until all have come, and planned
// shorter the next time.
func TestWindowsAreSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{takes: 20 * ms}, t0()
		const n = 3000
		for i := range n {
			at := start.Add(time.Duration(i) * 40 * ms)
			f.add(at, draw(i, at, shop[0]))
		}
		cfg := DefaultConfig()
		cfg.Depth = 100
		cfg.Settle, cfg.SecondLook = sec, 0
		k := newSink(start.Add(2 * time.Minute))
		s := f.source(t, cfg)
		run(t, s, start, k)
		st := s.Status()
		ratio := float64(st.SpansReceived) / float64(st.SpansUsed)
		if st.TracesUsed != n || st.Truncated != 0 {
			t.Errorf("used %d of %d traces, %d answers cut", st.TracesUsed, n, st.Truncated)
		}
		if ratio > 1.3 {
			t.Errorf("amplification is %.2f: windows are not planned ahead", ratio)
		}
		if f.most > cfg.Concurrency {
			t.Errorf("%d searches at the same time, want at most %d", f.most, cfg.Concurrency)
		}
	})
}

// At the floor what may be missing is counted.
func TestCutAtTheFloorIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		for i := range 50 {
			f.add(start, draw(i, start.Add(100*ms), shop[0]))
		}
		cfg := DefaultConfig()
		cfg.Depth = 10
		k := newSink(start.Add(30 * sec))
		s := f.source(t, cfg)
		run(t, s, start, k)
		if st := s.Status(); st.Truncated == 0 || k.warned("answer-cut") == 0 || st.TracesUsed != 10 {
			t.Errorf("%d answers cut, %d warnings, %d traces", st.Truncated, k.warned("answer-cut"), st.TracesUsed)
		}
	})
}

// Searches run side by side, but not more than allowed.
func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{takes: sec}, t0()
		for i := range 20 {
			f.add(start, draw(i, start.Add(sec), call{1, 0, fmt.Sprint("svc", i), "op", 0, ms, false}))
		}
		k := newSink(start.Add(30 * sec))
		run(t, f.source(t, DefaultConfig()), start, k)
		if f.most != 4 {
			t.Errorf("at most %d searches at the same time, want 4", f.most)
		}
		if len(k.spans) != 20 {
			t.Errorf("have %d spans, want 20", len(k.spans))
		}
	})
}

// Probes that bring only what belongs elsewhere, here traces that began before the
// first stretch, use up what may be spent in vain. As long as nothing at all is
// read, that does not keep services from being probed again.
func TestWhoReadsNothingLooksOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		for i := range 8 { // more than a probe asks for
			at := start.Add(-sec)
			f.add(at, draw(10_000+i, at, call{1, 0, "web", "GET", 0, 9 * sec, false}, call{2, 1, "web", "render", 5 * sec, sec, false}))
		}
		const n = 400
		for i := range n {
			at := start.Add(40*sec + time.Duration(i)*500*ms)
			f.add(at, draw(i, at, call{1, 0, "web", "GET", 0, 9 * ms, false}))
		}
		k := newSink(start.Add(5 * time.Minute))
		run(t, f.source(t, DefaultConfig()), start, k)
		found := 0
		for i := range n {
			found += k.has(i)
		}
		if found != n {
			t.Errorf("%d of %d traces were found", found, n)
		}
	})
}
