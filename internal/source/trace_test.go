package source

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
		calls []spanLine
		owner string
		start time.Duration
		open  bool
	}{
		{"the root's service owns it", cart, "web", 0, false},
		{"of two roots the earlier decides", []spanLine{{1, 0, "b", "x", 5 * ms, ms}, {2, 0, "c", "x", 3 * ms, ms}, {3, 1, "a", "x", 6 * ms, ms}}, "c", 3 * ms, false},
		{"of two roots at once the smaller ID decides", []spanLine{{2, 0, "b", "x", 0, ms}, {1, 0, "c", "x", 0, ms}}, "c", 0, false},
		{"a child that starts before its root does not decide", []spanLine{{1, 0, "b", "x", 5 * ms, ms}, {2, 1, "a", "x", 2 * ms, ms}}, "b", 5 * ms, false},
		{"without a root the smallest name, from the earliest span", []spanLine{{2, 1, "user", "x", 3 * ms, ms}, {3, 2, "cart", "x", 4 * ms, ms}}, "cart", 3 * ms, true},
		{"a missing parent leaves it open", []spanLine{{1, 0, "web", "x", 0, ms}, {3, 2, "cart", "x", 4 * ms, ms}}, "web", 0, true},
		{"a root without a service name", []spanLine{{1, 0, "", "x", 0, ms}}, "", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			traces, bad := Group([]ptrace.Traces{draw(1, at, tt.calls...)})
			if len(traces) != 1 || bad != 0 {
				t.Fatalf("%d traces, %d bad spans", len(traces), bad)
			}
			got := traces[0]
			if got.Owner != tt.owner || got.Start != at.Add(tt.start).UnixNano() || got.Open != tt.open || got.Spans != len(tt.calls) {
				t.Errorf("owner %q, start %s, open %v, %d spans", got.Owner, time.Unix(0, got.Start).Sub(at), got.Open, got.Spans)
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
			for _, c := range cart {
				want = append(want, fmt.Sprint(traceID(i), c.service, c.name))
				pieces = append(pieces, draw(i, at, c).ResourceSpans().At(0))
			}
		}
		nameless := draw(9, at, cart[0])
		nameless.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{})
		pieces = append(pieces, nameless.ResourceSpans().At(0))
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, p := range pieces {
			rss := messages[rng.IntN(len(messages))].ResourceSpans()
			p.MoveTo(rss.AppendEmpty())
		}
		traces, bad := Group(messages)
		if len(traces) != 5 || bad != 1 {
			t.Fatalf("seed %d: %d traces and %d bad spans, want 5 and 1", seed, len(traces), bad)
		}
		var got []string
		for i, tr := range traces {
			if id, ok := onlyID(tr.Data); !ok || id != traceID(i) || tr.ID != id {
				t.Errorf("seed %d: trace %d has the ID %s", seed, i, tr.ID)
			}
			for _, rs := range tr.Data.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						got = append(got, fmt.Sprint(tr.ID, ServiceOf(rs), s.Name()))
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
			parts := Window{from, from.Add(length)}.Split(n)
			at := from
			for _, p := range parts {
				if !p.From.Equal(at) || !p.To.After(p.From) {
					t.Fatalf("%s in %d: part %s does not follow %s", length, n, p, at)
				}
				at = p.To
			}
			if !at.Equal(from.Add(length)) || len(parts) > n {
				t.Fatalf("%s in %d: %d parts end at %s", length, n, len(parts), at)
			}
		}
	}
}

const ms = time.Millisecond

// spanLine is one span of a drawn trace.
type spanLine struct {
	id, parent byte
	service    string
	name       string
	at, lasts  time.Duration // since the trace's start
}

var cart = []spanLine{
	{1, 0, "web", "GET /cart", 0, 100 * ms},
	{2, 1, "cart", "list", 10 * ms, 50 * ms},
	{3, 2, "user", "get", 20 * ms, 30 * ms},
	{4, 1, "web", "render", 70 * ms, 20 * ms},
}

// draw makes trace n of lines, a resource for each.
func draw(n int, start time.Time, lines ...spanLine) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, c := range lines {
		rs := td.ResourceSpans().AppendEmpty()
		if c.service != "" {
			rs.Resource().Attributes().PutStr("service.name", c.service)
		}
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(traceID(n))
		s.SetSpanID(pcommon.SpanID{c.id})
		if c.parent != 0 {
			s.SetParentSpanID(pcommon.SpanID{c.parent})
		}
		s.SetName(c.name)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(start.Add(c.at)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(c.at + c.lasts)))
	}
	return td
}

func traceID(n int) pcommon.TraceID { return pcommon.TraceID{1, 15: byte(n)} }
