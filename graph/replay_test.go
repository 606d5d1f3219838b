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

func same1(int) float64 { return 1 }

func TestReplay(t *testing.T) {
	for _, c := range []struct {
		name, draw string
		half       string // the operation that takes half as long by itself
		want       time.Duration
		slack      string // of all spans, in ms; - is unbounded
	}{
		{
			name: "what runs in turn gains all of it",
			draw: `
web  GET    0ms 100ms
  web a    10ms  40ms
  web b    60ms  20ms
`,
			half: "a", want: 80 * time.Millisecond, slack: "GET 0 a 0 b 0",
		},
		{
			name: "what is hidden behind a slower sibling gains nothing",
			draw: `
web  GET    0ms 100ms
  web a    10ms  40ms
  web b    10ms  60ms
`,
			half: "a", want: 100 * time.Millisecond, slack: "GET 0 a 20 b 0",
		},
		{
			name: "a gain ends where the next slowest takes over",
			draw: `
web  GET    0ms 100ms
  web a    10ms  50ms
  web b    10ms  60ms
`,
			half: "b", want: 90 * time.Millisecond, slack: "GET 0 a 10 b 0",
		},
		{
			name: "a stage that waits for all of the stage before keeps waiting for the slowest",
			draw: `
web  GET    0ms 100ms
  web a     0ms  40ms
  web b     0ms  30ms
  web c    50ms  50ms
`,
			half: "a", want: 90 * time.Millisecond, slack: "GET 0 a 0 b 10 c 0",
		},
		{
			name: "the span's own work between its calls is scaled, wherever it lies",
			draw: `
web  GET    0ms 100ms
  web a    20ms  40ms
`,
			half: "GET", want: 70 * time.Millisecond, slack: "GET 0 a 0",
		},
		{
			name: "nobody waits for what is asynchronous",
			draw: `
web  GET    0ms 100ms
  web a    10ms  80ms follows
    web b  10ms  80ms
  web c   150ms  80ms
`,
			half: "a", want: 100 * time.Millisecond, slack: "GET 0 a - c - b -",
		},
		{
			name: "a caller that gave up gains only if the answer comes in time",
			draw: `
web  GET          0ms 100ms
  web call        0ms 100ms kind=client
    slow answer   0ms 150ms kind=server
`,
			half: "answer", want: 75 * time.Millisecond, slack: "GET 0 call 0 answer -",
		},
		{
			name: "clocks that are hours apart change nothing",
			draw: `
web  GET            0ms 100ms
  web call         10ms  80ms kind=client
    cart list  7200000ms  60ms kind=server
      cart sql 7200010ms  40ms
`,
			half: "sql", want: 80 * time.Millisecond, slack: "GET 0 call 0 list 0 sql 0",
		},
		{
			name: "nothing lasted, nothing is gained",
			draw: "web GET 0ms 0ms\n",
			half: "GET", want: 0, slack: "GET 0",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sy := model.NewSymbols()
			tr := graph.NewAssembler(graph.Config{}).Assemble(tracetest.Draw(sy, c.draw))
			name := func(i int) string { return sy.Name(tr.Spans[i].Operation) }
			var r graph.Replay
			if got, want := r.Of(tr, same1), tr.Spans[tr.Main].Duration; got != want {
				t.Errorf("unchanged it takes %d ns, want %d", got, want)
			}
			got := r.Of(tr, func(i int) float64 {
				if name(i) == c.half {
					return 0.5
				}
				return 1
			})
			if time.Duration(got) != c.want {
				t.Errorf("with half of %s it takes %s, want %s", c.half, time.Duration(got), c.want)
			}
			var words []string
			for i, s := range r.Slack(tr) {
				if s == graph.Unbounded {
					words = append(words, name(i)+" -")
				} else {
					words = append(words, fmt.Sprintf("%s %d", name(i), time.Duration(s).Milliseconds()))
				}
			}
			if d := cmp.Diff(c.slack, strings.Join(words, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

// slowReplay says the rule of [graph.Replay] once more, as it is written: it looks at every
// pair of siblings and recurses.
func slowReplay(o oracle, i int, factor func(int) int64) int64 {
	type kid struct{ from, to, length, end int64 }
	var kids []kid
	p := o.Spans[i]
	for k, end := o.Kids(i); k < end; k++ {
		if o.Nodes[k].Async {
			continue
		}
		s := o.Spans[k]
		from, to := s.Start, s.End()
		if o.leaves(k) {
			for ; from < p.Start; from, to = from+tick, to+tick {
			}
			for ; to > p.End() && from > p.Start; from, to = from-tick, to-tick {
			}
		}
		from, to = min(max(from, p.Start), p.End()), min(to, p.End())
		to = max(to, from)
		length := slowReplay(o, k, factor)
		if to-from < s.Duration {
			length = min(length, to-from)
		}
		kids = append(kids, kid{from, to, length, 0})
	}
	at, after := p.Start, int64(0)
	done := map[int]bool{}
	for len(done) < len(kids) {
		first := -1
		for k := range kids {
			if !done[k] && (first < 0 || kids[k].from < kids[first].from || kids[k].from == kids[first].from && kids[k].to < kids[first].to) {
				first = k
			}
		}
		begin, latest := p.Start, int64(0)
		for k := range kids {
			if done[k] && kids[k].to <= kids[first].from {
				begin, latest = max(begin, kids[k].to), max(latest, kids[k].end)
			}
		}
		kids[first].end = latest + (kids[first].from-begin)*factor(i) + kids[first].length
		done[first] = true
		at, after = max(at, kids[first].to), max(after, kids[first].end)
	}
	return after + (p.End()-at)*factor(i)
}

// The replay agrees with its rule, and without a change with what was.
func TestReplayAgainstOracle(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	var r graph.Replay
	rapid.Check(t, func(t *rapid.T) {
		tr := a.Assemble(heaps().Draw(t, "heap"))
		if got, want := r.Of(tr, same1), tr.Spans[tr.Main].Duration; got != want {
			t.Fatalf("unchanged it takes %d ns, want %d", got, want)
		}
		factors := rapid.SliceOfN(rapid.Int64Range(0, 3), len(tr.Spans), len(tr.Spans)).Draw(t, "factors")
		got := r.Of(tr, func(i int) float64 { return float64(factors[i]) })
		want := slowReplay(oracle{tr}, tr.Main, func(i int) int64 { return factors[i] })
		if got != want {
			t.Fatalf("it takes %d ns, want %d", got, want)
		}
	})
}

// A leaf may take longer by its slack and no further: then the trace takes longer by just
// that. What has no bound may take ten times as long.
func TestSlackIsWhatLeavesMayTake(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	var r graph.Replay
	rapid.Check(t, func(t *rapid.T) {
		tr := a.Assemble(heaps().Draw(t, "heap"))
		was := tr.Spans[tr.Main].Duration
		slack := append([]int64(nil), r.Slack(tr)...)
		leaf := rapid.IntRange(0, len(tr.Spans)-1).Draw(t, "leaf")
		d := tr.Spans[leaf].Duration
		if tr.Nodes[leaf].NKids > 0 || d == 0 {
			return
		}
		longer := func(by int64) int64 {
			return r.Of(tr, func(i int) float64 {
				if i == leaf {
					return float64(d+by) / float64(d)
				}
				return 1
			})
		}
		if slack[leaf] == graph.Unbounded {
			if got := longer(10 * d); got != was {
				t.Fatalf("unbounded, but ten times as long makes it %d ns instead of %d", got, was)
			}
			return
		}
		if slack[leaf] < 0 {
			t.Fatalf("slack %d", slack[leaf])
		}
		if got := longer(slack[leaf]); got != was {
			t.Fatalf("longer by its slack of %d ns makes it %d ns instead of %d", slack[leaf], got, was)
		}
		if got := longer(slack[leaf] + tick); got != was+tick {
			t.Fatalf("longer by a tick more than its slack of %d ns makes it %d ns instead of %d", slack[leaf], got, was+tick)
		}
	})
}

// Huge traces are replayed in time that grows little faster than they do.
func TestReplayOfHugeTraces(t *testing.T) {
	const n = 100_000
	a := graph.NewAssembler(graph.Config{})
	var r graph.Replay
	for name, f := range map[string]*model.Fragment{"chain": chain(n), "star": star(n), "circle": circle(n)} {
		tr := a.Assemble(f)
		if got, want := r.Of(tr, same1), tr.Spans[tr.Main].Duration; got != want {
			t.Errorf("%s: unchanged it takes %d ns, want %d", name, got, want)
		}
		if s := r.Slack(tr); s[tr.Main] != 0 {
			t.Errorf("%s: the main span has slack %d", name, s[tr.Main])
		}
	}
}
