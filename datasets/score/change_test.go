package score

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"culprit/internal/tracetest"
	"culprit/model"
)

// many are n copies of a trace with different IDs.
func many(table *model.Symbols, n int) []*model.Fragment {
	out := make([]*model.Fragment, n)
	for i := range out {
		out[i] = tracetest.Draw(table, `
web GET 0ms 100ms instance=web-1
  cart list 10ms 50ms instance=cart-1 tenant=acme
  cart get 70ms 10ms instance=cart-2
`)
		binary.BigEndian.PutUint64(out[i].Trace[:8], uint64(i)+1)
	}
	return out
}

func TestApplyKeepsItsShare(t *testing.T) {
	table := model.NewSymbols()
	const n = 5000
	for _, c := range []struct {
		change        Change
		traces, spans float64 // shares that stay
	}{
		{Change{}, 1, 1},
		{Change{Drop: 0.2}, 1 - 0.2*0.2*0.2, 0.8},
		{Change{Sample: 0.3}, 0.3, 0.3},
		{Change{Drop: 0.5, Sample: 0.5}, 0.5 * (1 - 0.125), 0.25},
	} {
		traces, spans := 0, 0
		for _, f := range many(table, n) {
			if g := c.change.Apply(table, f); g != nil {
				traces++
				spans += len(g.Spans)
			}
		}
		near := func(what string, got, of int, want float64) {
			share := float64(got) / float64(of)
			if math.Abs(share-want) > 0.03 {
				t.Errorf("%s: %.3f of the %s stay, want %.3f", c.change, share, what, want)
			}
		}
		near("traces", traces, n, c.traces)
		near("spans", spans, 3*n, c.spans)
	}
}

// The argument stays as it is, and the same argument gives the same result.
func TestApplyIsRepeatable(t *testing.T) {
	table := model.NewSymbols()
	c := Change{Drop: 0.3, Sample: 0.9, Skew: 200 * time.Millisecond}
	for i, f := range many(table, 200) {
		before := append([]model.Span{}, f.Spans...)
		a, b := c.Apply(table, f), c.Apply(table, f)
		if (a == nil) != (b == nil) {
			t.Fatalf("trace %d: there and not there", i)
		}
		for k := range before {
			if f.Spans[k] != before[k] {
				t.Fatalf("trace %d: span %d of the argument was changed", i, k)
			}
		}
		if a == nil {
			continue
		}
		if len(a.Spans) != len(b.Spans) {
			t.Fatalf("trace %d: %d and %d spans", i, len(a.Spans), len(b.Spans))
		}
		for k := range a.Spans {
			if a.Spans[k] != b.Spans[k] {
				t.Fatalf("trace %d: span %d differs", i, k)
			}
			if got := a.AttrsOf(&a.Spans[k]); len(got) != int(a.Spans[k].NAttrs) {
				t.Fatalf("trace %d: span %d lost its attributes", i, k)
			}
		}
	}
}

// An emitter has one clock, emitters have different ones, and durations do not change.
func TestSkewMovesEmitters(t *testing.T) {
	table := model.NewSymbols()
	const most = 200 * time.Millisecond
	offsets := map[string]int64{}
	for _, f := range many(table, 20) {
		g := Change{Skew: most}.Apply(table, f)
		for k := range g.Spans {
			emitter := table.Name(table.ResourceOf(g.Spans[k].Resource).Instance)
			off := g.Spans[k].Start - f.Spans[k].Start
			if have, ok := offsets[emitter]; ok && have != off {
				t.Fatalf("%s: off by %v and by %v", emitter, time.Duration(have), time.Duration(off))
			}
			offsets[emitter] = off
			if off == 0 || time.Duration(off).Abs() > most {
				t.Errorf("%s: off by %v, want at most %v and not nothing", emitter, time.Duration(off), most)
			}
			if g.Spans[k].Duration != f.Spans[k].Duration {
				t.Errorf("%s: a skewed clock changes no duration", emitter)
			}
		}
	}
	if offsets["web-1"] == offsets["cart-1"] || offsets["cart-1"] == offsets["cart-2"] {
		t.Errorf("emitters share a clock: %v", offsets)
	}
}

func TestChangeIsWrittenAsFlags(t *testing.T) {
	for want, c := range map[string]Change{
		"as recorded":              {},
		"--drop 0.05":              {Drop: 0.05},
		"--sample 0.3 --healthy 3": {Sample: 0.3, Healthy: 3},
		"--skew 200ms":             {Skew: 200 * time.Millisecond},
	} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
