package rcaeval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func decode(in string) []string {
	var out []string
	err := Decode(strings.NewReader(in), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			a := rs.Resource().Attributes().AsRaw()
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				out = append(out, fmt.Sprintf("%s/%s<%s %v %s %d-%d %v", s.TraceID().String()[28:], s.SpanID().String()[12:], s.ParentSpanID(), a, s.Name(), s.StartTimestamp(), s.EndTimestamp(), s.Attributes().AsRaw()))
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

const first = "time,traceID,spanID,serviceName,methodName,operationName,startTimeMillis,startTime,duration,statusCode,parentSpanID\n"

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"a root and its child", first + "21:00,aaaa,0a01,frontend,GET,GET /cart,1705353846000,1705353846000250,5000,200.0,\n21:00,aaaa,0a02,cartservice,GetCart,hipstershop.CartService/GetCart,1705353846001,1705353846001000,1500,13.0,0a01\n", []string{
			"aaaa/0a01< map[service.name:frontend] GET /cart 1705353846000250000-1705353846005250000 map[http.response.status_code:200]",
			"aaaa/0a02<0000000000000a01 map[service.name:cartservice] hipstershop.CartService/GetCart 1705353846001000000-1705353846002500000 map[rpc.grpc.status_code:13]"}},
		{"only a method, only milliseconds, no code", first + "x,aaaa,0a01,s,Get,,1705353846000,,1,nan,nan\n", []string{"aaaa/0a01< map[service.name:s] Get 1705353846000000000-1705353846000001000 map[]"}},
		{"bad lines", first + "x,,0a01,s,,,1,1,1,,\nx,aaaa,,s,,,1,1,1,,\nx,aaaa,b,s,,,1,one,1,,\nx,aaaa,b,s,,,1,1,-1,,\nx,aaaa,b,,,,1,1,1,,\n", []string{
			"line 2: rcaeval span: no trace ID", "line 3: rcaeval span: no span ID", `line 4: rcaeval span: "one" is no time in microseconds`,
			`line 5: rcaeval span: "-1" is no duration in microseconds`, "line 6: rcaeval span: no serviceName", "error: rcaeval: no readable span in the file"}},
		{"another file", "a,b\n", []string{"error: rcaeval: line 1: no column traceID"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	if !Is([]byte(first)) || Is([]byte("TraceID,SpanID\n")) {
		t.Error("a file is not recognised by its columns")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(first + "21:00,aaaa,0a01,frontend,GET,GET /cart,1705353846000,1705353846000250,5000,200.0,\n\"\n,,,\n")
	f.Fuzz(func(t *testing.T, s string) { decode(s); decode(first + s) })
}
