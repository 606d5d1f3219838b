package jaeger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Whose a trace is, when it starts and whether more of it may be on its way.
func TestInspect(t *testing.T) {
	at := time.Unix(1000, 0)
	for _, tt := range []struct {
		name  string
		calls []call
		owner string
		start time.Duration
		open  bool
	}{
		{"the root's service owns it", shop, "web", 0, false},
		{"of two roots the earlier decides", []call{{1, 0, "b", "x", 5 * ms, ms, false}, {2, 0, "c", "x", 3 * ms, ms, false}, {3, 1, "a", "x", 6 * ms, ms, false}}, "c", 3 * ms, false},
		{"of two roots at once the smaller ID decides", []call{{2, 0, "b", "x", 0, ms, false}, {1, 0, "c", "x", 0, ms, false}}, "c", 0, false},
		{"a child that starts before its root does not decide", []call{{1, 0, "b", "x", 5 * ms, ms, false}, {2, 1, "a", "x", 2 * ms, ms, false}}, "b", 5 * ms, false},
		{"without a root the smallest name, from the earliest span", []call{{2, 1, "user", "x", 3 * ms, ms, false}, {3, 2, "cart", "x", 4 * ms, ms, false}}, "cart", 3 * ms, true},
		{"a missing parent leaves it open", []call{{1, 0, "web", "x", 0, ms, false}, {3, 2, "cart", "x", 4 * ms, ms, false}}, "web", 0, true},
		{"a root without a service name", []call{{1, 0, "", "x", 0, ms, false}}, "", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			traces, bad := group([]ptrace.Traces{draw(1, at, tt.calls...)})
			if len(traces) != 1 || bad != 0 {
				t.Fatalf("%d traces, %d bad spans", len(traces), bad)
			}
			got := traces[0]
			if got.owner != tt.owner || got.start != at.Add(tt.start).UnixNano() || got.open != tt.open || got.spans != len(tt.calls) {
				t.Errorf("owner %q, start %s, open %v, %d spans", got.owner, time.Unix(0, got.start).Sub(at), got.open, got.spans)
			}
		})
	}
}

// However an answer is cut into messages and however traces are mixed in them, the
// same traces come out, with all their spans, and spans without trace ID are counted.
func TestGroupIgnoresPackaging(t *testing.T) {
	at := time.Unix(1000, 0)
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, seed))
		var messages []ptrace.Traces
		for range 1 + rng.IntN(4) {
			messages = append(messages, ptrace.NewTraces())
		}
		var want []string
		var pieces []ptrace.ResourceSpans
		for i := range 5 {
			for _, c := range shop {
				want = append(want, fmt.Sprint(traceID(i), c.service, c.name))
				pieces = append(pieces, draw(i, at, c).ResourceSpans().At(0))
			}
		}
		nameless := draw(9, at, shop[0])
		nameless.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{})
		pieces = append(pieces, nameless.ResourceSpans().At(0))
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, p := range pieces {
			rss := messages[rng.IntN(len(messages))].ResourceSpans()
			p.MoveTo(rss.AppendEmpty())
		}
		traces, bad := group(messages)
		if len(traces) != 5 || bad != 1 {
			t.Fatalf("seed %d: %d traces and %d bad spans, want 5 and 1", seed, len(traces), bad)
		}
		var got []string
		for i, tr := range traces {
			if id, ok := onlyID(tr.data); !ok || id != traceID(i) || tr.id != id {
				t.Errorf("seed %d: trace %d has the ID %s", seed, i, tr.id)
			}
			for _, rs := range tr.data.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						got = append(got, fmt.Sprint(tr.id, serviceOf(rs), s.Name()))
					}
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("seed %d: spans %v, want %v", seed, got, want)
		}
	}
}

// The parts of a window cover it without gap or overlap.
func TestSplitCovers(t *testing.T) {
	from := time.Unix(1000, 0)
	for _, length := range []time.Duration{ms, 3 * ms, 250 * ms, 7 * sec, 30 * sec, 30*sec + 1} {
		for n := 1; n < 70; n++ {
			parts := window{from, from.Add(length)}.split(n)
			at := from
			for _, p := range parts {
				if !p.from.Equal(at) || !p.to.After(p.from) {
					t.Fatalf("%s in %d: part %s does not follow %s", length, n, p, at)
				}
				at = p.to
			}
			if !at.Equal(from.Add(length)) || len(parts) > n {
				t.Fatalf("%s in %d: %d parts end at %s", length, n, len(parts), at)
			}
		}
	}
}
