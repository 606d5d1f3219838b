package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

func TestCriticalPath(t *testing.T) {
	for _, c := range []struct{ name, draw, want string }{
		{
			name: "time that no child covers is the span's own",
			draw: `
web  GET    0ms 100ms
  web a    10ms  20ms
    web b  15ms   5ms
  web c    50ms  30ms
`,
			want: "GET 10 a 5 b 5 a 10 GET 20 c 30 GET 20",
		},
		{
			name: "of children that overlap the last to finish is waited for, the others only before it began",
			draw: `
web  GET    0ms 100ms
  web a    10ms  60ms
  web b    40ms  50ms
  web c    50ms  10ms
`,
			want: "GET 10 a 30 b 50 GET 10",
		},
		{
			name: "what nobody waits for is not on the path",
			draw: `
web  GET    0ms 100ms
  web a    10ms  80ms follows
  web b   120ms  80ms
`,
			want: "GET 100",
		},
		{
			name: "a child that outlives its parent is cut, and what it does afterwards too",
			draw: `
web  GET    0ms 100ms
  web a    60ms  90ms
    web b 110ms  30ms
    web d  70ms  50ms
`,
			want: "GET 60 a 10 d 30",
		},
		{
			name: "a remote child with another clock takes its children with it",
			draw: `
web  GET        0ms 100ms
  cart a     -500ms  40ms
    cart b   -490ms  10ms
  user c      900ms  30ms
    user d    910ms   5ms
`,
			want: "a 10 b 10 a 20 GET 30 c 10 d 5 c 15",
		},
		{
			name: "the time in the network is the client's",
			draw: `
web  call   0ms 100ms kind=client
  cart a   20ms  50ms kind=server
`,
			want: "call 20 a 50 call 30",
		},
		{
			name: "where a span is missing, what stood below it is lost and its caller is charged",
			draw: `
web  GET    0ms 100ms
  web a    10ms  20ms
web  lost  40ms  30ms parent=00000000000000aa
`,
			want: "GET 10 a 20 GET 70",
		},
		{
			name: "a call whose answer is missing is the caller's",
			draw: `
web  GET    0ms 100ms kind=server
  web call 10ms  60ms kind=client
cart list  20ms  40ms kind=server parent=00000000000000bb
`,
			want: "GET 10 call 60 GET 30",
		},
		{
			name: "only what hangs below the main span counts",
			draw: `
web  GET   10ms 10ms
web  late  50ms 10ms
`,
			want: "GET 10",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sy := model.NewSymbols()
			tr := graph.NewAssembler(graph.Config{}).Assemble(tracetest.Draw(sy, c.draw))
			var cp graph.CriticalPath
			var words []string
			for _, s := range cp.Of(tr) {
				words = append(words, fmt.Sprintf("%s %d", sy.Name(tr.Spans[s.Span].Operation), time.Duration(s.To-s.From).Milliseconds()))
			}
			if d := cmp.Diff(c.want, strings.Join(words, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

// The walk by single milliseconds finds the same path.
func TestCriticalPathAgainstOracle(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	var c graph.CriticalPath
	rapid.Check(t, func(t *rapid.T) {
		tr := a.Assemble(heaps().Draw(t, "heap"))
		var want []graph.Segment
		main := tr.Spans[tr.Main]
		slowPath(oracle{tr}, tr.Main, main.Start, main.End(), 0, func(span int, from int64) {
			if n := len(want); n > 0 && want[n-1].Span == span {
				want[n-1].From = from
				return
			}
			want = append(want, graph.Segment{Span: span, From: from, To: from + tick})
		})
		var got []graph.Segment
		for _, s := range c.Of(tr) {
			got = append([]graph.Segment{s}, got...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("last first (-want +got):\n%s", d)
		}
	})
}

// slowPath walks span i backwards in the stretch [from, to) of the main clock, which is
// the span's own clock plus shift, and says each millisecond on the path.
func slowPath(o oracle, i int, from, to, shift int64, say func(span int, from int64)) {
	for at := to; at > from; {
		best, bestTo, bestFrom := -1, int64(0), int64(0)
		for k, end := o.Kids(i); k < end; k++ {
			if o.Nodes[k].Async {
				continue
			}
			lo, hi := int64(-1), int64(-1)
			for x := o.Spans[i].Start; x < o.Spans[i].End(); x += tick {
				if o.runs(i, k, x, o.leaves(k)) {
					if lo < 0 {
						lo = x
					}
					hi = x + tick
				}
			}
			if lo < 0 || lo+shift >= at || hi+shift < at {
				continue // not running just before
			}
			if best < 0 || hi > bestTo || hi == bestTo && lo < bestFrom {
				best, bestTo, bestFrom = k, hi, lo
			}
		}
		if best < 0 {
			at -= tick
			say(i, at)
			continue
		}
		inner := shift
		if o.leaves(best) {
			inner += bestFrom - o.Spans[best].Start
		}
		start := max(bestFrom+shift, from)
		slowPath(o, best, start, at, inner, say)
		at = start
	}
}
