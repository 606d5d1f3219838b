package cloudtrace

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
			a := rs.Resource().Attributes().AsRaw()
			who := fmt.Sprint(a["service.name"])
			delete(a, "service.name")
			if len(a) > 0 {
				who += strings.TrimPrefix(fmt.Sprint(a), "map")
			}
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				line := fmt.Sprintf("%s<%s %s %s %s %s+%s", s.SpanID().String()[12:], s.ParentSpanID(), who, s.Name(), s.Kind(), s.StartTimestamp().AsTime().Format("05.000"), s.EndTimestamp().AsTime().Sub(s.StartTimestamp().AsTime()))
				if s.Attributes().Len() > 0 {
					line += fmt.Sprintf(" %v", s.Attributes().AsRaw())
				}
				if s.Status().Code() != 0 || s.Status().Message() != "" {
					line += fmt.Sprintf(" %s %q", s.Status().Code(), s.Status().Message())
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

const trace = `{"projectId":"my-project","traceId":"0000000000000000000000000000a1b2","spans":[
 {"spanId":"1","kind":"RPC_SERVER","name":"/cart","startTime":"2026-11-22T10:00:00.100Z","endTime":"2026-11-22T10:00:00.300000001Z","labels":{"/http/method":"GET","/http/status_code":"500","/http/host":"shop.example.com:443","/http/url":"https://shop.example.com/cart","tenant":"acme","g.co/agent":"opentelemetry-go 1"}},
 {"spanId":"2","kind":"RPC_CLIENT","name":"Sent.pay.Charge","startTime":"2026-11-22T10:00:00.110Z","endTime":"2026-11-22T10:00:00.200Z","parentSpanId":"1","labels":{"g.co/status/code":"14","g.co/status/description":"away"}},
 {"spanId":"3","kind":"RPC_SERVER","name":"Recv.pay.Charge","startTime":"2026-11-22T10:00:00.120Z","endTime":"2026-11-22T10:00:00.190Z","parentSpanId":"2","labels":{"g.co/r/k8s_container/container_name":"pay","g.co/r/k8s_container/pod_name":"pay-7d-x2","g.co/r/k8s_container/project_id":"my-project","service.version":"1.2"}},
 {"spanId":"4","name":"work","startTime":"2026-11-22T10:00:00.130Z","endTime":"2026-11-22T10:00:00.150Z","parentSpanId":"3","labels":{"/error/name":"IOError","/error/message":"no"}},
 {"spanId":18446744073709551615,"kind":"RPC_SERVER","name":"Recv.x","startTime":"2026-11-22T10:00:00.130Z","endTime":"2026-11-22T10:00:00.150Z","parentSpanId":"2"},
 {"spanId":"5","name":"orphan","startTime":"2026-11-22T12:00:00.130+02:00","endTime":"2026-11-22T10:00:00.150Z","parentSpanId":"99"}]}`

var spans = []string{
	"0001<0000000000000000 shop.example.com[telemetry.sdk.name:opentelemetry-go 1] /cart Server 00.100+200.000001ms map[http.host:shop.example.com:443 http.request.method:GET http.response.status_code:500 tenant:acme url.full:https://shop.example.com/cart]",
	`0002<0000000000000001 shop.example.com[telemetry.sdk.name:opentelemetry-go 1] Sent.pay.Charge Client 00.110+90ms map[rpc.grpc.status_code:14] Unset "away"`,
	"0003<0000000000000002 pay[k8s.pod.name:pay-7d-x2 service.version:1.2] Recv.pay.Charge Server 00.120+70ms",
	`0004<0000000000000003 pay[k8s.pod.name:pay-7d-x2 service.version:1.2] work Unspecified 00.130+20ms map[error.type:IOError] Error "no"`,
	"ffff<0000000000000002 my-project Recv.x Server 00.130+20ms",
	"0005<0000000000000063 my-project orphan Unspecified 00.130+20ms",
}

// The same trace is the same however it was written down.
func TestDecode(t *testing.T) {
	for i := range spans {
		spans[i] = strings.Replace(spans[i], "<0000000000000000 ", "< ", 1)
	}
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"an answer", `{"traces":[` + trace + `],"nextPageToken":"x"}`, spans},
		{"a trace", trace, spans},
		{"a list", "[" + trace + "]", spans},
		{"answers in lines", `{"traces":[]}` + "\n" + `{"nextPageToken":"x","traces":[` + trace + `]}`, spans},
		{"bad ones cost only themselves", "7\n{\"traceId\":\"xyz\"}\n{\"traceId\":\"0\"}\n{\"traceId\" 7}\n" +
			`{"traceId":"a1","spans":[{"spanId":"x"},{},{"spanId":"7","startTime":"soon"},{"spanId":"7"},{"spanId":"7","startTime":"2026-11-22T10:00:01Z","endTime":"2026-11-22T10:00:00Z"}]}` + "\n" + trace, append([]string{
			"line 1: cloudtrace: want a trace, have something else",
			`line 2: cloudtrace: trace ID "xyz": 'z' is not a hex digit`,
			"line 3: cloudtrace: no trace ID",
			"line 4: cloudtrace: at byte 11: want a colon, have '7'",
			`line 5: cloudtrace: trace a1: spanId: "x" is no number`,
			`line 5: cloudtrace: trace a1: startTime: "soon" is no time such as 2026-11-22T10:00:00Z`,
			"line 5: cloudtrace: trace 000000000000000000000000000000a1: a span without an ID",
			"line 5: cloudtrace: trace 000000000000000000000000000000a1: span 7: no startTime",
			"line 5: cloudtrace: trace 000000000000000000000000000000a1: span 7: no endTime behind its start"}, spans...)},
		{"truncated", trace[:300], []string{"error: cloudtrace: line 1: unexpected EOF"}},
		{"nothing", `{"traces":[]}`, []string{"error: cloudtrace: no readable span in the file"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// Spans that are each other's parents are somebody's all the same.
func TestCycle(t *testing.T) {
	tr := Trace{Project: "p", ID: "a1", Spans: []Span{{ID: 1, Parent: 2, Start: 1, End: 2}, {ID: 2, Parent: 1, Start: 1, End: 2}, {ID: 3, Parent: 3, Start: 1, End: 2}}}
	td, err := tr.OTLP(func(err error) { t.Error(err) })
	if err != nil || td.SpanCount() != 3 {
		t.Fatal(td.SpanCount(), err)
	}
	for _, rs := range td.ResourceSpans().All() {
		if v, _ := rs.Resource().Attributes().Get("service.name"); v.Str() != "p" {
			t.Errorf("service %q, want the project", v.Str())
		}
	}
}

func TestIs(t *testing.T) {
	for in, want := range map[string]bool{trace: true, "[" + trace: true, `{"traces":[` + trace: true, `{"nextPageToken":"x","traces":[` + trace: true,
		`{"traces":[]}`: false, `{"data":[]}`: false, `[{"traceId":"1","id":"2"}]`: false, "": false, "[]": false} {
		if Is([]byte(in)) != want {
			t.Errorf("%.60s: want %v", in, want)
		}
	}
}

func TestEmitCanStop(t *testing.T) {
	stop := errors.New("stop")
	if err := Decode(strings.NewReader(trace), func(ptrace.Traces) error { return stop }, func(int, error) {}); err != stop {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(trace)
	f.Add(`{"traces":[` + trace + `]}`)
	f.Fuzz(func(t *testing.T, s string) { decode(s) })
}
