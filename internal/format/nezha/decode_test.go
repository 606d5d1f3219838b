package nezha

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const first = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n"

func decode(in string) []string {
	var out []string
	err := Decode(strings.NewReader(in), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			a := rs.Resource().Attributes().AsRaw()
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				out = append(out, fmt.Sprintf("%s/%s<%s %s(%s) %s %d-%d %s", s.TraceID().String()[30:], s.SpanID().String()[14:], s.ParentSpanID(), a["service.name"], a["k8s.pod.name"], s.Name(), s.StartTimestamp(), s.EndTimestamp(), s.Kind()))
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

// Lines that cannot be read cost only themselves.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"a root and its child", first + "a1,b1,root,shop-web-5d-x2,GET /,1000,3000,2\na1,b2,b1,pay-5d-x1,Charge,1500,2000,0\n", []string{
			"a1/b1< shop-web(shop-web-5d-x2) GET / 1000-3000 Unspecified", "a1/b2<00000000000000b1 pay(pay-5d-x1) Charge 1500-2000 Unspecified"}},
		{"start and end are believed, not the duration", first + "a1,b1,root,p,op,1000,3000,777\n", []string{"a1/b1< p(p) op 1000-3000 Unspecified"}},
		{"other columns, other order, Windows", "x,OperationName,SpanID,TraceID,ParentID,EndTimeUnixNano,StartTimeUnixNano,PodName\r\n7,op,b1,a1,root,3,1,p\r\n", []string{"a1/b1< p(p) op 1-3 Unspecified"}},
		{"a quoted name", first + `a1,b1,root,p,"op, with ""comma""",1,3,0` + "\n", []string{`a1/b1< p(p) op, with "comma" 1-3 Unspecified`}},
		{"bad lines", first + "a1,b1,root,p,op,1,3,0\nxyz,b1,root,p,op,1,3,0\na1,,root,p,op,1,3,0\na1,b1,no,p,op,1,3,0\na1,b1,root,,op,1,3,0\na1,b1,root,p,op,one,3,0\na1,b1,root,p,op,1,-3,0\na1,b1\n\na1,b2,b1,p,\"op,1,3\na1,b2,b1,p,op,1", []string{
			`line 3: nezha span: trace ID "xyz": 'z' is not a hex digit`,
			`line 4: nezha span: span ID "": want 1 to 16 hex digits, have 0 characters`,
			`line 5: nezha span: parent span ID "no": 'o' is not a hex digit`,
			`line 6: nezha span: no PodName`,
			`line 7: nezha span: StartTimeUnixNano: "one" is no time in nanoseconds`,
			`line 8: nezha span: EndTimeUnixNano: "-3" is no time in nanoseconds`,
			`line 9: nezha span: parent span ID "": want 1 to 16 hex digits, have 0 characters`,
			`line 11: nezha span: parse error on line 1, column 19: extraneous or missing " in quoted-field`,
			`line 12: nezha span: EndTimeUnixNano: "" is no time in nanoseconds`,
			"a1/b1< p(p) op 1-3 Unspecified"}},
		{"IDs of nothing", first + "0,b1,root,p,op,1,3,0\na1,0,root,p,op,1,3,0\na1,b1,root,p,op,1,3,0\n", []string{
			"line 2: nezha span: a trace or span ID is 0", "line 3: nezha span: a trace or span ID is 0", "a1/b1< p(p) op 1-3 Unspecified"}},
		{"another file", "a,b\n1,2\n", []string{"error: nezha: line 1: no column TraceID"}},
		{"nothing readable", first + "1,2\n", []string{`line 2: nezha span: parent span ID "": want 1 to 16 hex digits, have 0 characters`, "error: nezha: no readable span in the file"}},
		{"nothing", "", []string{"error: nezha: the file is empty"}},
		{"an endless line", first + "a1,b1,root,p,op,1,3,0\n" + strings.Repeat("x", 1<<20+1), []string{
			"a1/b1< p(p) op 1-3 Unspecified", "line 3: nezha: bufio.Scanner: token too long"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestService(t *testing.T) {
	for pod, want := range map[string]string{"ts-order-service-6f6cfc45b-h5m2n": "ts-order-service", "a-b-c": "a", "a-b": "a-b", "a": "a", "": "", "-x-y": "-x-y"} {
		if got := Service(pod); got != want {
			t.Errorf("Service(%q) = %q, want %q", pod, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(first + "a1,b1,root,p,op,1,3,0\n\"\n,,,\n")
	f.Add(first + "0,0,root,0000,,0,0")
	f.Fuzz(func(t *testing.T, s string) { decode(s) })
}
