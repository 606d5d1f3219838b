package zipkin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func decode(in string) []string {
	var out []string
	err := Decode(iotest.HalfReader(strings.NewReader(in)), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				line := fmt.Sprintf("%s<%s %s %s %d-%d %v", s.SpanID().String()[12:], s.ParentSpanID(), s.Name(), s.Kind(), s.StartTimestamp(), s.EndTimestamp(), rs.Resource().Attributes().AsRaw())
				if s.Attributes().Len() > 0 {
					line += fmt.Sprintf(" %v", s.Attributes().AsRaw())
				}
				if s.Status().Code() != 0 {
					line += fmt.Sprintf(" %s %q", s.Status().Code(), s.Status().Message())
				}
				for _, e := range s.Events().All() {
					line += fmt.Sprintf(" @%d %s", e.Timestamp(), e.Name())
				}
				out = append(out, line)
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

const (
	client = `{"traceId":"1","id":"2","kind":"CLIENT","name":"get","timestamp":5,"duration":9,"localEndpoint":{"serviceName":"web","ipv4":"10.0.0.1","port":1},"remoteEndpoint":{"serviceName":"pay","ipv6":"::1","port":80}}`
	server = `{"traceId":"0000000000000001","id":"2","kind":"SERVER","shared":true,"name":"get","timestamp":6,"duration":7,"localEndpoint":{"serviceName":"pay","port":80},"tags":{"http.status_code":"500","error":"boom"}}`

	clientSpan = "0002< get Client 5000-14000 map[ip:10.0.0.1 service.name:web] map[network.peer.address:::1 network.peer.port:80 peer.service:pay]"
	serverSpan = `0002< get Server 6000-13000 map[service.name:pay] map[http.status_code:500] Error "boom"`
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"spans that share an ID stay two", "[" + client + ",\n" + server + "]", []string{clientSpan, serverSpan}},
		{"traces", "[[" + client + "],\n [" + server + "], []]", []string{clientSpan, serverSpan}},
		{"no kind, annotations for a time", `[{"traceId":"1","id":"3","parentId":"2","name":"x","annotations":[{"timestamp":4,"value":"ws"}]}]`, []string{"0003<0000000000000002 x Internal 4000-4000 map[] @4000 ws"}},
		{"error=false, queues", `[{"traceId":"1","id":"3","kind":"PRODUCER","timestamp":"4","tags":{"error":"false","peer.service":"kafka"},"remoteEndpoint":{"serviceName":"broker"}},{"traceId":"1","id":"4","kind":"CONSUMER","timestamp":4e0,"tags":{"error":""}}]`, []string{
			"0003<  Producer 4000-4000 map[] map[peer.service:kafka]", `0004<  Consumer 4000-4000 map[] Error ""`}},
		{"bad spans cost only themselves", "[{\"traceId\":\"g\"},\n{\"id\":\"2\"},\n7,\n{\"traceId\":\"1\"},\n{\"traceId\":\"1\",\"id\":\"2\"},\n{\"traceId\":\"1\",\"id\":\"2\",\"timestamp\":\"soon\"},\n{\"traceId\" 7},\n" + client + "]", []string{
			`line 1: zipkin span: trace ID "g": 'g' is not a hex digit`,
			"line 2: zipkin span: no trace ID",
			"line 3: zipkin span: it is no object",
			"line 4: zipkin span: trace 00000000000000000000000000000001: no span ID",
			"line 5: zipkin span: trace 00000000000000000000000000000001: span 0000000000000002: no usable timestamp",
			`line 6: zipkin span: timestamp: "soon" is no whole number`,
			"line 7: zipkin: at byte 11: want a colon, have '7'",
			clientSpan}},
		{"overflow", `[{"traceId":"1","id":"2","timestamp":9223372036854775,"duration":9223372036854775807}]`, []string{"0002<  Internal 9223372036854775000-9223372036854775000 map[]"}},
		{"no spans", "[]", nil},
		{"truncated", "[" + client + ",\n" + server[:30], []string{clientSpan, "error: zipkin: line 2: unexpected EOF"}},
		{"another document", `{"data":[]}`, []string{"error: zipkin: line 1: want '[', have '{'"}},
		{"nothing", "", []string{"error: zipkin: line 1: unexpected EOF"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestEmitCanStop(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	in := "[" + strings.Repeat(client+",", 2*batchSpans) + client + "]"
	err := Decode(strings.NewReader(in), func(ptrace.Traces) error { calls++; return stop }, func(int, error) {})
	if err != stop || calls != 1 {
		t.Errorf("%v after %d calls, want the error of emit after one", err, calls)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("[" + client + ",[" + server + "]]")
	f.Add(`[{"traceId":"1","id":"2","tags":{"a":1},"annotations":[7,{"timestamp":-1}]}`)
	f.Add(`[{"traceId":"1","id":"3","annotations":[{"timestamp":4,"value":"cs","endpoint":{"serviceName":"a"}},{"timestamp":5,"value":"sr"}],"binaryAnnotations":[{"key":"sa","value":true,"endpoint":{}},7]}]`)
	f.Fuzz(func(t *testing.T, s string) { decode(s) })
}
