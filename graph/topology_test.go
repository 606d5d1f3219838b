package graph_test

import (
	"encoding/json"
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

func TestTopology(t *testing.T) {
	for _, c := range []struct {
		name string
		draw []string
		want string
	}{
		{
			name: "an edge is a client span: its calls, errors and time are the caller's, the gap is between",
			draw: []string{`
web  GET         0ms 100ms kind=server instance=web-1
  web  call     10ms  60ms kind=client instance=web-1
    cart list   20ms  40ms kind=server instance=cart-1 error
`, `
web  GET         0ms 100ms kind=server instance=web-2
  web  call     10ms  60ms kind=client instance=web-2 error
    cart buy    20ms  50ms kind=server instance=cart-1
`},
			want: `
cart service requests=2 errors=1 p50=40 [buy list] [cart-1]
web service requests=2 errors=0 p50=99 [GET] [web-1 web-2]
web -> cart calls=2 errors=1 p50=60 gap=15
`,
		},
		{
			name: "without client spans an edge is what the callee says",
			draw: []string{`
web  GET      0ms 100ms
  web  do    10ms  90ms
    cart list  20ms  40ms error
    user get   60ms  10ms
`},
			want: `
cart service requests=1 errors=1 p50=40 [list] []
user service requests=1 errors=0 p50=10 [get] []
web service requests=1 errors=0 p50=99 [GET] []
web -> cart calls=1 errors=1 p50=40 gap=0
web -> user calls=1 errors=0 p50=10 gap=0
`,
		},
		{
			name: "what sends no span is seen by its callers, and they say what it is",
			draw: []string{`
cart list     0ms 100ms kind=server
  cart SELECT 10ms 20ms kind=client peer=orders-db db.system=mysql error
  cart UPDATE 10ms 20ms kind=client peer=orders-db db.system=mysql
  cart HGET   30ms 10ms kind=client peer=sessions db.system.name=redis
  cart POST   40ms 30ms kind=client peer=pay.example.com
  cart send   50ms 10ms kind=producer peer=mails
  cart poll   60ms 10ms kind=client peer=jobs messaging.system=sqs
  cart ask    70ms 10ms kind=client
`},
			want: `
cart service requests=1 errors=0 p50=99 [list] []
jobs queue opaque requests=1 errors=0 p50=10 [poll] []
mails queue opaque requests=1 errors=0 p50=10 [send] []
orders-db database opaque requests=2 errors=1 p50=20 [SELECT UPDATE] []
pay.example.com external opaque requests=1 errors=0 p50=30 [POST] []
sessions cache opaque requests=1 errors=0 p50=10 [HGET] []
cart -> jobs calls=1 errors=0 p50=10 gap=0
cart -> mails async calls=1 errors=0 p50=10 gap=0
cart -> orders-db calls=2 errors=1 p50=20 gap=0
cart -> pay.example.com calls=1 errors=0 p50=30 gap=0
cart -> sessions calls=1 errors=0 p50=10 gap=0
`,
		},
		{
			name: "what a silent callee is, most calls decide; of equals the more special word",
			draw: []string{`
cart a  0ms 10ms kind=client peer=x db.system=mysql
cart b  0ms 10ms kind=client peer=x db.system=redis
cart c  0ms 10ms kind=client peer=x db.system=redis
cart d  0ms 10ms kind=client peer=y db.system=mysql
cart e  0ms 10ms kind=client peer=y
`},
			want: `
cart service requests=5 errors=0 p50=10 [a b c d e] []
x cache opaque requests=3 errors=0 p50=10 [a b c] []
y database opaque requests=2 errors=0 p50=10 [d e] []
cart -> x calls=3 errors=0 p50=10 gap=0
cart -> y calls=2 errors=0 p50=10 gap=0
`,
		},
		{
			name: "a service whose span is missing once is still a service",
			draw: []string{`
web  call       0ms  60ms kind=client peer=cart
`, `
web  call       0ms  60ms kind=client peer=cart
  cart list    20ms  40ms kind=server
`},
			want: `
cart service requests=1 errors=0 p50=40 [list] []
web service requests=2 errors=0 p50=60 [call] []
web -> cart calls=2 errors=0 p50=60 gap=20
`,
		},
		{
			name: "queues and follows-from are asynchronous edges, apart from the others",
			draw: []string{`
web  POST       0ms 100ms kind=server
  web  send    10ms  10ms kind=producer peer=orders
    mail take  50ms  80ms kind=consumer
  mail log     20ms  20ms kind=server follows
  mail ping    30ms  20ms kind=server
`},
			want: `
mail service requests=3 errors=0 p50=20 [log ping take] []
web service requests=1 errors=0 p50=99 [POST] []
web -> mail calls=1 errors=0 p50=20 gap=0
web -> mail async calls=2 errors=0 p50=10 gap=0
`,
		},
		{
			name: "work enters a service once, however many server spans it makes of it",
			draw: []string{`
web  call         0ms  60ms kind=client
  cart proxy     10ms  45ms kind=server
    cart list    20ms  40ms kind=server
`},
			want: `
cart service requests=1 errors=0 p50=45 [proxy] []
web service requests=1 errors=0 p50=60 [call] []
web -> cart calls=1 errors=0 p50=60 gap=15
`,
		},
		{
			name: "an orphan that answers is a request, one that works inside is none",
			draw: []string{`
cart list    0ms 40ms kind=server parent=ff
user work    0ms 40ms kind=internal parent=fe
`},
			want: `
cart service requests=1 errors=0 p50=40 [list] []
`,
		},
		{
			name: "a call that reached two services is an edge to each",
			draw: []string{`
web  call       0ms 100ms kind=client
  cart list    10ms  40ms kind=server
  user get     60ms  30ms kind=server
`},
			want: `
cart service requests=1 errors=0 p50=40 [list] []
user service requests=1 errors=0 p50=30 [get] []
web service requests=1 errors=0 p50=99 [call] []
web -> cart calls=1 errors=0 p50=99 gap=0
web -> user calls=1 errors=0 p50=30 gap=0
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sy := model.NewSymbols()
			p := graph.NewTopology(sy)
			a := graph.NewAssembler(graph.Config{})
			for _, draw := range c.draw {
				p.Add(a.Assemble(tracetest.Draw(sy, draw)))
			}
			if d := cmp.Diff(strings.TrimLeft(c.want, "\n"), lines(p.View(time.Time{}, time.Time{}))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// lines prints a topology. Quantiles come from a sketch: 100 ms reads as 99.
func lines(v model.Topology) string {
	var b strings.Builder
	for _, n := range v.Nodes {
		fmt.Fprintf(&b, "%s %s", n.Service, n.Type)
		if n.Opaque {
			b.WriteString(" opaque")
		}
		fmt.Fprintf(&b, " requests=%d errors=%d p50=%.0f %v %v\n", n.Requests, n.Errors, float64(n.P50MS), n.Operations, n.Instances)
	}
	for _, e := range v.Edges {
		fmt.Fprintf(&b, "%s -> %s", e.Caller, e.Callee)
		if e.Async {
			b.WriteString(" async")
		}
		fmt.Fprintf(&b, " calls=%d errors=%d p50=%.0f gap=%.0f\n", e.Calls, e.Errors, float64(e.P50MS), float64(e.GapMS))
	}
	return b.String()
}

// Dividing traces among topologies and merging them equals having seen all, in any
// order.
func TestTopologyMergesExactly(t *testing.T) {
	sy := model.NewSymbols()
	for _, s := range []string{"web", "cart", "user"} { // the numbers that heaps draws
		sy.Service(s)
	}
	a := graph.NewAssembler(graph.Config{})
	from := time.Unix(1, 0).UTC()
	rapid.Check(t, func(t *rapid.T) {
		whole := graph.NewTopology(sy)
		parts := []*graph.Topology{graph.NewTopology(sy), graph.NewTopology(sy), graph.NewTopology(sy)}
		for _, f := range rapid.SliceOfN(heaps(), 0, 12).Draw(t, "traces") {
			for i := range f.Spans {
				s := &f.Spans[i]
				s.Resource = sy.Resource(sy.Name(s.Service), fmt.Sprint(s.Resource), "", "")
				s.Operation = sy.Operation(s.Service, fmt.Sprint(s.Kind))
				s.Peer = s.Service%3 + 1
			}
			tr := a.Assemble(f)
			whole.Add(tr)
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(tr)
		}
		first := rapid.IntRange(0, 2).Draw(t, "first")
		sum := parts[first]
		for i := range 2 {
			sum.Merge(parts[(first+1+i)%3])
		}
		if d := cmp.Diff(encoded(t, whole.View(from, from)), encoded(t, sum.View(from, from))); d != "" {
			t.Fatalf("(-whole +merged):\n%s", d)
		}
	})
}

func encoded(t failer, v model.Topology) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return string(b)
}

// A topology of hostile names stays bounded and does not depend on their order.
func TestTopologyIsBounded(t *testing.T) {
	sy := model.NewSymbols()
	a := graph.NewAssembler(graph.Config{})
	f := tracetest.Draw(sy, "web call 0ms 1ms kind=client")
	up, down := graph.NewTopology(sy), graph.NewTopology(sy)
	services := make([]model.Sym, 300)
	for i := range services {
		services[i] = sy.Service(fmt.Sprint("s", i))
	}
	call := func(p *graph.Topology, i int) {
		f.Spans[0].Service, f.Spans[0].Peer = services[i/300], services[i%300]
		p.Add(a.Assemble(f))
	}
	for i := range 300 * 300 {
		call(up, i)
		call(down, 300*300-1-i)
	}
	got := up.View(time.Time{}, time.Time{})
	if len(got.Edges) != 20_000 {
		t.Errorf("have %d edges, want 20000", len(got.Edges))
	}
	if d := cmp.Diff(encoded(t, got), encoded(t, down.View(time.Time{}, time.Time{}))); d != "" {
		t.Errorf("another order gives another topology")
	}
}

func BenchmarkTopologyAdd(b *testing.B) {
	sy := model.NewSymbols()
	for i := range 7 {
		sy.Service(fmt.Sprint(i))
	}
	p := graph.NewTopology(sy)
	tr := graph.NewAssembler(graph.Config{}).Assemble(calls(25, 1))
	b.ReportAllocs()
	for b.Loop() {
		p.Add(tr)
	}
	perSpan(b, 25)
}
