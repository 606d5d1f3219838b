package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// outline prints a trace the way it is drawn: what the assembler found out about each
// span stands behind its name.
func outline(sy *model.Symbols, t *graph.Trace) string {
	var b strings.Builder
	if m := marks(t.Marks); m != "" {
		fmt.Fprintf(&b, "! %s\n", m)
	}
	depth := make([]int, len(t.Spans))
	var walk []int
	for i := t.Roots - 1; i >= 0; i-- {
		walk = append(walk, i)
	}
	for len(walk) > 0 {
		i := walk[len(walk)-1]
		walk = walk[:len(walk)-1]
		s, n := &t.Spans[i], &t.Nodes[i]
		if n.Parent >= 0 {
			depth[i] = depth[n.Parent] + 1
		}
		fmt.Fprintf(&b, "%s%s %s %s own=%v", strings.Repeat("  ", depth[i]), sy.Name(s.Service), sy.Name(s.Operation),
			roles[n.Role], time.Duration(n.Own))
		if n.HasGap {
			fmt.Fprintf(&b, " gap=%v", time.Duration(n.Gap))
		}
		if n.Callee != 0 {
			fmt.Fprintf(&b, " callee=%s", sy.Name(n.Callee))
		}
		for _, w := range []struct {
			on   bool
			word string
		}{{n.Opaque, "opaque"}, {n.Async, "async"}, {n.Orphan, "orphan"}, {n.Torn, "torn"}, {n.Guessed, "guessed"}, {i == t.Main, "main"}} {
			if w.on {
				b.WriteString(" " + w.word)
			}
		}
		b.WriteByte('\n')
		for lo, k := t.Kids(i); k > lo; k-- {
			walk = append(walk, k-1)
		}
	}
	return b.String()
}

var roles = map[graph.Role]string{
	graph.Internal: "internal", graph.Server: "server", graph.Client: "client",
	graph.Producer: "producer", graph.Consumer: "consumer",
}

func marks(m graph.Marks) string {
	var words []string
	for i, w := range []string{"orphans", "many-roots", "no-root", "cycle", "skew", "duplicates", "overlong", "truncated"} {
		if m&(1<<i) != 0 {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

func TestAssemble(t *testing.T) {
	for _, c := range []struct {
		name string
		max  int
		draw string
		want string
	}{
		{
			name: "children that overlap count once",
			draw: `
web  GET/cart   0ms  100ms
  cart  list   10ms   50ms
  user  get    40ms   40ms
`,
			want: `
web GET/cart server own=30ms main
  cart list server own=50ms
  user get server own=40ms
`,
		},
		{
			name: "a client with one remote child has a gap and no own time",
			draw: `
web  GET        0ms 100ms kind=server
  web  call    10ms  60ms kind=client
    cart list  20ms  45ms kind=server
`,
			want: `
web GET server own=40ms main
  web call client own=0s gap=15ms callee=cart
    cart list server own=45ms
`,
		},
		{
			name: "a gap is negative when the caller gave up before the callee ended, and clocks are not to blame",
			draw: `
web  call      0ms  50ms kind=client
  cart list   10ms  90ms kind=server
`,
			want: `
web call client own=0s gap=-40ms callee=cart main
  cart list server own=90ms
`,
		},
		{
			name: "a client that tried twice has own time instead of a gap",
			draw: `
web  call      0ms 100ms kind=client
  cart list   10ms  20ms kind=server error
  cart list   40ms  50ms kind=server
`,
			want: `
web call client own=30ms callee=cart main
  cart list server own=20ms
  cart list server own=50ms
`,
		},
		{
			name: "a client without children spends its time in the callee that it names",
			draw: `
cart list       0ms 100ms kind=server
  cart SELECT  10ms  30ms kind=client peer=mysql
  cart HGET    50ms  10ms kind=client
`,
			want: `
cart list server own=60ms main
  cart SELECT client own=30ms callee=mysql opaque
  cart HGET client own=10ms
`,
		},
		{
			name: "without kinds, roles come from the place in the trace",
			draw: `
web  GET          0ms 100ms
  web  render     1ms   9ms
  web  call      10ms  60ms
    cart list    20ms  45ms
      cart sql   25ms   5ms peer=mysql
`,
			want: `
web GET server own=31ms main
  web render internal own=9ms
  web call client own=0s gap=15ms callee=cart
    cart list server own=40ms
      cart sql client own=5ms callee=mysql opaque
`,
		},
		{
			name: "internal spans that name a peer ask it, unless what is below them asks",
			draw: `
cart list         0ms 100ms kind=server
  cart SELECT    10ms  30ms kind=internal peer=mysql
    cart fetch   20ms  10ms kind=internal
  cart repo      50ms  30ms kind=internal peer=mysql
    cart UPDATE  55ms  20ms kind=internal peer=mysql
  cart price     85ms  10ms kind=internal peer=billing
    pay  quote   87ms   5ms
`,
			want: `
cart list server own=30ms main
  cart SELECT client own=20ms callee=mysql
    cart fetch internal own=10ms
  cart repo internal own=10ms
    cart UPDATE client own=20ms callee=mysql opaque
  cart price client own=0s gap=5ms callee=pay
    pay quote server own=5ms
`,
		},
		{
			name: "without client spans, callees hang below their callers and edges have no gap",
			draw: `
web  GET       0ms 100ms
  cart list   20ms  45ms
    user get  30ms  10ms
  user get    70ms  10ms
`,
			want: `
web GET server own=45ms main
  cart list server own=35ms
    user get server own=10ms
  user get server own=10ms
`,
		},
		{
			name: "client and server that share an ID are parent and child, whoever names the ID hangs under its own",
			draw: `
web  GET        0ms 100ms kind=server
  web  call    10ms  60ms kind=client id=abc
  cart list    20ms  45ms kind=server id=abc
    cart sql   25ms   5ms kind=client peer=mysql
    web  dns   11ms   4ms
`,
			want: `
web GET server own=40ms main
  web call client own=11ms callee=cart
    web dns internal own=4ms
    cart list server own=40ms
      cart sql client own=5ms callee=mysql opaque
`,
		},
		{
			name: "a service that calls itself over a shared ID keeps its own children",
			draw: `
web  call       0ms  60ms kind=client id=abc instance=a
web  serve     10ms  45ms kind=server id=abc instance=b
  web  work    20ms   5ms instance=b
  web  dns      1ms   4ms instance=a
`,
			want: `
web call client own=11ms callee=web main
  web dns internal own=4ms
  web serve server own=40ms
    web work internal own=5ms
`,
		},
		{
			name: "nobody waits for what consumes, follows, or starts later on the same host",
			draw: `
web  POST        0ms 100ms kind=server
  web  send     10ms  10ms kind=producer
    mail take   15ms  80ms kind=consumer
  web  log      30ms  20ms follows
  web  flush   150ms  50ms
`,
			want: `
web POST server own=90ms main
  web send producer own=10ms callee=mail
    mail take consumer own=80ms async
  web log internal own=20ms async
  web flush internal own=50ms async
`,
		},
		{
			name: "a queue within a process is a queue",
			draw: `
web  send     10ms  10ms kind=producer
  web  take   12ms   5ms kind=consumer
`,
			want: `
web send producer own=10ms callee=web main
  web take consumer own=5ms async
`,
		},
		{
			name: "a producer that outlives its parent sends in the background",
			draw: `
web  POST        0ms 100ms kind=server
  web  send     90ms  30ms kind=producer peer=orders
`,
			want: `
web POST server own=100ms main
  web send producer own=30ms callee=orders async
`,
		},
		{
			name: "a remote child outside its parent is moved inside",
			draw: `
web  GET          0ms 100ms kind=server
  web  render    10ms  20ms
  cart list   -5000ms  40ms kind=server
  user get     9000ms  30ms kind=server
`,
			want: `
! skew
web GET server own=30ms guessed main
  cart list server own=40ms
  web render internal own=20ms
  user get server own=30ms
`,
		},
		{
			name: "where nothing else waits a moved child is no guess",
			draw: `
web  GET          0ms 100ms kind=server
  cart list      10ms  40ms kind=server
  user get     9000ms  30ms kind=server
`,
			want: `
! skew
web GET server own=30ms main
  cart list server own=40ms
  user get server own=30ms
`,
		},
		{
			name: "a child of the same host is cut where its parent ends",
			draw: `
web  GET          0ms 100ms kind=server
  web  render    60ms  90ms
`,
			want: `
! overlong
web GET server own=60ms main
  web render internal own=90ms
`,
		},
		{
			name: "a microsecond outside the parent is rounding",
			draw: `
web  GET          0ms 100ms kind=server
  web  render    60ms  40001us
  cart list      40ms  60001us kind=server
`,
			want: `
web GET server own=39.999ms main
  cart list server own=60.001ms
  web render internal own=40.001ms
`,
		},
		{
			name: "an orphan tears the deepest span that was running around it",
			draw: `
web  GET            0ms 100ms kind=server
  web  render       1ms   9ms
  web  call        10ms  60ms kind=client
    cart list      20ms  45ms kind=server
user get           30ms  10ms kind=server parent=ff
  user sql         35ms   2ms kind=client peer=mysql
`,
			want: `
! orphans
web GET server own=31ms main
  web render internal own=9ms
  web call client own=0s gap=15ms callee=cart
    cart list server own=45ms torn
user get server own=8ms orphan
  user sql client own=2ms callee=mysql opaque
`,
		},
		{
			name: "a torn client has no gap",
			draw: `
web  call        10ms  60ms kind=client
  cart list      20ms  25ms kind=server
user get         50ms  10ms kind=server parent=ff
`,
			want: `
! orphans
web call client own=35ms callee=cart torn main
  cart list server own=25ms
user get server own=10ms orphan
`,
		},
		{
			name: "an orphan with nothing around it tears all that has children outside its subtree",
			draw: `
web  GET            0ms 100ms kind=server
  web  render       1ms   9ms
user get         9000ms  10ms kind=server parent=ff
  user sql       9005ms   2ms kind=client peer=mysql
`,
			want: `
! orphans
web GET server own=91ms torn main
  web render internal own=9ms
user get server own=8ms orphan
  user sql client own=2ms callee=mysql opaque
`,
		},
		{
			name: "who does not wait for a running child may have lost one as well",
			draw: `
web  GET            0ms 100ms kind=server
  web  flush        5ms  90ms follows
user get           30ms  10ms kind=server parent=ff
`,
			want: `
! orphans
web GET server own=100ms torn main
  web flush internal own=90ms async torn
user get server own=10ms orphan
`,
		},
		{
			name: "a link is no substitute for a lost parent, another child-of is one",
			draw: `
web  GET            0ms 100ms kind=server
  web  render       5ms  20ms
user get           40ms  10ms kind=server parent=ff link=1
user list          60ms  10ms kind=server parent=ff childof=1
`,
			want: `
! orphans
web GET server own=70ms torn main
  web render internal own=20ms
  user list server own=10ms
user get server own=10ms orphan
`,
		},
		{
			name: "the earliest of many roots is the main one, and an orphan is none",
			draw: `
user get    0ms 10ms parent=ff
web  late  50ms 10ms
web  GET   20ms 10ms
`,
			want: `
! orphans many-roots
user get server own=10ms orphan
web GET server own=10ms main
web late server own=10ms
`,
		},
		{
			name: "a cycle is cut at its earliest span",
			draw: `
web a 10ms 10ms id=a parent=c
web b  5ms 10ms id=b parent=a
web c 20ms 10ms id=c parent=b
web d 21ms  1ms id=d parent=c
`,
			want: `
! no-root cycle
web b server own=10ms main
  web c internal own=9ms async
    web a internal own=10ms torn
    web d internal own=1ms
`,
		},
		{
			name: "a span that is its own parent is a root, but no true one",
			draw: `
web a  0ms 10ms id=a parent=a
web b  5ms 10ms
`,
			want: `
! cycle
web a server own=10ms
web b server own=10ms main
`,
		},
		{
			name: "a copy counts once, the longest is kept",
			draw: `
web  GET     0ms  30ms kind=server id=1
web  GET    10ms 100ms kind=server id=1 error
web  GET     0ms  30ms kind=server id=1
  web sub   20ms  10ms
`,
			want: `
! duplicates
web GET server own=90ms main
  web sub internal own=10ms
`,
		},
		{
			name: "a span without a parent hangs under what it refers to: child-of waits, links do not",
			draw: `
web  GET       0ms 100ms kind=server
web  child    10ms  20ms childof=1 link=5
web  after    40ms  20ms followsfrom=1
web  linked   60ms  20ms link=1
web  alone    70ms  20ms
`,
			want: `
! many-roots
web GET server own=80ms main
  web child internal own=20ms
  web after internal own=20ms async
  web linked internal own=20ms async
web alone server own=20ms
`,
		},
		{
			name: "a second child-of parent waits too",
			draw: `
web  GET       0ms 100ms
  web  map    10ms  80ms
  web  join   20ms  50ms childof=2
`,
			want: `
web GET server own=20ms main
  web map internal own=30ms
  web join internal own=50ms
`,
		},
		{
			name: "a link back to a descendant is not followed",
			draw: `
web  GET       0ms 100ms link=2
  web  map    10ms  80ms childof=2
`,
			want: `
web GET server own=20ms main
  web map internal own=80ms
`,
		},
		{
			name: "nobody waits for its own ancestor",
			draw: `
web  GET       0ms 100ms
  web  map    10ms  80ms
    web  in   20ms  70ms
      web x   30ms  60ms
web  late    200ms  10ms parent=1 childof=4
web  odd     300ms  10ms id=99 childof=1 parent=2
`,
			want: `
web GET server own=20ms main
  web map internal own=10ms
    web in internal own=10ms
      web x internal own=60ms
    web odd internal own=10ms async
  web late internal own=10ms async
`,
		},
		{
			name: "beyond the bound the earliest spans are kept, and the parents of the rest are torn",
			max:  3,
			draw: `
web  GET       0ms 100ms
  web  a      10ms  50ms
    web  b    40ms  10ms
  web  c      20ms   5ms
`,
			want: `
! truncated
web GET server own=50ms main
  web a internal own=50ms torn
  web c internal own=5ms
`,
		},
		{
			name: "zero durations are times too",
			draw: `
web  GET     10ms 0ms
  web  a     10ms 0ms
  cart b     10ms 0ms
`,
			want: `
web GET server own=0s main
  web a internal own=0s
  cart b server own=0s
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sy := model.NewSymbols()
			f := tracetest.Draw(sy, c.draw)
			a := graph.NewAssembler(graph.Config{MaxSpans: c.max, Symbols: sy})
			want := strings.TrimLeft(c.want, "\n")
			for seed := range uint64(4) { // and in any order
				got := outline(sy, a.Assemble(f))
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("shuffled with seed %d (-want +got):\n%s", seed, d)
				}
				shuffle(f, seed)
			}
		})
	}
}

func shuffle(f *model.Fragment, seed uint64) {
	r := rand.New(rand.NewPCG(seed, seed))
	r.Shuffle(len(f.Spans), func(i, j int) { f.Spans[i], f.Spans[j] = f.Spans[j], f.Spans[i] })
	r.Shuffle(len(f.Refs), func(i, j int) { f.Refs[i], f.Refs[j] = f.Refs[j], f.Refs[i] })
}

// A trace without spans is one, and says so.
func TestAssembleNothing(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	a.Assemble(tracetest.Draw(model.NewSymbols(), "web get"))
	got := a.Assemble(&model.Fragment{Trace: model.TraceID{7}})
	if len(got.Spans) != 0 || got.Main != -1 || got.Roots != 0 || got.Marks != 0 || got.ID != (model.TraceID{7}) {
		t.Errorf("have %+v", got)
	}
}

// A trace belongs to the start of its earliest root, rootless to that of its earliest
// span, wherever that hangs.
func TestStart(t *testing.T) {
	ms := int64(time.Millisecond)
	for _, c := range []struct {
		draw string
		want int64
	}{
		{"web a 5ms 9ms\n  web b 1ms 2ms", 5 * ms},
		{"web a 5ms 9ms parent=ff\n  cart b 1ms 2ms", 1 * ms},
		{"web a 5ms 9ms parent=ff\nweb b 7ms 2ms", 7 * ms},
	} {
		f := tracetest.Draw(model.NewSymbols(), c.draw)
		if got := graph.NewAssembler(graph.Config{}).Assemble(f).Start - tracetest.Epoch; got != c.want {
			t.Errorf("%q starts at %v, want %v", c.draw, time.Duration(got), time.Duration(c.want))
		}
	}
}

// A trace that lost most of its spans is torn all over.
func TestManyOrphans(t *testing.T) {
	for _, c := range []struct {
		orphans int
		want    bool
	}{{64, false}, {65, true}} {
		draw := "web GET 0ms 100ms\n  web early 0ms 10ms\n    web in 1ms 2ms\n"
		draw += strings.Repeat("user get 50ms 10ms kind=server parent=ff\n", c.orphans)
		tr := graph.NewAssembler(graph.Config{}).Assemble(tracetest.Draw(model.NewSymbols(), draw))
		for i := range tr.Spans {
			n := &tr.Nodes[i]
			if n.Parent == int32(tr.Main) && n.Torn != c.want {
				t.Errorf("%d orphans: the child that had ended is torn: %v, want %v", c.orphans, n.Torn, c.want)
			}
			if i == tr.Main && !n.Torn {
				t.Errorf("%d orphans: the root is not torn", c.orphans)
			}
		}
	}
}

// Numbers of names depend on the order of arrival, so the copy kept must not.
func TestCopiesThatDifferInNamesOnly(t *testing.T) {
	names := []string{"b", "a", "c"}
	for range 3 {
		names = append(names[1:], names[0])
		sy := model.NewSymbols()
		var draw strings.Builder
		for _, n := range names {
			fmt.Fprintf(&draw, "web get 0ms 5ms id=1 tenant=%s\n", n)
		}
		tr := graph.NewAssembler(graph.Config{Symbols: sy}).Assemble(tracetest.Draw(sy, draw.String()))
		if len(tr.Spans) != 1 || tr.Dups != 2 {
			t.Fatalf("have %d spans and %d duplicates, want 1 and 2", len(tr.Spans), tr.Dups)
		}
		if got := sy.Name(tr.AttrsOf(0)[0].Value); got != "c" {
			t.Errorf("order %v keeps tenant %s, want c", names, got)
		}
	}
}

// Times at the ends of an int64 neither overflow nor turn negative.
func TestExtremeTimes(t *testing.T) {
	ends := []int64{-1 << 63, -1, 0, 1, 1<<62 - 1, 1<<63 - 1}
	var f model.Fragment
	for _, start := range ends {
		for _, dur := range ends {
			n := len(f.Spans)
			s := model.Span{ID: tracetest.ID(n + 1), Start: start, Duration: dur, Service: model.Sym(n%2 + 1), Resource: model.Sym(n%2 + 1)}
			if n > 0 {
				s.Parent = tracetest.ID(n/2 + 1)
			}
			if n%3 == 0 {
				s.Kind = model.KindClient
			}
			f.Spans = append(f.Spans, s)
		}
	}
	tr := graph.NewAssembler(graph.Config{}).Assemble(&f)
	for i := range tr.Spans {
		s, n := &tr.Spans[i], &tr.Nodes[i]
		if s.Start < 0 || s.Duration < 0 || s.End() < s.Start {
			t.Errorf("span %d lasts from %d to %d", i, s.Start, s.End())
		}
		if n.Own < 0 || n.Own > s.Duration || n.Covered < 0 || n.Covered > s.Duration || n.Busy < n.Covered {
			t.Errorf("span %d of %d ns: own %d, covered %d, busy %d", i, s.Duration, n.Own, n.Covered, n.Busy)
		}
	}
	if len(tr.Spans) != len(f.Spans) || !slices.ContainsFunc(tr.Nodes, func(n graph.Node) bool { return n.HasGap }) {
		t.Errorf("have %d spans of %d, or no gap among them", len(tr.Spans), len(f.Spans))
	}
}
