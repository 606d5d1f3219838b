package zipkin

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// v1 is a span of version 1 with what is put into it.
func v1(more string) string {
	return `[{"traceId":"1","id":"2","parentId":"1","name":"get"` + more + `}]`
}

const (
	web = `"endpoint":{"serviceName":"web","ipv4":"10.0.0.1"}`
	pay = `"endpoint":{"serviceName":"pay","ipv4":"10.0.0.2","port":80}`
)

func TestVersion1(t *testing.T) {
	const head = "0002<0000000000000001 get "
	for _, c := range []struct {
		rule, in string
		want     []string
	}{
		{"a client half", v1(`,"timestamp":5,"duration":9,"annotations":[{"timestamp":5,"value":"cs",` + web + `},{"timestamp":6,"value":"retry",` + web + `},{"timestamp":14,"value":"cr",` + web + `}],
			"binaryAnnotations":[{"key":"http.method","value":"GET",` + web + `},{"key":"sa","value":true,` + pay + `},{"key":"error","value":"boom",` + web + `}]`),
			[]string{head + `Client 5000-14000 map[ip:10.0.0.1 service.name:web] map[http.method:GET network.peer.address:10.0.0.2 network.peer.port:80 peer.service:pay] Error "boom" @6000 retry`}},
		{"a server half that states no times of its own", v1(`,"annotations":[{"timestamp":6,"value":"sr",` + pay + `},{"timestamp":8,"value":"ss",` + pay + `}]`),
			[]string{head + "Server 6000-8000 map[ip:10.0.0.2 service.name:pay]"}},
		{"both halves in one record become two spans, and each keeps what it said", v1(`,"timestamp":5,"duration":9,"annotations":[{"timestamp":5,"value":"cs",` + web + `},{"timestamp":6,"value":"sr",` + pay + `},{"timestamp":13,"value":"ss",` + pay + `},
			{"timestamp":14,"value":"cr",` + web + `},{"timestamp":7,"value":"lock",` + pay + `}],"binaryAnnotations":[{"key":"a","value":"1",` + web + `},{"key":"b","value":"2",` + pay + `}]`), []string{
			head + "Client 5000-14000 map[ip:10.0.0.1 service.name:web] map[a:1]",
			head + "Server 6000-13000 map[ip:10.0.0.2 service.name:pay] map[b:2] @7000 lock"}},
		{"only an end", v1(`,"annotations":[{"timestamp":8,"value":"ss",` + pay + `}]`), []string{head + "Server 8000-8000 map[ip:10.0.0.2 service.name:pay]"}},
		{"messages", v1(`,"annotations":[{"timestamp":5,"value":"ms",` + web + `},{"timestamp":6,"value":"ws",` + web + `}],"binaryAnnotations":[{"key":"ma","value":"true",` + pay + `}]`),
			[]string{head + "Producer 5000-6000 map[ip:10.0.0.1 service.name:web] map[network.peer.address:10.0.0.2 network.peer.port:80 peer.service:pay]"}},
		{"a received message", v1(`,"annotations":[{"timestamp":5,"value":"mr",` + web + `}]`), []string{head + "Consumer 5000-5000 map[ip:10.0.0.1 service.name:web]"}},
		{"an address without annotations says who called", v1(`,"timestamp":5,"binaryAnnotations":[{"key":"lc","value":"","endpoint":{"serviceName":"web"}},{"key":"sa","value":true,` + pay + `}]`),
			[]string{head + "Client 5000-5000 map[service.name:web] map[network.peer.address:10.0.0.2 network.peer.port:80 peer.service:pay]"}},
		{"a local component", v1(`,"timestamp":5,"duration":1,"binaryAnnotations":[{"key":"lc","value":"cache","endpoint":{"serviceName":"web"}}]`),
			[]string{head + "Internal 5000-6000 map[service.name:web] map[component:cache]"}},
		{"no time at all", v1(`,"binaryAnnotations":[{"key":"a","value":"b"}]`), []string{"line 1: zipkin span: trace 00000000000000000000000000000001: span 0000000000000002: no usable timestamp"}},
		{"a span of version 2 stays one, whatever its annotations say", `[{"traceId":"1","id":"2","kind":"CLIENT","timestamp":5,"localEndpoint":{"serviceName":"web"},"annotations":[{"timestamp":6,"value":"sr",` + pay + `}]}]`,
			[]string{"0002<  Client 5000-5000 map[service.name:web] @6000 sr"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.rule, d)
		}
	}
}

// flat writes down traces without their warnings.
func flat(td ptrace.Traces) []string {
	var out []string
	for _, rs := range td.ResourceSpans().All() {
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			out = append(out, fmt.Sprintf("%s/%s<%s %s %s %d-%d %v %v", s.TraceID(), s.SpanID().String()[12:], s.ParentSpanID(), s.Name(), s.Kind(), s.StartTimestamp(), s.EndTimestamp(), rs.Resource().Attributes().AsRaw(), s.Attributes().AsRaw()))
		}
	}
	return out
}

func TestThrift(t *testing.T) {
	number := func(v any) []byte { b, _ := binary.Append(nil, binary.BigEndian, v); return b }
	at, high, parent := int64(5), int64(7), int64(1)
	web := &zipkincore.Endpoint{ServiceName: "web", Ipv4: 10<<24 | 1, Port: -1}
	v6 := &zipkincore.Endpoint{ServiceName: "pay", Ipv6: []byte{15: 1}}
	var warned []string
	td := FromThrift([]*zipkincore.Span{nil, {TraceID: 1, TraceIDHigh: &high, ID: 2, ParentID: &parent, Name: "get", Timestamp: &at, Duration: &at,
		Annotations: []*zipkincore.Annotation{nil, {Timestamp: 5, Value: "cs", Host: web}},
		BinaryAnnotations: []*zipkincore.BinaryAnnotation{nil,
			{Key: "s", Value: []byte("x"), AnnotationType: zipkincore.AnnotationType_STRING}, {Key: "i16", Value: number(int16(-2)), AnnotationType: zipkincore.AnnotationType_I16},
			{Key: "i32", Value: number(int32(-3)), AnnotationType: zipkincore.AnnotationType_I32}, {Key: "i64", Value: number(int64(-4)), AnnotationType: zipkincore.AnnotationType_I64},
			{Key: "d", Value: number(math.Float64bits(1.5)), AnnotationType: zipkincore.AnnotationType_DOUBLE}, {Key: "bytes", Value: []byte{1, 2}, AnnotationType: zipkincore.AnnotationType_BYTES},
			{Key: "short", Value: []byte{1}, AnnotationType: zipkincore.AnnotationType_I64}, {Key: "sa", Value: []byte{1}, AnnotationType: zipkincore.AnnotationType_BOOL, Host: v6},
		}}, {ID: 2}}, func(n int, err error) { warned = append(warned, fmt.Sprintf("%d: %v", n, err)) })
	want := []string{
		"00000000000000070000000000000001/0002<0000000000000001 get Client 5000-10000 map[ip:10.0.0.1 service.name:web] map[bytes:AQI= d:1.5 i16:-2 i32:-3 i64:-4 network.peer.address:::1 peer.service:pay s:x short:AQ==]",
		"3: zipkin span: no trace ID"}
	if d := cmp.Diff(want, append(flat(td), warned...)); d != "" {
		t.Error(d)
	}
}

func sub(n protowire.Number, parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
}

func num(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

func fixed(n protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, n, protowire.Fixed64Type), v)
}

// list is a message with a good span and two bad ones.
var list = slicesJoin(
	sub(listSpan, sub(spanTrace, []byte{7: 1}), sub(spanID, []byte{7: 2}), sub(spanParent, []byte{7: 1}), num(spanKind, 2), sub(spanName, []byte("get")), fixed(spanStart, 5), num(spanDuration, 9),
		sub(spanLocal, sub(endpointService, []byte("pay")), sub(endpointV4, []byte{10, 0, 0, 2}), num(endpointPort, 80)), sub(spanRemote, sub(endpointV6, []byte{15: 1})),
		sub(spanAnnotation, fixed(annotationTime, 6), sub(annotationValue, []byte("x"))), sub(spanTag, sub(tagKey, []byte("a")), sub(tagValue, []byte("b")))),
	sub(listSpan, sub(spanTrace, []byte{16: 1})), sub(listSpan, sub(spanLocal, sub(endpointV4, []byte{1}))))

func slicesJoin(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func TestProto(t *testing.T) {
	var warned []string
	td, err := ReadProto(list, func(n int, err error) { warned = append(warned, fmt.Sprintf("%d: %v", n, err)) })
	want := []string{"00000000000000000000000000000001/0002<0000000000000001 get Server 5000-14000 map[ip:10.0.0.2 service.name:pay] map[a:b network.peer.address:::1]",
		`2: zipkin span: trace ID "0000000000000000000000000000000001": want 1 to 32 hex digits, have 34 characters`,
		"3: zipkin span: an address that is neither 4 nor 16 bytes long"}
	if d := cmp.Diff(want, append(flat(td), warned...)); d != "" || err != nil {
		t.Error(d, err)
	}
	if _, err := ReadProto(list[:20], nil); err == nil {
		t.Error("half a message is taken")
	}
}

func TestADamagedMessageGivesNothing(t *testing.T) {
	whole := "[" + client + "," + server + "]"
	if td, err := ReadJSON([]byte(whole), nil); err != nil || td.SpanCount() != 2 {
		t.Errorf("%d spans, %v", td.SpanCount(), err)
	}
	if td, err := ReadJSON([]byte(whole[:len(whole)-3]), nil); err == nil || td.SpanCount() != 0 {
		t.Errorf("%d spans, %v", td.SpanCount(), err)
	}
}

func FuzzProto(f *testing.F) {
	f.Add(list)
	f.Fuzz(func(t *testing.T, b []byte) {
		if td, err := ReadProto(b, func(int, error) {}); err == nil {
			flat(td)
		}
	})
}
