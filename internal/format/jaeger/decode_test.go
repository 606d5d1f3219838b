package jaeger

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/tracetest"
)

// decode writes down the spans, then the warnings with their lines, then the error.
func decode(doc string) []string {
	var out []string
	err := Decode(iotest.HalfReader(strings.NewReader(doc)), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					out = append(out, say(rs.Resource(), s))
				}
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

func say(r pcommon.Resource, s ptrace.Span) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s<%s %s %s %d-%d %v", s.SpanID(), s.ParentSpanID(), s.Name(), s.Kind(), s.StartTimestamp(), s.EndTimestamp(), r.Attributes().AsRaw())
	if s.Status().Code() != 0 || s.Status().Message() != "" {
		fmt.Fprintf(&b, " %s %q", s.Status().Code(), s.Status().Message())
	}
	if s.Attributes().Len() > 0 {
		fmt.Fprintf(&b, " %v", s.Attributes().AsRaw())
	}
	if ts := s.TraceState().AsRaw(); ts != "" {
		fmt.Fprintf(&b, " state %s", ts)
	}
	for _, l := range s.Links().All() {
		fmt.Fprintf(&b, " %s:%s", l.Attributes().AsRaw()["opentracing.ref_type"], l.SpanID())
	}
	for _, e := range s.Events().All() {
		fmt.Fprintf(&b, " @%d %s %v", e.Timestamp(), e.Name(), e.Attributes().AsRaw())
	}
	return b.String()
}

// doc puts spans of trace 1 into a document; p1 is the shop.
func doc(spans ...string) string {
	return `{"data":[{"traceID":"1","spans":[` + strings.Join(spans, ",") + `],"processes":{"p1":{"serviceName":"shop","tags":[{"key":"hostname","type":"string","value":"h"}]}}}]}`
}

const shop = "map[hostname:h service.name:shop]"

func TestDecode(t *testing.T) {
	const id = `"spanID":"2","startTime":5,"duration":3,"operationName":"op","processID":"p1"`
	for _, c := range []struct {
		name, doc string
		want      []string
	}{
		{"a bare span", doc(`{` + id + `}`), []string{"0000000000000002< op Unspecified 5000-8000 " + shop}},
		{"tags become what they were", doc(`{` + id + `,"tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"error","type":"bool","value":true},
			{"key":"otel.status_description","type":"string","value":"boom"},{"key":"w3c.tracestate","type":"string","value":"ot=th:8"}]}`),
			[]string{`0000000000000002< op Server 5000-8000 ` + shop + ` Error "boom" state ot=th:8`}},
		{"status OK", doc(`{` + id + `,"tags":[{"key":"otel.status_code","type":"string","value":"OK"}]}`), []string{"0000000000000002< op Unspecified 5000-8000 " + shop + ` Ok ""`}},
		{"typed tags", doc(`{` + id + `,"tags":[{"key":"a","type":"int64","value":7},{"key":"b","type":"int64","value":"8"},{"key":"c","type":"float64","value":1.5},{"key":"d","type":"bool","value":"true"},
			{"key":"e","type":"binary","value":"AQI="},{"value":9,"key":"f"},{"key":"g","value":2.5},{"key":"h","value":false},{"key":"i","type":"int64","value":"x"},{"key":"j","type":"string","value":"q\"\u00e4"}]}`),
			[]string{"0000000000000002< op Unspecified 5000-8000 " + shop + ` map[a:7 b:8 c:1.5 d:true e:[1 2] f:9 g:2.5 h:false i:x j:q"ä]`}},
		{"the first CHILD_OF is the parent", doc(`{"references":[{"refType":"FOLLOWS_FROM","traceID":"1","spanID":"8"},{"refType":"CHILD_OF","traceID":"1","spanID":"9"},{"refType":"CHILD_OF","traceID":"7","spanID":"a"}],` + id + `}`),
			[]string{"0000000000000002<0000000000000009 op Unspecified 5000-8000 " + shop + " follows_from:0000000000000008 child_of:000000000000000a"}},
		{"a FOLLOWS_FROM parent stays a link", doc(`{"references":[{"refType":"FOLLOWS_FROM","traceID":"1","spanID":"8"}],` + id + `}`),
			[]string{"0000000000000002<0000000000000008 op Unspecified 5000-8000 " + shop + " follows_from:0000000000000008"}},
		{"parentSpanID of old servers", doc(`{"parentSpanID":"8",` + id + `}`), []string{"0000000000000002<0000000000000008 op Unspecified 5000-8000 " + shop}},
		{"logs of a span that failed", doc(`{` + id + `,"logs":[{"timestamp":6,"fields":[{"key":"event","type":"string","value":"error"},{"key":"message","type":"string","value":"timeout"}]}],"tags":[{"key":"x","value":1},{"key":"error","value":true}]}`),
			[]string{"0000000000000002< op Unspecified 5000-8000 " + shop + ` Error "" map[x:1] @6000 error map[message:timeout]`}},
		{"logs of a span that did not", doc(`{` + id + `,"logs":[{"timestamp":6,"fields":[]}]}`), []string{"0000000000000002< op Unspecified 5000-8000 " + shop}},
		{"a span with its own process", doc(`{"spanID":"2","startTime":"5","duration":3e0,"operationName":"op","process":{"serviceName":"pay","tags":[]}}`), []string{
			"0000000000000002< op Unspecified 5000-8000 map[service.name:pay]"}},
		{"a negative duration is left to the conversion", doc(`{"spanID":"2","startTime":5,"duration":-3,"processID":"p1"}`), []string{"0000000000000002<  Unspecified 5000-2000 " + shop}},
		{"overflow", doc(`{"spanID":"2","startTime":5,"duration":9223372036854775807,"processID":"p1"}`), []string{"0000000000000002<  Unspecified 5000-9223372036854775807 " + shop}},

		{"bad spans cost only themselves", doc(`{"spanID":"x","startTime":5}`, `{`+id+`}`, `{"spanID":"3"}`, `{"startTime":5}`, `{"spanID":"4","startTime":"soon"}`, `7`), []string{
			`line 1: jaeger trace 00000000000000000000000000000001: span : span ID "x": 'x' is not a hex digit`,
			"line 1: jaeger trace 00000000000000000000000000000001: span 0000000000000003: no start time",
			"line 1: jaeger trace 00000000000000000000000000000001: span : no span ID",
			`line 1: jaeger trace 00000000000000000000000000000001: span 0000000000000004: startTime: "soon" is no whole number`,
			"line 1: jaeger trace 00000000000000000000000000000001: span : no span ID",
			"0000000000000002< op Unspecified 5000-8000 " + shop}},
		{"an undescribed process", `{"data":[{"traceID":"1","spans":[{` + id + `}]}]}`, []string{
			`line 1: jaeger trace 00000000000000000000000000000001: process "p1" is not described`,
			"0000000000000002< op Unspecified 5000-8000 map[]"}},
		{"a rotten trace costs only itself", "{\"data\":[\n{\"spans\":[{\"spanID\" 7}]},\n" + strings.TrimSuffix(strings.TrimPrefix(doc(`{`+id+`}`), `{"data":[`), `]}`) + "]}", []string{
			"line 2: jaeger trace: at byte 20: want a colon, have '7'",
			"0000000000000002< op Unspecified 5000-8000 " + shop}},

		{"no traces", `{"data":[],"total":0}`, nil},
		{"an answer without traces", `{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}`, []string{"error: jaeger: line 1: the server says: trace not found"}},
		{"no Jaeger document", `{"hello":1}`, []string{`error: jaeger: no "data" list in the document`}},
		{"nothing", ``, []string{"error: jaeger: line 1: unexpected EOF"}},
		{"truncated", "{\"data\":[\n" + strings.TrimSuffix(strings.TrimPrefix(doc(`{`+id+`}`), `{"data":[`), `]}`) + ",\n{\"trace", []string{
			"0000000000000002< op Unspecified 5000-8000 " + shop, "error: jaeger: line 3: unexpected EOF"}},
	} {
		got := decode(c.doc)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestEmitCanStop(t *testing.T) {
	stop := errors.New("stop")
	err := Decode(strings.NewReader(doc(`{"spanID":"2","startTime":5}`)), func(ptrace.Traces) error { return stop }, func(int, error) {})
	if err != stop {
		t.Errorf("%v, want the error of emit", err)
	}
}

// A trace as a real Jaeger gives it.
func TestHotROD(t *testing.T) {
	raw, err := os.ReadFile("testdata/hotrod.json")
	if err != nil {
		t.Fatal(err)
	}
	got := decode(string(raw))
	services := map[string]int{}
	for _, line := range got {
		_, rest, _ := strings.Cut(line, "service.name:")
		name, _, _ := strings.Cut(rest, " ")
		services[name]++
	}
	want := map[string]int{"frontend": 3, "customer": 1, "mysql": 1, "driver": 1, "redis-manual": 6}
	if d := cmp.Diff(want, services); d != "" {
		t.Errorf("%s", d)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(doc(`{"spanID":"2","startTime":5,"duration":1,"references":[{"spanID":"1"}],"tags":[{"key":"a","type":"int64","value":"x"}],"logs":[{"timestamp":1,"fields":[{"key":"event","value":2}]}]}`))
	f.Add(`{"data":[{"traceID":"1","spans":[{"process":{"tags":[]}}],"processes":[]}],"errors":[{"msg":"x"}]}`)
	f.Add(`{"data":[{"spans":7},3,"x",null]}`)
	f.Fuzz(func(t *testing.T, s string) { decode(s) })
}

// many repeats the HotROD trace.
func many(b *testing.B) (string, int) {
	raw, err := os.ReadFile("testdata/hotrod.json")
	if err != nil {
		b.Fatal(err)
	}
	one := strings.TrimPrefix(string(raw), `{"data":[`)
	one = one[:strings.LastIndex(one, `],"total"`)]
	const times = 50
	return `{"data":[` + strings.Repeat(one+",", times-1) + one + `]}`, times * len(decode(string(raw)))
}

func BenchmarkDecode(b *testing.B) {
	doc, spans := many(b)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	begin := tracetest.CPUTime()
	for b.Loop() {
		n := 0
		err := Decode(strings.NewReader(doc), func(td ptrace.Traces) error { n += td.SpanCount(); return nil }, func(_ int, err error) { b.Fatal(err) })
		if err != nil || n != spans {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(spans*b.N)/(tracetest.CPUTime()-begin).Seconds(), "spans/CPU-s")
}

// BenchmarkEncodingJSON is the yardstick: the same document into plain structs.
func BenchmarkEncodingJSON(b *testing.B) {
	type tag struct {
		Key, Type string
		Value     any
	}
	type answer struct {
		Data []struct {
			TraceID string
			Spans   []struct {
				TraceID, SpanID, OperationName, ProcessID string
				References                                []struct{ RefType, TraceID, SpanID string }
				StartTime, Duration                       int64
				Tags                                      []tag
				Logs                                      []struct {
					Timestamp int64
					Fields    []tag
				}
			}
			Processes map[string]struct {
				ServiceName string
				Tags        []tag
			}
		}
	}
	doc, spans := many(b)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	begin := tracetest.CPUTime()
	for b.Loop() {
		var a answer
		if err := json.NewDecoder(strings.NewReader(doc)).Decode(&a); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(spans*b.N)/(tracetest.CPUTime()-begin).Seconds(), "spans/CPU-s")
}
