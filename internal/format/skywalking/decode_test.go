package skywalking

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// decode names spans by the last digits of their IDs.
func decode(in string) []string {
	var out []string
	err := Decode(iotest.HalfReader(strings.NewReader(in)), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			a := rs.Resource().Attributes().AsRaw()
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				line := fmt.Sprintf("%s<%s %v %s %s %d-%d", s.SpanID().String()[12:], s.ParentSpanID(), a["service.name"], s.Name(), s.Kind(), s.StartTimestamp()/1e6, s.EndTimestamp()/1e6)
				if a["service.instance.id"] != nil {
					line += fmt.Sprintf(" on %v", a["service.instance.id"])
				}
				if s.Attributes().Len() > 0 {
					line += fmt.Sprintf(" %v", s.Attributes().AsRaw())
				}
				if s.Status().Code() != 0 {
					line += " " + s.Status().Code().String()
				}
				for _, e := range s.Events().All() {
					line += fmt.Sprintf(" @%d %s %v", e.Timestamp()/1e6, e.Name(), e.Attributes().AsRaw())
				}
				for _, l := range s.Links().All() {
					line += " ->" + l.SpanID().String()[12:]
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
	first = "StartTime,EndTime,URL,SpanType,Service,SpanId,TraceId,Peer,ParentSpan,Component,IsError\n"

	// One request as the query API answers it, and as two agents report it.
	answer = `{"data":{"trace":{"spans":[
 {"traceId":"t.1","segmentId":"a","spanId":0,"parentSpanId":-1,"refs":[],"serviceCode":"web","serviceInstanceName":"web-1","startTime":1000,"endTime":1100,"endpointName":"GET:/cart","type":"Entry","peer":"","component":"Tomcat","isError":true,"layer":"Http","tags":[{"key":"http.method","value":"GET"},{"key":"http.status_code","value":"500"}],"logs":[{"time":1050,"data":[{"key":"event","value":"error"},{"key":"error.kind","value":"java.io.IOException"},{"key":"message","value":"no"}]}]},
 {"traceId":"t.1","segmentId":"a","spanId":1,"parentSpanId":0,"refs":[],"serviceCode":"web","serviceInstanceName":"web-1","startTime":1010,"endTime":1090,"endpointName":"/pay","type":"Exit","peer":"pay:8080","component":"Feign","isError":false,"layer":"Http","tags":[],"logs":[]},
 {"traceId":"t.1","segmentId":"b","spanId":0,"parentSpanId":-1,"refs":[{"traceId":"t.1","parentSegmentId":"a","parentSpanId":1,"type":"CROSS_PROCESS"},{"traceId":"t.0","parentSegmentId":"z","parentSpanId":2,"type":"CROSS_PROCESS"}],"serviceCode":"pay","serviceInstanceName":"pay-1","startTime":1020,"endTime":1080,"endpointName":"Charge","type":"Entry","component":"Kafka","isError":false,"layer":"MQ"}]}}}`
	segments = `{"traceId":"t.1","traceSegmentId":"a","spans":[{"spanId":0,"parentSpanId":-1,"operationName":"GET:/cart","startTime":1000,"endTime":1100,"spanType":"Entry","spanLayer":"Http","isError":true,"tags":[{"key":"http.method","value":"GET"},{"key":"status_code","value":"500"}],"component":"Tomcat","logs":[{"time":1050,"data":[{"key":"event","value":"error"},{"key":"error.kind","value":"java.io.IOException"},{"key":"message","value":"no"}]}]},{"spanId":1,"parentSpanId":0,"operationName":"/pay","startTime":1010,"endTime":1090,"spanType":"Exit","spanLayer":"Http","peer":"pay:8080","component":"Feign"}],"service":"web","serviceInstance":"web-1"}
[{"traceId":"t.1","traceSegmentId":"b","service":"pay","serviceInstance":"pay-1","spans":[{"spanId":0,"parentSpanId":-1,"operationName":"Charge","startTime":1020,"endTime":1080,"spanType":"Entry","spanLayer":"MQ","component":"Kafka","refs":[{"traceId":"t.1","parentTraceSegmentId":"a","parentSpanId":1,"refType":"CrossProcess"},{"traceId":"t.0","parentTraceSegmentId":"z","parentSpanId":2}]}]}]
`
)

var request = []string{
	"ae93<9b204503b2c425b7 pay Charge Consumer 1020-1080 on pay-1 map[component:Kafka] ->7a09",
	"25b7<d08ef30f580fd92f web /pay Client 1010-1090 on web-1 map[component:Feign server.address:pay server.port:8080]",
	"d92f< web GET:/cart Server 1000-1100 on web-1 map[component:Tomcat http.request.method:GET http.response.status_code:500] Error @1050 exception map[exception.message:no exception.type:java.io.IOException]",
}

// The same request is the same whichever way it was written down.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"an answer of the query API", answer, request},
		{"segments as agents report them", segments, request},
		{"rows as JSON", `[{"StartTime":1000,"EndTime":"1001","URL":"/x","SpanType":"Exit","Service":"web","SpanId":"1f","TraceId":"a","Peer":"db:3306","ParentSpan":"1e","Component":"mysql","IsError":"True"}]`,
			[]string{"001f<000000000000001e web /x Client 1000-1001 map[component:mysql server.address:db server.port:3306] Error"}},
		{"a table", first + "1000,1100,GET:/cart,Entry,web,1e,a,web,-1,Tomcat,false\n1000,1001,/x,Exit,web,1f,a,db,1e,mysql,true\n1000,1001,run,Local,web,20,a,web,1e,,False\n", []string{
			"001e< web GET:/cart Server 1000-1100 map[component:Tomcat]",
			"001f<000000000000001e web /x Client 1000-1001 map[component:mysql server.address:db] Error",
			"0020<000000000000001e web run Internal 1000-1001"}},
		{"bad rows", first + "1000,1100,/,Entry,web,,a,web,-1,,\n1000,1100,/,Entry,web,1,,web,-1,,\nsoon,1100,/,Entry,web,1,a,web,-1,,\n1000,999,/,Entry,web,1,a,web,-1,,\n1000,1100,/,Entry,,1,a,web,-1,,\n", []string{
			"line 2: skywalking span: no segment or no span ID", "line 3: skywalking span: no trace ID", "line 4: skywalking span: 0 is no start in milliseconds",
			"line 5: skywalking span: 999 is no end in milliseconds of a span that starts at 1000", "line 6: skywalking span: no service", "error: skywalking: no readable span in the file"}},
		{"bad documents cost only themselves", "{\"spans\":[{\"spanId\":7}]}\n{\"spans\" 7}\n" + segments, append([]string{
			"line 1: skywalking span: no trace ID", "line 2: skywalking: at byte 9: want a colon, have '7'"}, request...)},
		{"a damaged document", answer[:200], []string{"error: skywalking: line 1: unexpected EOF"}},
		{"nothing in it", `{"data":{"trace":{"spans":[]}}}`, []string{"error: skywalking: no readable span in the file"}},
	} {
		got := decode(c.in)
		if len(c.want) > 2 && c.want[len(c.want)-1] == request[2] {
			slices.Sort(got)
			c.want = slices.Sorted(slices.Values(c.want))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestIs(t *testing.T) {
	for in, want := range map[string]bool{first: true, answer: true, segments: true, `[{"StartTime":1,"SpanType":"Exit","SpanId":"1","ParentSpan":"-1"}]`: true,
		`[{"traceId":"1","id":"2"}]`: false, "TraceID,SpanID\n": false, "": false} {
		if Is([]byte(in)) != want {
			t.Errorf("%.60s: want %v", in, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(answer)
	f.Add(segments)
	f.Add(first + "1000,1100,GET:/cart,Entry,web,1e,a,web,-1,Tomcat,false\n\"\n")
	f.Fuzz(func(t *testing.T, s string) { decode(s) })
}
