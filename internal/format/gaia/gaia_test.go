package gaia

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
				out = append(out, fmt.Sprintf("%s/%s<%s %v %v %s %s +%d %v", s.TraceID().String()[16:], s.SpanID(), s.ParentSpanID(), a, s.Kind(), s.Name(),
					s.StartTimestamp().AsTime().Format("2006-01-02T15:04:05.000000Z07:00"), s.EndTimestamp()-s.StartTimestamp(), s.Attributes().AsRaw()))
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

const first = "timestamp,host_ip,service_name,trace_id,span_id,parent_id,start_time,end_time,url,status_code,message\n"

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"a root and a call", first +
			"2021-07-01 14:58:03,0.0.0.3,webservice2,47b56e46e21a0530,d1db8a029b58d4ce,0,2021-07-01 14:57:52.377571,2021-07-01 14:58:02.741081,http://0.0.0.3:9381/web_login_service,500,request call function 1 webservice2.web_login_service\n" +
			"2021-07-01 14:58:24,0.0.0.4,dbservice1,47b56e46e21a0530,fa6ac0cfb325b70,d1db8a029b58d4ce,2021-07-01 14:57:53,2021-07-01 14:57:54.5,http://0.0.0.4:9388/db_login_methods?uuid=ae05ac76&user_id=X,200,\"one, two\"\n",
			[]string{
				"47b56e46e21a0530/d1db8a029b58d4ce< map[host.name:0.0.0.3 service.name:webservice2] Server /web_login_service 2021-07-01T14:57:52.377571Z +10363510000 map[http.response.status_code:500]",
				"47b56e46e21a0530/0fa6ac0cfb325b70<d1db8a029b58d4ce map[host.name:0.0.0.4 service.name:dbservice1] Server /db_login_methods 2021-07-01T14:57:53.000000Z +1500000000 map[http.response.status_code:200]",
			}},
		{"bad lines", first +
			"x,h,s,,1,0,2021-07-01 14:57:52,2021-07-01 14:57:53,/,200,\nx,h,s,1,,0,2021-07-01 14:57:52,2021-07-01 14:57:53,/,200,\nx,h,s,1,1,0,soon,2021-07-01 14:57:53,/,200,\n" +
			"x,h,s,1,1,0,2021-07-01 14:57:52,later,/,200,\nx,h,s,1,1,0,2021-07-01 14:57:54,2021-07-01 14:57:53,/,200,\nx,h,,1,1,0,2021-07-01 14:57:52,2021-07-01 14:57:53,/,200,\n",
			[]string{
				"line 2: gaia span: no trace ID", "line 3: gaia span: no span ID",
				`line 4: gaia span: "soon" is no date with a time, such as 2021-07-01 10:54:22.632751`, `line 5: gaia span: "later" is no date with a time, such as 2021-07-01 10:54:22.632751`,
				"line 6: gaia span: it ends at 2021-07-01 14:57:53, before its start at 2021-07-01 14:57:54", "line 7: gaia span: no service_name", "error: gaia: no readable span in the file",
			}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	if !Is([]byte(first)) || Is([]byte("timestamp,service_name,trace_id\n")) {
		t.Error("a file is not recognised by its columns")
	}
}

// A path stands for what was asked; what is no URL stands for itself.
func TestPath(t *testing.T) {
	for in, want := range map[string]string{"http://h:1/a/b?c=d": "/a/b", "/a": "/a", "http://h": "http://h", "": "", "\x7f": "\x7f"} {
		if got := path(in); got != want {
			t.Errorf("path(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(first + "x,h,s,1,1,0,2021-07-01 14:57:52,2021-07-01 14:57:53.1,http://h/p?q,200,\n\"\n,,,\n")
	f.Fuzz(func(t *testing.T, s string) { decode(s); decode(first + s) })
}
