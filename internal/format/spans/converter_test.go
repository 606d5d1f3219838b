package spans

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/osprofiler"
	"culprit/model"
)

type kv map[string]any

// one builds a trace of one span; edit changes it.
func one(resource, attrs kv, edit func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	if err := rs.Resource().Attributes().FromRaw(resource); err != nil {
		panic(err)
	}
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID{15: 1})
	s.SetSpanID(pcommon.SpanID{7: 2})
	s.SetName("op")
	s.SetStartTimestamp(1_000)
	s.SetEndTimestamp(3_000)
	if err := s.Attributes().FromRaw(attrs); err != nil {
		panic(err)
	}
	if edit != nil {
		edit(s)
	}
	return td
}

func convert(td ptrace.Traces) (*model.Symbols, *Converter, []*model.Fragment) {
	sy := model.NewSymbols()
	c := New(sy, DefaultConfig())
	return sy, c, collect(c, td)
}

func collect(c *Converter, td ptrace.Traces) []*model.Fragment {
	var out []*model.Fragment
	c.Convert(td, func(f *model.Fragment) { out = append(out, f) })
	return out
}

// say writes a span out by name, so that two tables of symbols can be compared.
func say(sy *model.Symbols, f *model.Fragment, s *model.Span) string {
	r := sy.ResourceOf(s.Resource)
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s<%s %d+%d %s.%s kind=%d status=%d flags=%d peer=%s weight=%g instance=%s version=%s host=%s", f.Trace, s.ID, s.Parent,
		s.Start, s.Duration, sy.Name(s.Service), sy.Name(s.Operation), s.Kind, s.Status, s.Flags, sy.Name(s.Peer), s.Weight,
		sy.Name(r.Instance), sy.Name(r.Version), sy.Name(r.Host))
	b.WriteString(attrs(sy, f, s))
	return b.String()
}

func attrs(sy *model.Symbols, f *model.Fragment, s *model.Span) string {
	var b strings.Builder
	for _, a := range f.AttrsOf(s) {
		fmt.Fprintf(&b, " %s=%s", sy.Name(a.Key), sy.Name(a.Value))
	}
	return b.String()
}

// The identity is service, instance, version and host, under today's names first and
// under what older systems call them then.
func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		name     string
		resource kv
		want     string // service instance version host
	}{
		{"nothing known", kv{}, "unknown_service - - -"},
		{"service only", kv{"service.name": "shop"}, "shop - - -"},
		{"a pod before an instance ID before a host", kv{"service.name": "shop", "k8s.pod.name": "shop-1-x", "service.instance.id": "uuid", "host.name": "h"}, "shop shop-1-x - h"},
		{"an instance ID before a host", kv{"service.name": "shop", "service.instance.id": "uuid", "host.name": "h", "service.version": "1.2"}, "shop uuid 1.2 h"},
		{"a host is the instance where nothing better is known", kv{"service.name": "shop", "host.name": "h"}, "shop h - h"},
		{"a node is the host where no host is named", kv{"service.name": "shop", "k8s.node.name": "n1"}, "shop n1 - n1"},
		{"a Jaeger process", kv{"service.name": "shop", "hostname": "pod-7", "ip": "10.0.0.1", "client-uuid": "5a6b", "jaeger.version": "Go-2.30"}, "shop pod-7 - pod-7"},
		{"a Zipkin endpoint", kv{"service.name": "shop", "ip": "10.0.0.1"}, "shop 10.0.0.1 - 10.0.0.1"},
		{"a Lightstep reporter", kv{"lightstep.component_name": "shop", "lightstep.hostname": "h", "lightstep.guid": "77"}, "shop h - h"},
		{"an empty value is not there", kv{"service.name": "", "k8s.pod.name": "", "host.name": "h"}, "unknown_service h - h"},
		{"a number is a name", kv{"service.name": "shop", "service.version": int64(7)}, "shop - 7 -"},
		{"unprintable", kv{"service.name": "sh\x00op\xff"}, "sh op\uFFFD - - -"},
	} {
		sy, _, fs := convert(one(c.resource, nil, nil))
		s := fs[0].Spans[0]
		r := sy.ResourceOf(s.Resource)
		got := []string{sy.Name(s.Service), sy.Name(r.Instance), sy.Name(r.Version), sy.Name(r.Host)}
		for i := range got {
			if got[i] == "" {
				got[i] = "-"
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if r.Service != s.Service {
			t.Errorf("%s: the resource is another service's", c.name)
		}
	}
}

// A recorded status stands; without one the attributes tell.
func TestStatusAndFlags(t *testing.T) {
	failed := func(message string) func(ptrace.Span) {
		return func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError); s.Status().SetMessage(message) }
	}
	const timeout, streaming, unfinished = model.Timeout, model.Streaming, model.Unfinished
	for _, c := range []struct {
		name   string
		attrs  kv
		edit   func(ptrace.Span)
		status model.Status
		flags  model.SpanFlags
	}{
		{"nothing said", kv{}, nil, model.StatusUnset, 0},
		{"recorded error", kv{}, failed("boom"), model.StatusError, 0},
		{"recorded OK outlives a 500", kv{"http.status_code": 500}, func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeOk) }, model.StatusOK, 0},
		{"error=true", kv{"error": true}, nil, model.StatusError, 0},
		{"error=\"true\"", kv{"error": "true"}, nil, model.StatusError, 0},
		{"error=false", kv{"error": "false"}, nil, model.StatusUnset, 0},
		{"Zipkin's error=message", kv{"error": "connection refused"}, nil, model.StatusError, 0},
		{"otel.status_code", kv{"otel.status_code": "ERROR"}, nil, model.StatusError, 0},
		{"otel.status_code OK", kv{"otel.status_code": "OK"}, nil, model.StatusOK, 0},
		{"500", kv{"http.response.status_code": 500}, nil, model.StatusError, 0},
		{"503 as text", kv{"http.status_code": "503"}, nil, model.StatusError, 0},
		{"500 of osprofiler's OTLP driver", kv{"status_code": 500}, nil, model.StatusError, 0},
		{"a status code of something else", kv{"status_code": 13}, nil, model.StatusUnset, 0},
		{"HTTP's own name for it wins", kv{"http.status_code": 404, "status_code": "500"}, nil, model.StatusUnset, 0},
		{"404 is the caller's", kv{"http.response.status_code": 404}, nil, model.StatusUnset, 0},
		{"gRPC NOT_FOUND is the caller's", kv{"rpc.grpc.status_code": 5}, nil, model.StatusUnset, 0},
		{"gRPC INTERNAL", kv{"rpc.grpc.status_code": 13}, nil, model.StatusError, 0},
		{"gRPC by name", kv{"rpc.response.status_code": "UNAVAILABLE"}, nil, model.StatusError, 0},
		{"gRPC by Go's name", kv{"grpc.code": "DeadlineExceeded"}, nil, model.StatusError, timeout},
		{"gRPC OK", kv{"rpc.grpc.status_code": 0}, nil, model.StatusUnset, 0},

		{"a timeout by message", kv{}, failed("redis timeout"), model.StatusError, timeout},
		{"a cancellation by message", kv{}, failed("rpc error: Context Canceled"), model.StatusError, timeout},
		{"a timeout by error.type", kv{"error.type": "java.net.SocketTimeoutException"}, failed(""), model.StatusError, timeout},
		{"a cancelled call that failed", kv{"rpc.grpc.status_code": 1}, failed(""), model.StatusError, timeout},
		{"504", kv{"http.status_code": 504}, nil, model.StatusError, timeout},
		{"a timeout that is no error", kv{"error.type": "timeout"}, nil, model.StatusUnset, 0},
		{"a timeout by its exception", kv{}, func(s ptrace.Span) {
			failed("")(s)
			s.Events().AppendEmpty().Attributes().PutStr("exception.type", "asyncio.TimeoutError")
		}, model.StatusError, timeout},

		{"a step that never returned", kv{"osprofiler.unfinished": true}, failed("no stop notification"), model.StatusError, unfinished},
		{"a step that may still return", kv{"osprofiler.unfinished": true}, nil, model.StatusUnset, 0},
		{"a segment in progress that never ended", kv{"xray.unfinished": true}, failed(""), model.StatusError, unfinished},

		{"websocket by protocol", kv{"network.protocol.name": "websocket"}, nil, model.StatusUnset, streaming},
		{"websocket by status", kv{"http.response.status_code": 101}, nil, model.StatusUnset, streaming},
		{"a poll", kv{"messaging.operation": "receive"}, nil, model.StatusUnset, streaming},
		{"a stream that says so", kv{"rpc.streaming": true}, nil, model.StatusUnset, streaming},
		{"a long poll by name", kv{}, func(s ptrace.Span) { s.SetName("GET /events/long-poll") }, model.StatusUnset, streaming},
	} {
		_, _, fs := convert(one(nil, c.attrs, c.edit))
		if s := fs[0].Spans[0]; s.Status != c.status || s.Flags != c.flags {
			t.Errorf("%s: status %d flags %d, want %d and %d", c.name, s.Status, s.Flags, c.status, c.flags)
		}
	}
}

// A caller names its callee by peer.service, else by address, else by database
// name, else by database system, else by destination.
func TestPeer(t *testing.T) {
	client, server, unspecified, producer := ptrace.SpanKindClient, ptrace.SpanKindServer, ptrace.SpanKindUnspecified, ptrace.SpanKindProducer
	internal := ptrace.SpanKindInternal
	all := kv{"peer.service": "pay", "server.address": "db1", "db.namespace": "shop", "db.system.name": "mysql", "messaging.destination.name": "orders"}
	without := func(keys ...string) kv {
		m := kv{}
		for k, v := range all {
			if !slices.Contains(keys, k) {
				m[k] = v
			}
		}
		return m
	}
	for _, c := range []struct {
		name  string
		kind  ptrace.SpanKind
		attrs kv
		want  string
	}{
		{"peer.service first", client, all, "pay"},
		{"then the address", client, without("peer.service"), "db1"},
		{"then the database", client, without("peer.service", "server.address"), "shop"},
		{"then its system", client, without("peer.service", "server.address", "db.namespace"), "mysql"},
		{"then the destination", producer, without("peer.service", "server.address", "db.namespace", "db.system.name"), "orders"},
		{"older address", client, kv{"net.peer.name": "db1", "net.peer.ip": "10.0.0.1", "db.name": "shop"}, "db1"},
		{"a bare IP comes last", client, kv{"net.peer.ip": "10.0.0.1", "db.type": "redis"}, "redis"},
		{"a bare IP is better than nothing", client, kv{"peer.ipv4": "10.0.0.1"}, "10.0.0.1"},
		{"http.host without its port", client, kv{"http.host": "shop:8080"}, "shop"},
		{"a reply queue is made for one client", producer, kv{"messaging.destination": "reply-550e8400-e29b-41d4-a716-446655440000"}, "reply-{}"},
		{"a server has no callee", server, all, ""},
		{"no kind but a database", unspecified, kv{"db.system": "redis", "server.address": "r1"}, "r1"},
		{"no kind and no sign of a call", unspecified, kv{"server.address": "r1"}, ""},
		{"internal but a service", internal, kv{"peer.service": "pay"}, "pay"},
		{"internal but a database", internal, kv{"db.system": "redis", "server.address": "r1"}, "r1"},
		{"internal, a database within the process", internal, kv{"db.system": "H2", "db.name": "shop"}, ""},
		{"internal, such a database of a named service", internal, kv{"db.system.name": "sqlite", "peer.service": "files"}, "files"},
		{"internal and no sign of a call", internal, kv{"server.address": "r1", "db.name": "shop"}, ""},
		{"osprofiler's hostname", client, kv{"http.hostname": "glance", "http.port": 9292}, "glance"},
		{"a mesh's proxy", client, kv{"upstream_cluster": "outbound|8080||cart.shop.svc.cluster.local", "peer.address": "10.0.0.1"}, "cart.shop"},
		{"a proxy that says whom by address", client, kv{"upstream_cluster.name": "PassthroughCluster", "peer.address": "10.0.0.1"}, "10.0.0.1"},
		{"the kind as an attribute", unspecified, kv{"span.kind": "client", "server.address": "r1"}, "r1"},
	} {
		sy, _, fs := convert(one(nil, c.attrs, func(s ptrace.Span) { s.SetKind(c.kind) }))
		if got := sy.Name(fs[0].Spans[0].Peer); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// What a fault can sit in stays; what is unbounded, made for one request or true of
// everything goes.
func TestAttributes(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		name     string
		kind     ptrace.SpanKind
		resource kv
		attrs    kv
		want     string
	}{
		{"the customer's own", 0, nil, kv{"tenant.id": "acme", "region": "eu", "feature.flag": true, "retries": 3, "ratio": 0.5, "size": 2.0},
			" feature.flag=true region=eu retries=3 size=2 tenant.id=acme"},
		{"what tells operations apart", 0, nil, kv{"http.route": "/users/{id}", "http.request.method": "GET", "http.response.status_code": 200, "rpc.method": "Charge", "db.operation": "SELECT", "url.template": "/x", "db.query.summary": "SELECT users"},
			" db.operation=SELECT db.query.summary=SELECT users http.request.method=GET http.response.status_code=200 http.route=/users/{id} rpc.method=Charge url.template=/x"},
		{"noise", 0, nil, kv{"url.full": "http://x/y", "http.target": "/y", "db.statement": "SELECT 1", "thread.id": 7, "thread.name": "main", "network.peer.port": 4711,
			"user_agent.original": "curl", "exception.type": "E", "code.function": "f", "messaging.message.id": "m", "http.response.body.size": 5, "internal.span.format": "otlp", "span.kind": "client", "otel.scope.name": "s"}, ""},
		{"values made for one request", 0, nil, kv{"a": "550e8400-e29b-41d4-a716-446655440000", "b": "9fceb02d0ae598e9", "c": 1234567, "d": "12345678", "e": long, "f": "", "g": -1000000, "h": 1e9}, ""},
		{"lists and bytes", 0, nil, kv{"a": []any{"x"}, "b": []byte("x"), "c": map[string]any{"x": 1}}, ""},
		{"a server's anonymous caller", ptrace.SpanKindServer, nil, kv{"server.address": "a", "network.peer.address": "10.0.0.1", "client.address": "1.2.3.4"}, ""},
		{"a caller's callee", ptrace.SpanKindClient, nil, kv{"server.address": "a", "server.port": 8080, "network.peer.address": "10.0.0.1"}, " network.peer.address=10.0.0.1 server.address=a server.port=8080"},
		{"resources without identity and noise", 0, kv{"service.name": "shop", "service.version": "1", "host.name": "h", "k8s.pod.name": "p", "k8s.node.name": "n1", "deployment.environment": "prod", "cloud.region": "eu-1",
			"telemetry.sdk.name": "otel", "process.pid": 7, "os.type": "linux"}, nil, " cloud.region=eu-1 deployment.environment=prod k8s.node.name=n1"},
		{"a span's own hides the resource's", 0, kv{"region": "eu"}, kv{"region": "us"}, " region=us"},
	} {
		sy, _, fs := convert(one(c.resource, c.attrs, func(s ptrace.Span) { s.SetKind(c.kind) }))
		if got := attrs(sy, fs[0], &fs[0].Spans[0]); got != c.want {
			t.Errorf("%s:\n got%s\nwant%s", c.name, got, c.want)
		}
	}
}

// Of too many attributes the customers' own and the telling ones stay, whichever
// order they came in.
func TestTooManyAttributes(t *testing.T) {
	many := kv{"zz.tenant": "acme", "http.route": "/r", "net.a": 1, "net.b": 1, "net.c": 1, "http.flavor": "1.1"}
	sy := model.NewSymbols()
	c := New(sy, Config{MaxAttrs: 3, MaxValueBytes: 64, Drop: []string{"net.a"}, Keep: []string{"url.path"}})
	f := collect(c, one(kv{"cloud.region": "eu"}, many, nil))[0]
	if got, want := attrs(sy, f, &f.Spans[0]), " http.flavor=1.1 http.route=/r zz.tenant=acme"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f = collect(c, one(nil, kv{"url.path": "/p", "net.a": 1}, nil))[0]
	if got, want := attrs(sy, f, &f.Spans[0]), " url.path=/p"; got != want {
		t.Errorf("Keep and Drop: %q, want %q", got, want)
	}
}

// An attribute with a new value for every span is given up and holds no memory.
func TestUnboundedAttribute(t *testing.T) {
	sy := model.NewSymbols()
	c := New(sy, DefaultConfig())
	for i := range 5000 {
		collect(c, one(nil, kv{"customer": fmt.Sprint("c", i), "visit": i, "tenant": "acme"}, nil))
	}
	f := collect(c, one(nil, kv{"customer": "c1", "visit": 1, "tenant": "acme"}, nil))[0]
	if got, want := attrs(sy, f, &f.Spans[0]), " tenant=acme"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if k := c.keys["customer"]; len(k.strs) != 0 || !k.unbounded {
		t.Errorf("%d values cached of an unbounded key", len(k.strs))
	}
}

func TestWeight(t *testing.T) {
	for _, c := range []struct {
		state string
		attrs kv
		want  float32
	}{
		{"", nil, 0},
		{"ot=th:0", nil, 1},
		{"ot=th:8", nil, 2},
		{"vendor=x, ot=rv:abc;th:c", nil, 4},
		{"ot=th:fd70a3d70a3d71", nil, 100},
		{"ot=th:zz", nil, 0},
		{"ot=th:ffffffffffffff", nil, maxWeight},
		{"ot=p:3", nil, 8},
		{"ot=p:63", nil, 0},
		{"", kv{"sampler.type": "probabilistic", "sampler.param": 0.1}, 10},
		{"", kv{"sampler.type": "probabilistic", "sampler.param": "0.5"}, 2},
		{"", kv{"sampler.type": "const", "sampler.param": true}, 0},
		{"", kv{"sampler.type": "ratelimiting", "sampler.param": 1.0}, 0},
	} {
		_, _, fs := convert(one(nil, c.attrs, func(s ptrace.Span) { s.TraceState().FromRaw(c.state) }))
		if got := fs[0].Spans[0].Weight; got != c.want {
			t.Errorf("%q %v: %v, want %v", c.state, c.attrs, got, c.want)
		}
	}
}

// Times are repaired where that is possible, and the repair is counted.
func TestTimes(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to uint64
		want     string // start+duration, or "dropped"
		warning  string
	}{
		{"usual", 1000, 3000, "1000+2000", ""},
		{"a moment", 1000, 1000, "1000+0", ""},
		{"swapped", 3000, 1000, "3000+0", "negative-duration"},
		{"never ended", 3000, 0, "3000+0", "negative-duration"},
		{"no start", 0, 3000, "3000+0", "no-start-time"},
		{"no time", 0, 0, "dropped", "no-time"},
		{"beyond the year 2262", 1 << 63, 1<<63 + 5, "dropped", "no-time"},
		{"longer than a span can be", 1, 1<<63 - 1, fmt.Sprintf("1+%d", maxDuration), "overlong-span"},
		{"overflow", 1, 1<<64 - 1, fmt.Sprintf("1+%d", maxDuration), "overlong-span"},
	} {
		_, cv, fs := convert(one(kv{"service.name": "shop"}, nil, func(s ptrace.Span) {
			s.SetStartTimestamp(pcommon.Timestamp(c.from))
			s.SetEndTimestamp(pcommon.Timestamp(c.to))
		}))
		got := "dropped"
		if len(fs) > 0 {
			got = fmt.Sprintf("%d+%d", fs[0].Spans[0].Start, fs[0].Spans[0].Duration)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		ws := cv.Warnings()
		if c.warning == "" && len(ws) > 0 || c.warning != "" && (len(ws) != 1 || ws[0].Kind != c.warning || ws[0].Place != "shop" || ws[0].Count != 1) {
			t.Errorf("%s: warnings %v, want %q", c.name, ws, c.warning)
		}
		if len(cv.Warnings()) > 0 {
			t.Errorf("%s: warned twice", c.name)
		}
	}
}

func TestMissingIDs(t *testing.T) {
	td := one(nil, nil, func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) })
	one(nil, nil, func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) }).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	_, c, fs := convert(td)
	want := []model.Warning{{Kind: "no-id", Place: UnknownService, Count: 2, Message: troubles[noID].message}}
	if d := cmp.Diff(want, c.Warnings()); len(fs) != 0 || d != "" {
		t.Errorf("%d fragments, warnings %s", len(fs), d)
	}
}

// A FOLLOWS_FROM parent does not wait; other references are kept beside the parent.
func TestLinks(t *testing.T) {
	trace, parent := pcommon.TraceID{15: 1}, pcommon.SpanID{7: 9}
	sy := model.NewSymbols()
	c := New(sy, Config{MaxRefs: 2})
	fs := collect(c, one(nil, nil, func(s ptrace.Span) {
		s.SetParentSpanID(parent)
		add := func(id pcommon.SpanID, ref string) {
			l := s.Links().AppendEmpty()
			l.SetTraceID(trace)
			l.SetSpanID(id)
			if ref != "" {
				l.Attributes().PutStr("opentracing.ref_type", ref)
			}
		}
		add(parent, "follows_from")
		add(pcommon.SpanID{7: 3}, "child_of")
		add(pcommon.SpanID{}, "")
		add(pcommon.SpanID{7: 4}, "")
		add(pcommon.SpanID{7: 5}, "")
	}))
	from, tr := model.SpanID{7: 2}, model.TraceID{15: 1}
	want := []model.Ref{
		{From: from, Trace: tr, To: model.SpanID{7: 3}, Kind: model.RefChildOf},
		{From: from, Trace: tr, To: model.SpanID{7: 4}, Kind: model.RefLink},
	}
	if d := cmp.Diff(want, fs[0].Refs); d != "" || fs[0].Spans[0].Flags != model.FollowsFrom {
		t.Errorf("flags %d, refs %s", fs[0].Spans[0].Flags, d)
	}
	var kinds []string
	for _, w := range c.Warnings() {
		kinds = append(kinds, w.Kind)
	}
	if !slices.Equal(kinds, []string{"bad-link", "many-links"}) {
		t.Errorf("warnings %v", kinds)
	}
}

// Spans of one trace come together, in the order in which they came, whichever
// resources and other traces lie between.
func TestGrouping(t *testing.T) {
	td := ptrace.NewTraces()
	for i := range 6 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", fmt.Sprint("s", i%2))
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(pcommon.TraceID{0: byte(1 + i%3)})
		s.SetSpanID(pcommon.SpanID{0: byte(1 + i)})
		s.SetStartTimestamp(5)
		s.SetEndTimestamp(6)
		s.Attributes().PutInt("n", int64(i))
	}
	sy, _, fs := convert(td)
	var got []string
	for _, f := range fs {
		for i := range f.Spans {
			s := &f.Spans[i]
			got = append(got, fmt.Sprintf("%d/%d %s%s", f.Trace[0], s.ID[0], sy.Name(s.Service), attrs(sy, f, s)))
		}
	}
	want := []string{"1/1 s0 n=0", "1/4 s1 n=3", "2/2 s1 n=1", "2/5 s0 n=4", "3/3 s0 n=2", "3/6 s1 n=5"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What a converter gives does not depend on what it saw before, nor on a recording
// in between.
func TestConvertIsPure(t *testing.T) {
	sy := model.NewSymbols()
	used := New(sy, DefaultConfig())
	for seed := range uint64(20) {
		td := synthetic(seed, 30, true)
		var fresh, again []string
		s2, _, fs := convert(td)
		for _, f := range fs {
			for i := range f.Spans {
				fresh = append(fresh, say(s2, f, &f.Spans[i]))
			}
		}
		m := ptrace.JSONMarshaler{}
		line, err := m.MarshalTraces(td)
		if err != nil {
			t.Fatal(err)
		}
		u := ptrace.JSONUnmarshaler{}
		copied, err := u.UnmarshalTraces(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range collect(used, copied) {
			for i := range f.Spans {
				again = append(again, say(sy, f, &f.Spans[i]))
			}
		}
		if d := cmp.Diff(fresh, again); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

// Hostile names do not grow the caches, and spans come out right all the same.
func TestCachesAreBounded(t *testing.T) {
	sy := model.NewSymbols()
	c := New(sy, DefaultConfig())
	for i := range 3 * maxCachedKeys {
		text := fmt.Sprintf("x%dy", i)
		fs := collect(c, one(kv{"service.name": text, "host.name": text}, kv{text: "v", "peer.service": text, "tenant": "acme"}, func(s ptrace.Span) {
			s.SetKind(ptrace.SpanKindClient)
			s.SetName(text)
		}))
		if n := len(c.keys) + len(c.services) + len(c.resources) + len(c.peers); n > 4*(maxCachedKeys+10) {
			t.Fatalf("%d entries cached after %d spans", n, i)
		}
		if got := attrs(sy, fs[0], &fs[0].Spans[0]); !strings.Contains(got, "tenant=acme") {
			t.Fatalf("span %d has%s", i, got)
		}
	}
}

// Functions that osprofiler's OTLP driver named by their trace point get their names back;
// another sender's attribute "name" is not a part of the operation.
func TestNamesOfOSProfiler(t *testing.T) {
	for scope, want := range map[string]string{osprofiler.Scope: "DRIVER_LibvirtDriver.spawn", "shop": "drive"} {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "nova-compute")
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(scope)
		span := ss.Spans().AppendEmpty()
		span.SetTraceID([16]byte{1})
		span.SetSpanID([8]byte{1})
		span.SetName("drive")
		span.SetStartTimestamp(1)
		span.SetEndTimestamp(2)
		span.Attributes().PutStr("name", "nova.virt.libvirt.driver.LibvirtDriver.spawn")
		table := model.NewSymbols()
		New(table, DefaultConfig()).Convert(td, func(f *model.Fragment) {
			if got := table.Name(f.Spans[0].Operation); got != want {
				t.Errorf("%s: %s, want %s", scope, got, want)
			}
		})
	}
}
