package workflow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStages(t *testing.T) {
	for _, c := range []struct {
		name, of string
		draws    []string
		want     string
	}{
		{
			name: "a client span and the server span below it are one stage, named by who answered",
			of:   "web GET",
			draws: []string{`
web  GET         0ms 100ms kind=server
  web  call     10ms  60ms kind=client
    cart list   15ms  50ms kind=server
      cart read 20ms  10ms
  web  render   80ms  10ms
`},
			want: `
web GET
  -> cart list (call)
    . cart read
  . web render
`,
		},
		{
			name: "who sends no spans is named as its caller names it; a call that nobody answered keeps its caller's name",
			of:   "web GET",
			draws: []string{`
web  GET       0ms 100ms kind=server
  web SELECT  10ms  20ms kind=client peer=mysql
  web POST    40ms  50ms kind=client
`},
			want: `
web GET
  => mysql SELECT
  . web POST unanswered=1
`,
		},
		{
			name: "spans of one kind alone: who stands below another service was called by it",
			of:   "nova POST",
			draws: []string{`
nova POST           0ms 100ms kind=internal
  nova rpc         10ms  50ms kind=internal
    compute build  12ms  40ms kind=internal
      glance image 20ms  10ms kind=internal
`},
			want: `
nova POST
  -> compute build (rpc)
    -> glance image
`,
		},
		{
			name: "what goes on after who asked for it has gone on was a message",
			of:   "nova POST",
			draws: []string{`
nova POST           0ms  50ms kind=internal
  nova cast        10ms   5ms kind=internal
    compute build  12ms 400ms kind=internal
`},
			want: `
nova POST
  ~> compute build (cast)
`,
		},
		{
			name: "a producer and what its consumer does, by parent or by link",
			of:   "web POST",
			draws: []string{`
web  POST      0ms  50ms kind=server
  web send    10ms   5ms kind=producer
    mail take 90ms  20ms kind=consumer
`, `
web  POST      0ms  50ms kind=server
  web send    10ms   5ms kind=producer
mail take     90ms  20ms kind=consumer link=2
`},
			want: `
web POST
  . web send
    ~> mail take
`,
		},
		{
			name: "loops are folded, and say whether several ran at once",
			of:   "web GET",
			draws: []string{`
web  GET      0ms 100ms
  web a      10ms  10ms
  web a      30ms  10ms
  web a      50ms  10ms
  web b      60ms  10ms
  web b      65ms  10ms
`, `
web  GET      0ms 100ms
  web a      10ms  10ms
  web b      60ms  10ms
  web b      65ms  10ms
`},
			want: `
web GET
  . web a x1-3
  . web b x2-2 concurrent
`,
		},
		{
			name: "stages that run at once, and stages that take turns",
			of:   "web GET",
			draws: []string{`
web  GET      0ms 100ms
  web a      10ms  30ms
  web b      20ms  30ms
  web c      55ms  5ms
  web d      60ms  5ms
  web c      65ms  5ms
  web d      70ms  5ms
  web e      80ms  5ms
`},
			want: `
web GET
  . web a parallel1
  . web b parallel1
  . web c x2-2 loop2
  . web d x2-2 loop2
  . web e
`,
		},
		{
			name: "stages that are sometimes there, and stages of which one is",
			of:   "web GET",
			draws: append(times(6, `
web  GET      0ms 100ms
  web a      10ms  10ms
  web cash   30ms  10ms
  web z      50ms  10ms
`), times(6, `
web  GET      0ms 100ms
  web a      10ms  10ms
  web card   30ms  10ms
  web y      50ms  10ms
  web z      60ms  10ms
`)...),
			want: `
web GET
  . web a
  . web card 50% alternative1
  . web cash 50% alternative1
  . web y 50%
  . web z
`,
		},
		{
			name: "between hosts the clocks say nothing, inside one they do",
			of:   "web GET",
			draws: []string{`
web  GET         0ms 100ms kind=server host=a
  web  first    10ms  20ms kind=client host=a
    cart one  -900ms  10ms kind=server host=b
  web  second   40ms  20ms kind=client host=a
    user two -5000ms  10ms kind=server host=c
`},
			want: `
web GET
  -> cart one (first)
  -> user two (second)
`,
		},
		{
			name: "an operation in the middle of traces, once or several times a trace",
			of:   "cart list",
			draws: []string{`
web  GET         0ms 100ms kind=server
  web  call     10ms  20ms kind=client
    cart list   11ms  15ms kind=server
      cart read 12ms  10ms
  cart list     50ms  15ms kind=server
`},
			want: `
cart list
  . cart read 50%
`,
		},
		{
			name: "what hangs nowhere is shown below the entry",
			of:   "web GET",
			draws: []string{`
web  GET         0ms 100ms kind=server
  web call      10ms  60ms kind=client
user get        20ms  10ms kind=server parent=ff
`},
			want: `
web GET
  . web call unanswered=1
  ?> user get
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrawn(t)
			w := d.model(c.of, c.draws...).View(nil)
			if diff := cmp.Diff(c.want, outline(&w)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
