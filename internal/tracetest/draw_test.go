package tracetest_test

import (
	"strings"
	"testing"
	"time"

	"culprit/internal/tracetest"
	"culprit/model"
)

const ms = int64(time.Millisecond)

func TestDraw(t *testing.T) {
	sy := model.NewSymbols()
	f := tracetest.Draw(sy, `
web  GET/cart      0ms 100ms kind=server weight=4
  web  call        5ms  60ms kind=client peer=cart link=1
    cart "list it" 30ms error timeout tenant=acme instance=cart-1 host=h1 db.system=redis
    cart more      20ms
  user get        70ms  10ms parent=ff follows
`)
	if len(f.Spans) != 5 || f.Trace.IsZero() {
		t.Fatalf("have %d spans in trace %v, want 5 in a trace with an ID", len(f.Spans), f.Trace)
	}
	web, call, list, more, user := f.Spans[0], f.Spans[1], f.Spans[2], f.Spans[3], f.Spans[4]
	res := sy.ResourceOf(list.Resource)
	attrs := f.AttrsOf(&list)
	for what, ok := range map[string]bool{
		"the first line is a root":             web.Parent.IsZero() && web.Kind == model.KindServer && web.Weight == 4,
		"two times are start and duration":     call.Start == tracetest.Epoch+5*ms && call.Duration == 60*ms,
		"indentation is the parent":            call.Parent == web.ID && list.Parent == call.ID && more.Parent == call.ID,
		"one time is a duration":               list.Start == call.Start && list.Duration == 30*ms,
		"siblings follow each other":           more.Start == list.End() && more.Duration == 20*ms,
		"quoted words hold blanks":             sy.Name(list.Operation) == "list it",
		"words are marks":                      list.Status == model.StatusError && list.Flags == model.Timeout,
		"an emitter has instance and host":     sy.Name(res.Instance) == "cart-1" && sy.Name(res.Host) == "h1" && sy.Name(res.Service) == "cart",
		"other pairs are attributes, sorted":   len(attrs) == 2 && sy.Name(attrs[0].Key) == "db.system" && sy.Name(attrs[1].Value) == "acme",
		"parent= overrules indentation":        user.Parent == tracetest.ID(0xff) && user.Flags == model.FollowsFrom,
		"peer= is the callee's name":           sy.Name(call.Peer) == "cart",
		"link= is a reference":                 len(f.Refs) == 1 && f.Refs[0].From == call.ID && f.Refs[0].To == web.ID && f.Refs[0].Kind == model.RefLink,
		"spans without attributes have none":   len(f.AttrsOf(&user)) == 0,
		"one service, one emitter, one number": more.Service == list.Service && more.Resource != list.Resource,
	} {
		if !ok {
			t.Errorf("not so: %s", what)
		}
	}
}

func TestMove(t *testing.T) {
	f := tracetest.Move(tracetest.Draw(model.NewSymbols(), "web get 1ms 2ms"), time.Second)
	if got, want := f.Spans[0].Start, tracetest.Epoch+1001*ms; got != want {
		t.Errorf("start %d, want %d", got, want)
	}
}

// A mistake in a drawing names the line and what is wrong with it.
func TestDrawPanics(t *testing.T) {
	for _, c := range []struct{ draw, want string }{
		{"web", "want a service and an operation"},
		{"web get 1ms bogus", `unknown mark "bogus"`},
		{"web get kind=boss", `unknown kind "boss"`},
		{"web get -1ms", "never negative"},
		{"web get id=xyz", "not a hex digit"},
		{`web "get`, "reading"},
	} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, c.want) || !strings.Contains(said, "line 1") {
					t.Errorf("drawing %q panics with %q, want line 1 and %q", c.draw, said, c.want)
				}
			}()
			tracetest.Draw(model.NewSymbols(), c.draw)
		}()
	}
}
