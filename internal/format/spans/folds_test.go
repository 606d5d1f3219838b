package spans

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

func TestWhatWasFoldedIsTold(t *testing.T) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	list := rs.ScopeSpans().AppendEmpty().Spans()
	add := func(name string) {
		s := list.AppendEmpty()
		s.SetName(name)
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{byte(list.Len())})
		s.SetStartTimestamp(1)
		s.SetEndTimestamp(2)
	}
	for i := range 5 {
		add(fmt.Sprintf("GET /users/%d", 100+i))
		add("GET /users/100") // seen before
		add("GET /health")
	}
	add("SELECT * FROM t WHERE id = 7")
	c := New(model.NewSymbols(), DefaultConfig())
	c.Convert(td, func(*model.Fragment) {})
	want := []model.Folded{
		{Service: "shop", Operation: "GET /users/{}", Names: 5, Example: "GET /users/100"},
		{Service: "shop", Operation: "SELECT * FROM t WHERE id = {}", Names: 1, Example: "SELECT * FROM t WHERE id = 7"},
	}
	if d := cmp.Diff(want, c.Folded()); d != "" {
		t.Error(d)
	}
}

// What tells which part of a name varies steers the folding, and stays an attribute.
func TestRoutesSteerTheFolding(t *testing.T) {
	for _, c := range []struct {
		rule, name string
		attrs      kv
		want       string
		kept       string
	}{
		{"a route", "GET /users/alice/orders", kv{"http.route": "/users/{name}/orders"}, "GET /users/{}/orders", " http.route=/users/{name}/orders"},
		{"a client's template", "GET /users/alice", kv{"url.template": "/users/{name}"}, "GET /users/{}", " url.template=/users/{name}"},
		{"the route before the template", "GET /users/alice", kv{"url.template": "/{kind}/alice", "http.route": "/users/{name}"}, "GET /users/{}", " http.route=/users/{name} url.template=/{kind}/alice"},
		{"Micrometer's", "GET /users/alice", kv{"uri": "/users/{name}"}, "GET /users/{}", " uri=/users/{name}"},
		{"Datadog's", "GET /users/alice", kv{"resource.name": "GET /users/:name"}, "GET /users/{}", " resource.name=GET /users/:name"},
		{"a query's summary", "HGET sessions alice", kv{"db.query.summary": "HGET sessions"}, "HGET sessions {}", " db.query.summary=HGET sessions"},
		{"a destination's template", "publish orders-eu", kv{"messaging.destination.template": "orders-{region}"}, "publish orders-{}", " messaging.destination.template=orders-{region}"},
		{"a destination without a word beside it", "orders-eu", kv{"messaging.destination.template": "orders-{region}"}, "orders-{}", " messaging.destination.template=orders-{region}"},
		{"nothing is put into a name", "GET", kv{"http.route": "/users/{name}"}, "GET", " http.route=/users/{name}"},
		{"a template as name stays", "GET /users/{name}", kv{"http.route": "/users/{name}"}, "GET /users/{name}", " http.route=/users/{name}"},
		{"the path that was asked for is no template", "GET /users/alice", kv{"http.target": "/users/{name}", "url.path": "/users/alice"}, "GET /users/alice", ""},
		{"no text", "GET /users/alice", kv{"http.route": 7}, "GET /users/alice", " http.route=7"},
		{"generated all the same", "GET /users/42", kv{"http.route": "/carts/{id}"}, "GET /users/{}", " http.route=/carts/{id}"},
	} {
		sy, _, fs := convert(one(nil, c.attrs, func(s ptrace.Span) { s.SetName(c.name) }))
		f := fs[0]
		s := &f.Spans[0]
		if got := sy.Name(s.Operation); got != c.want {
			t.Errorf("%s: operation %q, want %q", c.rule, got, c.want)
		}
		if got := attrs(sy, f, s); got != c.kept {
			t.Errorf("%s: attributes%s, want%s", c.rule, got, c.kept)
		}
	}
}

// Names that a route folds take no room from the operations of their service, and the
// same name under many routes does not grow what is remembered.
func TestSteeredNamesAreBounded(t *testing.T) {
	sy := model.NewSymbols()
	c := New(sy, DefaultConfig())
	send := func(name, route string) {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "shop")
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetName(name)
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{1})
		s.SetStartTimestamp(1)
		s.Attributes().PutStr("http.route", route)
		c.Convert(td, func(f *model.Fragment) {
			if got := sy.Name(f.Spans[0].Operation); got != "GET /users/{}" && name != "GET /a" && name != "GET" {
				t.Fatalf("%s by %s is %q", name, route, got)
			}
		})
	}
	letters := func(i int) string { return string([]byte{'a' + byte(i/676%26), 'a' + byte(i/26%26), 'a' + byte(i%26)}) }
	const many = 10_000 // more operations than a service may have
	for i := range many {
		send("GET /users/"+letters(i), "/users/{name}")
		send("GET /a", "/{"+letters(i)+"}/b")
		send("GET", "/{"+letters(i)+"}/b")
	}
	for _, s := range c.services {
		for name, op := range s.ops {
			if len(op.by) > maxForms || name == "GET" && len(op.by) > 0 {
				t.Errorf("%s is remembered in %d forms", name, len(op.by))
			}
		}
	}
	if got := c.Folded(); len(got) != 1 || got[0].Operation != "GET /users/{}" || got[0].Names < 26*26*14 {
		t.Errorf("folded: %+v", got)
	}
}
