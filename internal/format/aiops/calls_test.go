package aiops

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func decodeCalls(in string) []string {
	var out []string
	err := DecodeCalls(strings.NewReader(in), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			who, _ := rs.Resource().Attributes().Get("service.name")
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				out = append(out, fmt.Sprintf("%s %v %s %v %v %v %v %v", who.Str(), s.Kind(), s.Name(), s.ParentSpanID().IsEmpty(),
					uint64(s.StartTimestamp())/1e6, uint64(s.EndTimestamp()-s.StartTimestamp()), s.Status().Code(), s.Attributes().AsRaw()))
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

const callsHead = "callType,startTime,elapsedTime,success,traceId,id,pid,cmdb_id,dsName,serviceName\n"

// Each type of call is what it says; files without a column for stores or services are read, too.
func TestDecodeCalls(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"all types", callsHead +
			"OSB,1586534660846,376.0,True,d9c4,7701,None,os_021,,osb_001\nCSF,1586534660850,60,True,d9c4,7702,7701,os_021,,csf_001\nRemoteProcess,1586534660851,55.0,TRUE,d9c4,7703,7702,docker_003,,csf_001\n" +
			"FlyRemote,1586534660852,7.5,false,d9c4,7704,7703,docker_003,,fly_remote_001\nLOCAL,1586534660853,6,True,d9c4,7705,7703,docker_003,db_003,local_method_017\nJDBC,1586534660854,2.0,0,d9c4,7706,7705,docker_003,db_003,\nOther,1586534660855,1,,d9c4,7707,7705,docker_003,,\n",
			[]string{
				"os_021 Server osb_001 true 1586534660846 376000000 Unset map[]",
				"os_021 Client csf_001 false 1586534660850 60000000 Unset map[]",
				"docker_003 Server csf_001 false 1586534660851 55000000 Unset map[]",
				"docker_003 Client fly_remote_001 false 1586534660852 7500000 Error map[peer.service:fly_remote_001]",
				"docker_003 Internal local_method_017 false 1586534660853 6000000 Unset map[]",
				"docker_003 Client JDBC false 1586534660854 2000000 Error map[db.system:other_sql peer.service:db_003]",
				"docker_003 Unspecified Other false 1586534660855 1000000 Unset map[]",
			}},
		{"a file of queries", "callType,startTime,elapsedTime,success,traceId,id,pid,cmdb_id,dsName\nJDBC,1586534660854,2.0,True,d9c4,7706,7705,docker_003,db_003\n", []string{
			"docker_003 Client JDBC false 1586534660854 2000000 Unset map[db.system:other_sql peer.service:db_003]"}},
		{"bad lines", callsHead + "OSB,1,1,True,,1,,os,,\nOSB,1,1,True,1,,,os,,\nOSB,x,1,True,1,1,,os,,\nOSB,1,x,True,1,1,,os,,\nOSB,1,1,True,1,1,,,,\nOSB,1,1,maybe,1,1,,os,,\n", []string{
			"line 2: aiops calls span: no trace ID", "line 3: aiops calls span: no span ID", `line 4: aiops calls span: "x" is no time`, `line 5: aiops calls span: "x" is no duration in milliseconds`,
			"line 6: aiops calls span: no cmdb_id", `line 7: aiops calls span: success: "maybe" is neither true nor false`, "error: aiops calls: no readable span in the file"}},
	} {
		if d := cmp.Diff(c.want, decodeCalls(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	if !IsCalls([]byte(callsHead)) || IsCalls([]byte(first)) || Is([]byte(callsHead)) {
		t.Error("a file is not recognised by its columns")
	}
}

func FuzzDecodeCalls(f *testing.F) {
	f.Add(callsHead + "JDBC,1586534660854,2.0,True,d9c4,7706,7705,docker_003,db_003,\n\"\n,,,\n")
	f.Fuzz(func(t *testing.T, s string) { decodeCalls(s); decodeCalls(callsHead + s) })
}
