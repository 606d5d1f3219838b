package osprofiler

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shown are the spans of td, a line each: ID<parent name kind start+duration in µs since
// 12:00, who, attributes, status, events.
func shown(td ptrace.Traces) []string {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var out []string
	for _, rs := range td.ResourceSpans().All() {
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			start := s.StartTimestamp().AsTime()
			parent := s.ParentSpanID().String()
			line := fmt.Sprintf("%s<%s %s %s %d+%d %v", s.SpanID().String()[12:], parent[max(0, len(parent)-4):], s.Name(), s.Kind(),
				start.Sub(noon).Microseconds(), s.EndTimestamp().AsTime().Sub(start).Microseconds(), rs.Resource().Attributes().AsRaw())
			if s.Attributes().Len() > 0 {
				line += fmt.Sprintf(" %v", s.Attributes().AsRaw())
			}
			if s.Status().Code() != 0 {
				line += fmt.Sprintf(" %s %q", s.Status().Code(), s.Status().Message())
			}
			for _, e := range s.Events().All() {
				line += fmt.Sprintf(" %s%v", e.Name(), e.Attributes().AsRaw())
			}
			out = append(out, line)
		}
	}
	return out
}

func decode(in string) []string {
	var out []string
	err := Decode(iotest.HalfReader(strings.NewReader(in)), func(td ptrace.Traces) error {
		out = append(out, shown(td)...)
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

// note is a notification of trace 1 at 12:00 and so many µs.
func note(name, id, parent string, micros int, info string) string {
	return fmt.Sprintf(`{"name": "%s", "base_id": "%s", "trace_id": "%s", "parent_id": "%s", "timestamp": "2026-01-02T12:00:%02d.%06d", "info": {"host": "ctl", %s}, "project": "nova", "service": "api"}`,
		name, long("1"), long(id), long(parent), micros/1e6, micros%1e6, info)
}

func long(id string) string {
	return "00000000-0000-4000-8000-000000000000"[:36-len(id)] + id
}

const nova = "map[host.name:ctl service.name:nova-api service.namespace:nova]"

func TestDecode(t *testing.T) {
	wsgi := note("wsgi-start", "2", "1", 5, `"request": {"path": "/v2.1/servers", "query": "x=1", "method": "GET", "scheme": "http"}`)
	wsgiStop := note("wsgi-stop", "2", "1", 1_000_005, `"x": 1`)
	wsgiSpan := "0002< WSGI_GET_/v2.1/servers Server 5+1000000 " + nova + " map[http.request.method:GET url.path:/v2.1/servers]"
	db := note("db-start", "3", "2", 10, `"db": {"statement": "select  1", "params": {"pw": "s3cret"}}`)
	dbSpan := "0003<0002 SQL_SELECT Client 10+0 " + nova + " map[db.query.text:select  1 osprofiler.unfinished:true]"
	asks := note("http-start", "6", "1", 1, `"requests": {"method": "PUT", "path": "/v3", "hostname": "keystone", "port": "", "scheme": "http"}`)
	asksStop := note("http-stop", "6", "1", 9, `"requests": {"status_code": 500}`)
	asksSpan := "0006< REQUESTS_PUT_keystone Client 1+8 " + nova + " map[http.request.method:PUT http.response.status_code:500 server.address:keystone url.path:/v3]"
	answers := note("wsgi-start", "7", "6", 2, `"request": {"path": "/v3", "method": "PUT"}`)
	answersStop := note("wsgi-stop", "7", "6", 3, `"x": 1`)
	answersSpan := "0007<0006 WSGI_PUT_/v3 Server 2+1 " + nova + " map[http.request.method:PUT http.response.status_code:500 url.path:/v3]"
	for _, c := range []struct {
		name string
		in   []string
		want []string
	}{
		{"a pair is a span; what has the base for a parent is a root", []string{wsgi, wsgiStop}, []string{wsgiSpan}},
		{"the newest may come first, as in a Redis list", []string{wsgiStop, wsgi}, []string{wsgiSpan}},
		{"a list", []string{"[" + wsgi + ",", wsgiStop + "]"}, []string{wsgiSpan}},
		{"an Elasticsearch export", []string{`{"_index": "osprofiler-notifications", "_source": ` + wsgi + `}`, `{"_source":` + wsgiStop + `}`}, []string{wsgiSpan}},
		{"what never stops lasts until its trace was last heard of", []string{wsgi, db, wsgiStop}, []string{wsgiSpan, strings.Replace(dbSpan, "10+0", "10+999995", 1)}},
		{"it has failed when its trace has been silent for long", []string{db, wsgi, strings.ReplaceAll(note("x-stop", "9", "1", 31_000_000, `"y": 1`), long("1"), long("8"))}, []string{
			dbSpan + ` Error "no stop notification: it was never seen to return"`,
			"0002< WSGI_GET_/v2.1/servers Server 5+5 " + nova + " map[http.request.method:GET osprofiler.unfinished:true url.path:/v2.1/servers] Error \"no stop notification: it was never seen to return\"",
			"0009< x Internal 31000000+0 " + nova,
		}},
		{"what never started is a moment", []string{note("http-stop", "4", "2", 7, `"requests": {"status_code": 503}`)}, []string{"0004<0002 http Client 7+0 " + nova + " map[http.response.status_code:503]"}},
		{"exceptions", []string{note("rpc-start", "5", "1", 1, `"function": {"name": "nova.compute.manager.ComputeManager.build", "args": "secret"}`), note("rpc-stop", "5", "1", 2, `"etype": "BuildAbort", "message": "no"`)}, []string{
			"0005< RPC_ComputeManager.build Internal 1+1 " + nova + ` map[code.function.name:nova.compute.manager.ComputeManager.build error.type:BuildAbort] Error "no" exceptionmap[exception.message:no exception.type:BuildAbort]`}},
		{"requests", []string{note("http-start", "6", "1", 1, `"requests": {"method": "GET", "query": "", "path": "/v3", "hostname": "keystone", "port": 5000, "scheme": "http"}`), note("http-stop", "6", "1", 2, `"requests": {"status_code": 200}`)}, []string{
			"0006< REQUESTS_GET_keystone Client 1+1 " + nova + " map[http.request.method:GET http.response.status_code:200 server.address:keystone server.port:5000 url.path:/v3]"}},
		{"who answers has the status that the asker was told, in either order", []string{asks, answers, answersStop, asksStop}, []string{answersSpan, asksSpan}},
		{"newest first", []string{asksStop, answersStop, answers, asks}, []string{answersSpan, asksSpan}},
		{"an answer that goes on when its asker has its status", []string{asks, answers, asksStop, answersStop}, []string{asksSpan, answersSpan}},
		{"IDs that are no UUIDs, no project, a time with a zone", []string{
			`{"name":"a-start","base_id":"mine","trace_id":"7","parent_id":"mine","timestamp":"2026-01-02T12:00:00+00:00","info":{}}`,
			`{"name":"a-stop","base_id":"mine","trace_id":"7","parent_id":"mine","timestamp":"2026-01-02T12:00:01Z"}`}, []string{
			"6517< a Internal 0+1000000 map[]"}},
		{"bad documents cost only themselves", []string{`{"name": 1}`, "7", `{"base_id":"b"}`, `{"base_id":"b","trace_id":"t","name":"x"}`, `{"base_id":"b","trace_id":"t","name":"x-stop","timestamp":"now"}`, `{"name": "wsgi-start", "base_id`, wsgi, wsgiStop}, []string{
			"line 1: osprofiler notification: no base_id",
			`line 2: osprofiler document: want an object, have "7"`,
			`line 3: osprofiler notification: trace "b": no trace_id`,
			`line 4: osprofiler notification: trace "b": "x" neither starts nor stops`,
			`line 5: osprofiler notification: trace "b": timestamp "now" is not like 2006-01-02T15:04:05.000000`,
			"line 6: osprofiler document: record is cut off",
			wsgiSpan}},
		{"a truncated line at the end", []string{wsgi, wsgiStop, wsgi[:50]}, []string{wsgiSpan, "line 3: osprofiler document: truncated: unexpected EOF"}},
		{"a truncated list", []string{"[" + wsgi + ",", wsgiStop + ",", wsgi[:50]}, []string{wsgiSpan, "error: osprofiler: line 3: unexpected EOF"}},
		{"nothing", nil, []string{"error: osprofiler: the file is empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, decode(strings.Join(c.in, "\n"))); d != "" {
				t.Error(d)
			}
		})
	}
}

// A report of the real tool holds the notifications of its trace, and the spans are the
// same from both.
func TestReportAndNotificationsAgree(t *testing.T) {
	report, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/notifications.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	a, b := decode(string(report)), decode(string(list))
	slices.Sort(a)
	slices.Sort(b)
	if d := cmp.Diff(b, a); d != "" {
		t.Error(d)
	}
	if len(a) < 30 {
		t.Errorf("%d spans, want the steps of a VM's creation", len(a))
	}
	for _, line := range a {
		if strings.HasPrefix(line, "line ") || strings.HasPrefix(line, "error") {
			t.Error(line)
		}
	}
}

func TestBadReports(t *testing.T) {
	n := note("x-start", "2", "1", 1, `"y": 1`)
	span := "0002< x Internal 1+0 " + nova + " map[osprofiler.unfinished:true]"
	for _, c := range []struct{ name, in, want string }{
		{"a step without notifications", `{"info":{"name":"total"},"children":[{"info":{"name":"x"},"children":[{"info":{"meta.raw_payload.x-start":` + n + `},"children":[]}]}]}`,
			"line 1: osprofiler report: a step without its notifications, which alone know when it was\n" + span},
		{"a bad notification", `{"children":[{"info":{"meta.raw_payload.x-start":{},"meta.raw_payload.y":7}}]}`, "line 1: osprofiler report: meta.raw_payload.x-start: no base_id"},
		{"broken inside", `{"children":[{"info":{"meta.raw_payload.x-start":` + n + `}},{"info" 7}]}`, "line 1: osprofiler report: at byte 348: want a colon, have '7'\n" + span},
		{"too deep", strings.Repeat(`{"children":[`, maxDepth+2) + strings.Repeat("]}", maxDepth+2), "line 1: osprofiler report: steps within more than 10000 others are left out"},
		{"truncated", `{"children":[`, "error: osprofiler: line 1: unexpected EOF"},
	} {
		if got := strings.Join(decode(c.in), "\n"); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestFunctionNames(t *testing.T) {
	for in, want := range map[string]string{
		"nova.compute.manager.ComputeManager.build": "ComputeManager.build",
		"neutron.agent.linux.utils.execute":         "execute",
		"Class.method":                              "Class.method",
		"function":                                  "function",
		"":                                          "",
		"a.":                                        "",
	} {
		if got := function(in); got != want {
			t.Errorf("function(%q) = %q, want %q", in, got, want)
		}
	}
}

// What waits for its other half is bounded, and comes out when it is let go.
func TestWaitingIsBounded(t *testing.T) {
	n := 0
	p := newPairs(func(td ptrace.Traces) error { n += td.SpanCount(); return nil })
	p.most = 100
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	const all = 1010
	for i := range all {
		if err := p.add(Notification{Base: fmt.Sprint(i), ID: "x", At: at}); err != nil {
			t.Fatal(err)
		}
		if len(p.waiting) > p.most || len(p.last) > p.most || len(p.order) > 2*p.most+1 {
			t.Fatalf("%d steps wait, %d traces are known, %d in order", len(p.waiting), len(p.last), len(p.order))
		}
	}
	if err := p.end(); err != nil || n != all {
		t.Errorf("%d spans, %v; want %d", n, err, all)
	}
}

func TestEmitCanStop(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	var in bytes.Buffer
	for i := range 3 * batchSpans {
		id := fmt.Sprintf("%x", i+2)
		fmt.Fprintln(&in, note("x-start", id, "1", 1, `"y": 1`)+"\n"+note("x-stop", id, "1", 2, `"y": 1`))
	}
	err := Decode(&in, func(ptrace.Traces) error { calls++; return stop }, func(int, error) {})
	if err != stop || calls != 1 {
		t.Errorf("%v after %d calls, want the error of emit after one", err, calls)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"testdata/report.json", "testdata/notifications.jsonl"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 4<<10)])
	}
	f.Add([]byte(note("wsgi-start", "2", "1", 5, `"request": {"path": "/", "method": "GET"}`) + "\n" + note("wsgi-stop", "2", "1", 6, `"etype": "E"`)))
	f.Add([]byte(`{"children":[{"info":{"meta.raw_payload.x-start":` + note("x-start", "2", "1", 1, `"db":{"statement":"SELECT 1"}`) + `},"children":[]}]}`))
	f.Add([]byte(`[{"_source":` + note("x-stop", "2", "1", 1, `"requests":{"port":""}`) + `}]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		_ = Decode(bytes.NewReader(in), func(td ptrace.Traces) error {
			for _, rs := range td.ResourceSpans().All() {
				for _, s := range rs.ScopeSpans().At(0).Spans().All() {
					if s.TraceID().IsEmpty() || s.SpanID().IsEmpty() || s.EndTimestamp() < s.StartTimestamp() || s.StartTimestamp() == 0 {
						t.Errorf("span %s of trace %s, %d to %d", s.SpanID(), s.TraceID(), s.StartTimestamp(), s.EndTimestamp())
					}
				}
			}
			return nil
		}, func(line int, err error) {
			if line < 1 || err == nil {
				t.Errorf("warning %v at line %d", err, line)
			}
		})
	})
}

func TestIs(t *testing.T) {
	for head, want := range map[string]bool{
		`{"name": "wsgi-start", "base_id": "x`:                      true,
		`[{"name": "wsgi-start", "base_id": "x`:                     true,
		"{\n  \"info\": {\"name\": \"total\"},\n  \"children\": [":  true,
		`{"_index": "i", "_source": {"name": "x", "base_id": "x"`:   true,
		`{"_index": "i", "_source": {"traceID": "x"}, "base_id": 1`: false,
		`{"_source": 7, "base_id": 1}`:                              false,
		`{"data": []}`:                                              false,
		`[]`:                                                        false,
		`[7]`:                                                       false,
		``:                                                          false,
	} {
		if got := Is([]byte(head)); got != want {
			t.Errorf("Is(%s) = %t", head, got)
		}
	}
}
