package aiops

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

const (
	first = "timestamp,cmdb_id,span_id,trace_id,duration,type,status_code,operation_name,parent_span\n"
	bank  = "timestamp,cmdb_id,parent_id,span_id,trace_id,duration\n"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"the challenge of 2022", first + "1647705600361,frontend-0,a652,9451,49877,rpc,0,hipstershop.CheckoutService/PlaceOrder,952754a738a11675\n1647705600.395,adservice,cf4f,9451,120,http,503,GET,\n", []string{
			"9451/a652<952754a738a11675 map[k8s.pod.name:frontend-0 service.name:frontend] hipstershop.CheckoutService/PlaceOrder 1647705600361000000-1647705600410877000 map[rpc.grpc.status_code:0 type:rpc]",
			"9451/cf4f< map[k8s.pod.name:adservice service.name:adservice] GET 1647705600395000000-1647705600395120000 map[http.response.status_code:503 type:http]"}},
		{"the bank: no operations, milliseconds, IDs of all kinds", bank + "1614787199628,dockerA2,369-bcou,21030300016145905763,gw01,19\n1614787199630,Tomcat04,21030300016145905763,7,gw01,5\n", []string{
			"44bd/cae9<182cd78a7ff8441b map[k8s.pod.name:dockerA2 service.name:dockerA2] dockerA2 1614787199628000000-1614787199647000000 map[]",
			"44bd/0007<2bb9711736c8cae9 map[k8s.pod.name:Tomcat04 service.name:Tomcat04] Tomcat04 1614787199630000000-1614787199635000000 map[]"}},
		{"bad lines", bank + "1,a,,7,,1\n1,a,,,7,1\nsoon,a,,7,7,1\n1,a,,7,7,x\n1,,,7,7,1\n", []string{
			"line 2: aiops span: no trace ID", "line 3: aiops span: no span ID", `line 4: aiops span: "soon" is no time`,
			`line 5: aiops span: "x" is no duration in milliseconds`, "line 6: aiops span: no cmdb_id", "error: aiops: no readable span in the file"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	if !Is([]byte(first)) || !Is([]byte(bank)) || Is([]byte("timestamp,cmdb_id,kpi_name,value\n")) {
		t.Error("a file is not recognised by its columns")
	}
}

func TestService(t *testing.T) {
	for pod, want := range map[string]string{"frontend-0": "frontend", "adservice2-10": "adservice2", "docker_003": "docker_003", "a-b": "a-b", "-1": "-1", "a-": "a-", "": ""} {
		if got := Service(pod); got != want {
			t.Errorf("Service(%q) = %q, want %q", pod, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(first + "1647705600361,frontend-0,a652,9451,49877,rpc,0,op,\n\"\n,,,\n")
	f.Add(bank + "1614787199628,dockerA2,369-bcou,21030300016145905763,gw01,19\n")
	f.Fuzz(func(t *testing.T, s string) { decode(s); decode(first + s) })
}
