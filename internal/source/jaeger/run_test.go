package jaeger

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"culprit/internal/source"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// t0 is when a bubble's clock starts, on a stretch's edge.
func t0() time.Time { return time.Now().Truncate(30 * time.Second) }

// A stretch is read after the settle delay; the watermark passes it after the second
// look, not before.
func TestWatermarkWaitsForTheSecondLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		f.add(start, draw(1, start.Add(10*sec), shop...))
		var at []time.Duration
		k := newSink(start.Add(60 * sec))
		k.refuse = func(b source.Batch) error {
			if !b.Watermark.IsZero() {
				at = append(at, time.Since(start))
			} else if since := time.Since(start); since < 50*sec {
				t.Errorf("spans came %s after the start, before they had settled", since)
			}
			return nil
		}
		run(t, f.source(t, DefaultConfig()), start, k)
		if len(at) != 2 || at[0] != 60*sec || at[1] != 90*sec {
			t.Errorf("watermarks came after %v, want 1m0s and 1m30s", at)
		}
		if k.has(1) != 4 {
			t.Errorf("have %d spans of the trace, want 4", k.has(1))
		}
	})
}

// What comes between the looks is delivered before the watermark: a root that ended
// late, found because its trace lacked it; a leaf that nobody misses, found because
// the first stretch and every tenth are read twice.
func TestSecondLookFindsLateSpans(t *testing.T) {
	for _, tt := range []struct {
		name    string
		early   []call
		late    []call
		stretch int
	}{
		{"the root comes late", shop[1:], shop[:1], 3},
		{"an inner span comes late", []call{shop[0], shop[2], shop[3]}, shop[1:2], 3},
		{"a leaf comes late in the first stretch", shop[:3], shop[3:], 0},
		{"a whole trace comes late in the tenth stretch", nil, shop, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, start := &fake{}, t0()
				for i := range 12 { // others, so that the service is known as an owner
					f.add(start, draw(100+i, start.Add(time.Duration(i)*30*sec+sec), shop...))
				}
				from := start.Add(time.Duration(tt.stretch) * 30 * sec)
				if tt.early != nil {
					f.add(from.Add(30*sec), draw(1, from.Add(5*sec), tt.early...))
				}
				f.add(from.Add(55*sec), draw(1, from.Add(5*sec), tt.late...))
				k := newSink(from.Add(30 * sec))
				run(t, f.source(t, DefaultConfig()), start, k)
				if k.has(1) != 4 {
					t.Errorf("have %d spans when the watermark passes, want 4", k.has(1))
				}
				for i := range tt.stretch + 1 {
					if n := k.deliveries[traceID(100+i)]; n != 1 {
						t.Errorf("trace %d, which did not grow, came %d times", i, n)
					}
				}
			})
		})
	}
}

// Spans that come after the watermark are counted, not delivered.
func TestSpansBehindTheWatermarkAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		f.add(start, draw(1, start.Add(29900*ms), shop...))
		f.add(start.Add(70*sec), draw(1, start.Add(29900*ms),
			call{9, 1, "web", "late", 200 * ms, 10 * ms, false})) // in the next stretch
		k := newSink(start.Add(60 * sec))
		s := f.source(t, DefaultConfig())
		run(t, s, start, k)
		if k.has(1) != 4 || k.warned("late-spans") != 1 {
			t.Errorf("have %d spans and %d late, want 4 and 1", k.has(1), k.warned("late-spans"))
		}
	})
}

// An outage loses nothing: the stretches are read in order when Jaeger is back, the
// watermark stands still until then, and status says what is wrong.
func TestOutageIsReadAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		n := 60
		for i := range n {
			at := start.Add(time.Duration(i) * 20 * sec)
			f.add(at, draw(i, at, shop...))
		}
		down, up := start.Add(3*time.Minute), start.Add(13*time.Minute)
		f.fail = func(query) error {
			if now := time.Now(); now.After(down) && now.Before(up) {
				return errUnreachable
			}
			return nil
		}
		k := newSink(start.Add(20 * time.Minute))
		s := f.source(t, DefaultConfig())
		time.AfterFunc(10*time.Minute, func() {
			st := s.Status()
			if st.Healthy || st.Error == "" || st.Retries == 0 || st.Watermark.After(down) {
				t.Errorf("status during the outage: %+v", st)
			}
		})
		run(t, s, start, k)
		for i := range n {
			if k.has(i) != 4 {
				t.Errorf("trace %d: have %d spans, want 4", i, k.has(i))
			}
		}
		if len(k.watermarks) != 40 {
			t.Errorf("have %d watermarks, want each of 40", len(k.watermarks))
		}
		if st := s.Status(); !st.Healthy || st.Error != "" || st.TracesUsed != int64(n) || st.SpansUsed != 4*int64(n) {
			t.Errorf("status after the outage: %+v", st)
		}
	})
}

// An outage longer than the bound is cut, and said.
func TestGapBeyondTheBoundIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		cfg := DefaultConfig()
		cfg.MaxBackfill = time.Hour
		k := newSink(start.Add(time.Minute))
		run(t, f.source(t, cfg), start.Add(-3*time.Hour), k)
		if k.warned("gap") != 1 {
			t.Errorf("have %d gap warnings, want 1", k.warned("gap"))
		}
		if first := k.watermarks[0]; first.Before(start.Add(-time.Hour)) {
			t.Errorf("the first watermark is %s, more than an hour ago", first)
		}
	})
}

// A first start reads back, a restart goes on where the last run stopped.
func TestWhereARunBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, now := &fake{}, t0()
		k := newSink(now)
		run(t, f.source(t, DefaultConfig()), time.Time{}, k)
		if want := now.Add(-15 * time.Minute); k.watermarks[0].Before(want) || k.watermarks[0].After(want.Add(30*sec)) {
			t.Errorf("the first watermark is %s, want about %s", k.watermarks[0], want)
		}
		k = newSink(now.Add(time.Minute))
		run(t, f.source(t, DefaultConfig()), now.Add(7*sec), k)
		if want := now.Add(30 * sec); !k.watermarks[0].Equal(want) {
			t.Errorf("after a restart the first watermark is %s, want %s", k.watermarks[0], want)
		}
	})
}

// What the service refuses is delivered again, and the cursor stays.
func TestRefusedDeliveryIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, start := &fake{}, t0()
		for i := range 10 {
			f.add(start, draw(i, start.Add(time.Duration(i)*sec), shop...))
		}
		cfg := DefaultConfig()
		cfg.BatchSpans = 8
		k := newSink(start.Add(30 * sec))
		refusals := 0
		k.refuse = func(b source.Batch) error {
			if refusals++; refusals%2 == 1 && refusals < 20 {
				return errors.New("the log is away")
			}
			return nil
		}
		s := f.source(t, cfg)
		run(t, s, start, k)
		for i := range 10 {
			if k.has(i) != 4 {
				t.Errorf("trace %d: have %d spans, want 4", i, k.has(i))
			}
		}
		if st := s.Status(); st.SpansUsed != 40 || st.TracesUsed != 10 {
			t.Errorf("status counts what was refused: %+v", st)
		}
		if k.largest > 8 {
			t.Errorf("a batch has %d spans, want at most 8", k.largest)
		}
	})
}
