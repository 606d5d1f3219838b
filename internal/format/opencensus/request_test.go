package opencensus

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	agent "github.com/census-instrumentation/opencensus-proto/gen-go/agent/common/v1"
	resource "github.com/census-instrumentation/opencensus-proto/gen-go/resource/v1"
	trace "github.com/census-instrumentation/opencensus-proto/gen-go/trace/v1"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// request is ExportTraceServiceRequest.
type request struct {
	node     *agent.Node
	resource *resource.Resource
	spans    []*trace.Span
}

func (r request) wire(t testing.TB) []byte {
	var b []byte
	put := func(n protowire.Number, m proto.Message) {
		raw, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), raw)
	}
	if r.node != nil {
		put(requestNode, r.node)
	}
	for _, s := range r.spans {
		put(requestSpan, s)
	}
	if r.resource != nil {
		put(requestResource, r.resource)
	}
	return b
}

func (r request) json(t testing.TB) []byte {
	var parts []string
	put := func(m proto.Message) string {
		raw, err := protojson.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if r.node != nil {
		parts = append(parts, `"node":`+put(r.node))
	}
	if r.resource != nil {
		parts = append(parts, `"resource":`+put(r.resource))
	}
	var spans []string
	for _, s := range r.spans {
		spans = append(spans, put(s))
	}
	parts = append(parts, `"spans":[`+strings.Join(spans, ",")+`]`)
	return []byte("{" + strings.Join(parts, ",") + "}")
}

// say writes down what traces hold.
func say(td ptrace.Traces) []string {
	var out []string
	for _, rs := range td.ResourceSpans().All() {
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			line := fmt.Sprintf("%s<%s %s %s %d-%d %v %v", s.SpanID().String()[12:], s.ParentSpanID(), s.Name(), s.Kind(), s.StartTimestamp(), s.EndTimestamp(), rs.Resource().Attributes().AsRaw(), s.Attributes().AsRaw())
			if s.Status().Code() != 0 || s.Status().Message() != "" {
				line += fmt.Sprintf(" %s %q", s.Status().Code(), s.Status().Message())
			}
			for _, e := range s.Events().All() {
				line += fmt.Sprintf(" @%d %s %v", e.Timestamp(), e.Name(), e.Attributes().AsRaw())
			}
			for _, l := range s.Links().All() {
				line += fmt.Sprintf(" link:%s", l.SpanID())
			}
			if ts := s.TraceState().AsRaw(); ts != "" {
				line += " state " + ts
			}
			out = append(out, line)
		}
	}
	return out
}

var (
	traceID = bytes.Repeat([]byte{1}, 16)
	spanID  = []byte{0, 0, 0, 0, 0, 0, 0, 2}
	node    = &agent.Node{ServiceInfo: &agent.ServiceInfo{Name: "shop"}, Identifier: &agent.ProcessIdentifier{HostName: "h", Pid: 7}, Attributes: map[string]string{"service.version": "1"}}
)

func text(s string) *trace.TruncatableString { return &trace.TruncatableString{Value: s} }

// span is a span of the shop from second 5 to 6.
func span(change func(*trace.Span)) *trace.Span {
	s := &trace.Span{TraceId: traceID, SpanId: spanID, Name: text("op"), StartTime: &timestamppb.Timestamp{Seconds: 5}, EndTime: &timestamppb.Timestamp{Seconds: 6}}
	if change != nil {
		change(s)
	}
	return s
}

const (
	shop = "map[host.name:h process.pid:7 service.name:shop service.version:1]"
	bare = "0002< op Unspecified 5000000000-6000000000 " + shop + " map[]"
)

func attributes(m map[string]*trace.AttributeValue) *trace.Span_Attributes {
	return &trace.Span_Attributes{AttributeMap: m}
}

func TestBothForms(t *testing.T) {
	for _, c := range []struct {
		name string
		in   request
		want []string // spans, then warnings
	}{
		{"a bare span", request{node: node, spans: []*trace.Span{span(nil)}}, []string{bare}},
		{"attributes keep their types", request{node: node, spans: []*trace.Span{span(func(s *trace.Span) {
			s.Attributes = attributes(map[string]*trace.AttributeValue{
				"s": {Value: &trace.AttributeValue_StringValue{StringValue: text("x")}}, "i": {Value: &trace.AttributeValue_IntValue{IntValue: -1}},
				"b": {Value: &trace.AttributeValue_BoolValue{BoolValue: true}}, "d": {Value: &trace.AttributeValue_DoubleValue{DoubleValue: 1.5}},
			})
		})}}, []string{strings.TrimSuffix(bare, "map[]") + "map[b:true d:1.5 i:-1 s:x]"}},
		{"a client that was answered not found has failed", request{node: node, spans: []*trace.Span{span(func(s *trace.Span) {
			s.Kind, s.Status = trace.Span_CLIENT, &trace.Status{Code: 5, Message: "no such cart"}
		})}}, []string{`0002< op Client 5000000000-6000000000 ` + shop + ` map[rpc.grpc.status_code:5] Error "no such cart"`}},
		{"a server that answers it has not", request{node: node, spans: []*trace.Span{span(func(s *trace.Span) {
			s.Kind, s.Status = trace.Span_SERVER, &trace.Status{Code: 5}
		})}}, []string{`0002< op Server 5000000000-6000000000 ` + shop + ` map[rpc.grpc.status_code:5]`}},
		{"annotations of a span that failed", request{node: node, spans: []*trace.Span{span(func(s *trace.Span) {
			s.Status = &trace.Status{Code: 2}
			s.TimeEvents = &trace.Span_TimeEvents{TimeEvent: []*trace.Span_TimeEvent{{Time: &timestamppb.Timestamp{Seconds: 5, Nanos: 1}, Value: &trace.Span_TimeEvent_Annotation_{Annotation: &trace.Span_TimeEvent_Annotation{Description: text("boom")}}},
				{Value: &trace.Span_TimeEvent_MessageEvent_{MessageEvent: &trace.Span_TimeEvent_MessageEvent{Id: 1}}}}}
		})}}, []string{strings.TrimSuffix(bare, "map[]") + `map[rpc.grpc.status_code:2] Error "" @5000000001 boom map[]`}},
		{"parent, links, trace state", request{node: node, spans: []*trace.Span{span(func(s *trace.Span) {
			s.ParentSpanId = []byte{0, 0, 0, 0, 0, 0, 0, 9}
			s.Links = &trace.Span_Links{Link: []*trace.Span_Link{{TraceId: traceID, SpanId: spanID}, {}}}
			s.Tracestate = &trace.Span_Tracestate{Entries: []*trace.Span_Tracestate_Entry{{Key: "ot", Value: "th:8"}, {Key: "a", Value: "b"}}}
		})}}, []string{strings.Replace(bare, "<", "<0000000000000009", 1) + " link:0000000000000002 state ot=th:8,a=b"}},
		{"the resource's labels come before the node's, a span's own before both", request{node: node, resource: &resource.Resource{Type: "k8s", Labels: map[string]string{"host.name": "pod"}}, spans: []*trace.Span{span(nil),
			span(func(s *trace.Span) { s.Resource = &resource.Resource{Labels: map[string]string{"service.name": "own"}} })}}, []string{
			"0002< op Unspecified 5000000000-6000000000 map[host.name:pod opencensus.resourcetype:k8s process.pid:7 service.name:shop service.version:1] map[]",
			"0002< op Unspecified 5000000000-6000000000 map[host.name:h process.pid:7 service.name:own service.version:1] map[]"}},
		{"bad spans cost only themselves", request{node: node, spans: []*trace.Span{{}, span(func(s *trace.Span) { s.SpanId = []byte{1} }), span(func(s *trace.Span) { s.ParentSpanId = []byte{1} }),
			span(func(s *trace.Span) { s.StartTime = nil }), span(func(s *trace.Span) { s.EndTime = nil }),
			span(func(s *trace.Span) { s.SpanId = make([]byte, 8) })}}, []string{
			"0002< op Unspecified 5000000000-0 " + shop + " map[]",
			"1: opencensus span: a trace ID of 0 bytes, want 16", "2: opencensus span: a span ID of 1 bytes, want 8", "3: opencensus span: a parent ID of 1 bytes, want 8",
			"4: opencensus span: no usable start time", "6: opencensus span: an ID of zeros"}},
		{"a node alone", request{node: node}, nil},
	} {
		for form, read := range map[string]func(*Stream, func(int, error)) (ptrace.Traces, error){
			"wire": func(s *Stream, warn func(int, error)) (ptrace.Traces, error) { return s.Read(c.in.wire(t), warn) },
			"JSON": func(s *Stream, warn func(int, error)) (ptrace.Traces, error) { return s.ReadJSON(c.in.json(t), warn) },
		} {
			var warned []string
			td, err := read(&Stream{}, func(n int, err error) { warned = append(warned, fmt.Sprintf("%d: %v", n, err)) })
			if err != nil {
				t.Errorf("%s (%s): %v", c.name, form, err)
			}
			if d := cmp.Diff(c.want, append(say(td), warned...)); d != "" {
				t.Errorf("%s (%s): %s", c.name, form, d)
			}
		}
	}
}

// The exporters say who they are once.
func TestNodeIsRemembered(t *testing.T) {
	var s Stream
	if _, err := s.Read(request{node: node}.wire(t), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read([]byte{0x0a, 2, 0xff, 0xff}, nil); err == nil {
		t.Error("a broken node is taken")
	}
	td, err := s.Read(request{spans: []*trace.Span{span(nil)}}.wire(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{bare}, say(td)); d != "" {
		t.Error(d)
	}
}

func TestRecording(t *testing.T) {
	good := string(request{node: node, spans: []*trace.Span{span(nil)}}.json(t))
	for _, c := range []struct{ name, in, want string }{
		{"records", good + "\n" + good, "2 spans, warnings [], <nil>"},
		{"bad records cost only themselves", "{\"hello\":1}\n{\"spans\":[{\"traceId\":7}]}\n7\n" + good, "1 spans, warnings [1 2 3], <nil>"},
		{"cut off", good + "\n" + good[:40], "1 spans, warnings [], opencensus: line 2: unexpected EOF"},
		{"nothing", "", "0 spans, warnings [], opencensus: the file is empty"},
	} {
		n, lines := 0, []int{}
		err := Decode(strings.NewReader(c.in), func(td ptrace.Traces) error { n += td.SpanCount(); return nil }, func(line int, _ error) { lines = append(lines, line) })
		if got := fmt.Sprintf("%d spans, warnings %v, %v", n, lines, err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestIs(t *testing.T) {
	good := request{resource: &resource.Resource{Type: "k8s"}, spans: []*trace.Span{span(nil)}}
	for in, want := range map[string]bool{
		string(good.json(t)):                         true,
		string(request{node: node}.json(t)):          true,
		`{"node":{"serviceInfo":{`:                   true,
		`{"spans":[{"traceId":"AA==","name":"op"}]}`: false,
		`{"node":{"id":1}}`:                          false,
		`{"resourceSpans":[]}`:                       false,
		`{"spans":[]}`:                               false,
		``:                                           false,
	} {
		if Is([]byte(in)) != want {
			t.Errorf("%s: %v", in, !want)
		}
	}
}

func FuzzRead(f *testing.F) {
	full := request{node: node, resource: &resource.Resource{Labels: map[string]string{"a": "b"}}, spans: []*trace.Span{span(func(s *trace.Span) {
		s.Status = &trace.Status{Code: 2}
		s.Attributes = attributes(map[string]*trace.AttributeValue{"s": {Value: &trace.AttributeValue_StringValue{StringValue: text("x")}}, "n": nil})
		s.TimeEvents = &trace.Span_TimeEvents{TimeEvent: []*trace.Span_TimeEvent{{Value: &trace.Span_TimeEvent_Annotation_{Annotation: &trace.Span_TimeEvent_Annotation{}}}}}
		s.Links = &trace.Span_Links{Link: []*trace.Span_Link{{TraceId: traceID, SpanId: spanID}}}
	})}}
	f.Add(full.wire(f))
	f.Add(request{spans: []*trace.Span{span(nil)}}.json(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Stream
		quiet := func(int, error) {}
		if td, err := s.Read(b, quiet); err == nil {
			say(td)
		}
		if td, err := s.ReadJSON(b, quiet); err == nil {
			say(td)
		}
	})
}
