package xray

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// lines writes spans down by the last digits of their IDs; times in ms since 1000 s.
func lines(td ptrace.Traces) []string {
	var out []string
	for _, rs := range td.ResourceSpans().All() {
		a := rs.Resource().Attributes().AsRaw()
		who := fmt.Sprint(a["service.name"])
		delete(a, "service.name")
		if len(a) > 0 {
			who += fmt.Sprint(a)
		}
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			at := func(ns uint64) uint64 { return (ns - 1000e9) / 1e6 }
			line := fmt.Sprintf("%s<%s %s %q %s %d-%d", s.SpanID().String()[14:], s.ParentSpanID(), who, s.Name(), s.Kind(), at(uint64(s.StartTimestamp())), at(uint64(s.EndTimestamp())))
			if s.Attributes().Len() > 0 {
				line += fmt.Sprintf(" %v", s.Attributes().AsRaw())
			}
			if s.Status().Code() != 0 {
				line += fmt.Sprintf(" %s %q", s.Status().Code(), s.Status().Message())
			}
			for _, l := range s.Links().All() {
				line += " ->" + l.SpanID().String()[14:]
			}
			out = append(out, line)
		}
	}
	return out
}

func decode(in string) []string {
	var out []string
	err := Decode(iotest.HalfReader(strings.NewReader(in)), func(td ptrace.Traces) error {
		out = append(out, lines(td)...)
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

const trace = "1-5759e988-bd862e3fe1be46a994272793"

// The documents of one request: web asks pay over HTTP and a database, pay a table. One of
// web's subsegments was sent by itself. The table's segment is X-Ray's own.
var documents = []string{
	`{"type":"subsegment","trace_id":"` + trace + `","id":"00000000000000a3","parent_id":"00000000000000a1","name":"orders@db.example.com","start_time":1000.06,"end_time":1000.08,"namespace":"remote","sql":{"url":"jdbc:postgresql://db.example.com:5432/orders","sanitized_query":"SELECT * FROM orders WHERE id = ?","database_type":"PostgreSQL"}}`,
	`{"name":"web","id":"00000000000000a1","trace_id":"` + trace + `","start_time":1000.0,"end_time":1.0001E3,"origin":"AWS::EKS::Container","service":{"version":"1.2"},"user":"eve",
		"http":{"request":{"method":"GET","url":"https://shop.example.com/cart/17?x=1","client_ip":"10.0.0.9","user_agent":"curl"},"response":{"status":500,"content_length":9}},
		"aws":{"eks":{"pod":"web-7d-x2","cluster_name":"c"},"account_id":"1","xray":{"sdk":"python"}},
		"annotations":{"tenant":"acme","tries":2,"vip":true,"odd":[1]},"metadata":{"default":{"color":"red"},"app":{"build":7,"more":{"a":1}}},"fault":true,
		"cause":{"working_directory":"/","exceptions":[{"id":"e1","type":"KeyError","message":"no cart","remote":false,"stack":[{"path":"a.py","line":1,"label":"f"}]}]},
		"links":[{"trace_id":"1-00000000-0000000000000000000000aa","id":"00000000000000ff"}],
		"subsegments":[
			{"name":"pay.example.com","id":"00000000000000a2","start_time":1000.01,"end_time":1000.05,"namespace":"remote","http":{"request":{"method":"POST","url":"http://pay.example.com/charge"},"response":{"status":429}},"error":true,"throttle":true},
			{"name":"render","id":"00000000000000a4","start_time":1000.08,"end_time":1000.09,"subsegments":[{"name":"S3","id":"00000000000000a5","start_time":1000.081,"end_time":1000.082,"namespace":"aws","aws":{"operation":"GetObject","region":"eu-west-1","bucket_name":"b"},"http":{"response":{"status":404}},"error":true}]},
			{"name":"SQS","id":"00000000000000a6","start_time":1000.09,"end_time":1000.091,"namespace":"aws","aws":{"operation":"SendMessage","queue_url":"https://sqs.eu-west-1.amazonaws.com/1/mails"}},
			{"name":"slow","id":"00000000000000a7","start_time":1000.09,"in_progress":true}]}`,
	`{"name":"pay","id":"00000000000000b1","parent_id":"00000000000000a2","trace_id":"` + trace + `","start_time":1000.02,"end_time":1000.04,"error":true,"subsegments":[{"name":"DynamoDB","id":"00000000000000b2","start_time":1000.03,"end_time":1000.035,"namespace":"aws","aws":{"operation":"GetItem","table_name":"cards"}}]}`,
	`{"name":"cards","id":"00000000000000c1","parent_id":"00000000000000b2","trace_id":"` + trace + `","start_time":1000.03,"end_time":1000.035,"inferred":true,"origin":"AWS::DynamoDB::Table"}`,
	`{"name":"web","id":"00000000000000a1","trace_id":"` + trace + `","start_time":1000.0,"in_progress":true}`,
}

var (
	web  = `webmap[aws.xray.origin:AWS::EKS::Container k8s.cluster.name:c k8s.pod.name:web-7d-x2 service.version:1.2]`
	want = []string{
		`a1< WEB "GET /cart/17" Server 0-100 map[build:7 client.address:10.0.0.9 color:red enduser.id:eve http.request.method:GET http.response.status_code:500 tenant:acme tries:2 url.full:https://shop.example.com/cart/17?x=1 user_agent.original:curl vip:true] Error "no cart" ->ff`,
		`a2<00000000000000a1 WEB "POST /charge" Client 10-50 map[http.request.method:POST http.response.status_code:429 peer.service:pay.example.com url.full:http://pay.example.com/charge] Error ""`,
		`a3<00000000000000a1 WEB "SELECT * FROM orders WHERE id = ?" Client 60-80 map[db.namespace:orders db.query.text:SELECT * FROM orders WHERE id = ? db.system:postgresql server.address:db.example.com]`,
		`a4<00000000000000a1 WEB "render" Internal 80-90`,
		`a5<00000000000000a4 WEB "GetObject" Client 81-82 map[aws.s3.bucket:b cloud.region:eu-west-1 http.response.status_code:404 peer.service:S3]`,
		`a6<00000000000000a1 WEB "SendMessage" Producer 90-91 map[messaging.destination.name:mails]`,
		`a7<00000000000000a1 WEB "slow" Internal 90-100 map[xray.unfinished:true]`,
		`b1<00000000000000a2 pay "pay" Server 20-40 Error ""`,
		`b2<00000000000000b1 pay "GetItem" Client 30-35 map[aws.dynamodb.table_name:cards peer.service:DynamoDB]`,
	}
)

func answer(docs ...string) string {
	type segment struct{ ID, Document string }
	var a struct {
		Traces []struct {
			ID       string
			Segments []segment
		}
		UnprocessedTraceIDs []string
	}
	a.Traces = append(a.Traces, struct {
		ID       string
		Segments []segment
	}{ID: trace})
	for _, d := range docs {
		a.Traces[0].Segments = append(a.Traces[0].Segments, segment{"x", d})
	}
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// The same documents are the same spans however they were written down, and in whatever
// order they came.
func TestDecode(t *testing.T) {
	header := `{"format": "json", "version": 1}` + "\n"
	backwards := slices.Clone(documents)
	slices.Reverse(backwards)
	for name, in := range map[string]string{
		"one after the other": strings.Join(documents, "\n"),
		"the other way round": strings.Join(backwards, "\n"),
		"with headers":        header + strings.Join(documents, "\n"+header),
		"in a list":           "[" + strings.Join(documents, ",\n") + "]",
		"from BatchGetTraces": answer(documents...),
		"in two answers":      answer(documents[:2]...) + answer(documents[2:]...),
	} {
		got := decode(in)
		for i := range got {
			if rest, ok := strings.CutPrefix(got[i], "line "); ok {
				_, rest, _ = strings.Cut(rest, ":")
				got[i] = "line N:" + rest
			}
			got[i] = strings.Replace(got[i], web, "WEB", 1)
			got[i] = strings.Replace(got[i], "app.build", "build", 1)
		}
		slices.Sort(got)
		if d := cmp.Diff(slices.Sorted(slices.Values(want)), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if !Is([]byte(in)) {
			t.Errorf("%s: not recognised", name)
		}
	}
}

func TestDecodeBad(t *testing.T) {
	good := `{"name":"web","id":"a1","trace_id":"` + trace + `","start_time":1000,"end_time":1000.1}`
	span := `a1< web "web" Server 0-100`
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"documents cost only themselves", `{"id":"a1"}` + "\n7\n" + `{"name":"web","trace_id":"1-5"}` + "\n" + strings.Replace(good, `"web"`, `""`, 1) + "\n" + strings.Replace(good, "1000.1", "999", 1) + "\n" + strings.Replace(good, "1000,", `"soon",`, 1) + "\n" + `{"name" 7}` + "\n" + good, []string{
			"line 1: xray: no trace ID", "line 2: xray: it is no object",
			`line 3: xray: trace ID "1-5": want 1-, 8 hex digits, a dash and 24 hex digits`,
			"line 4: xray: trace 5759e988bd862e3fe1be46a994272793: segment 00000000000000a1: no name",
			"line 5: xray: trace 5759e988bd862e3fe1be46a994272793: segment 00000000000000a1: no end_time behind its start",
			`line 6: xray: start_time: "soon" is no time in seconds`,
			"line 7: xray: at byte 8: want a colon, have '7'", span}},
		{"a subsegment whose segment never comes", strings.Replace(good, `{`, `{"type":"subsegment","parent_id":"a9",`, 1), []string{
			"line 1: xray: trace 5759e988bd862e3fe1be46a994272793: subsegment 00000000000000a1: its segment 00000000000000a9 did not come, so its service is not known",
			`a1<00000000000000a9 <nil> "web" Internal 0-100`}},
		{"a subsegment that is its own parent", strings.Replace(good, `{`, `{"type":"subsegment","parent_id":"a1",`, 1), []string{
			"line 1: xray: trace 5759e988bd862e3fe1be46a994272793: subsegment 00000000000000a1: its segment 00000000000000a1 did not come, so its service is not known",
			`a1<00000000000000a1 <nil> "web" Internal 0-100`}},
		{"cut off behind something", good + "\n" + good[:30], []string{span, "line 2: xray document: truncated: unexpected EOF"}},
		{"cut off", good[:30], []string{"error: xray: line 1: unexpected EOF"}},
		{"nothing", "", []string{"error: xray: no readable segment in the file"}},
	} {
		if d := cmp.Diff(c.want, decode(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// Subsegments wait within bounds: the oldest are let go first.
func TestWaitingIsBounded(t *testing.T) {
	warned, spans := 0, 0
	j := NewJoiner(func(td ptrace.Traces) error { spans += td.SpanCount(); return nil }, func(error) { warned++ })
	add := func(doc string, a ...any) {
		if err := j.Add(fmt.Appendf(nil, doc, a...)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range maxPending + 10 {
		add(`{"type":"subsegment","name":"s","id":"%x","parent_id":"%x","trace_id":"`+trace+`","start_time":1,"end_time":2}`, 1_000_000+i, i+1)
	}
	if warned != 10 {
		t.Errorf("%d were let go, want 10", warned)
	}
	add(`{"name":"web","id":"%x","trace_id":"`+trace+`","start_time":1,"end_time":2}`, maxPending)
	if j.pending != maxPending-1 {
		t.Errorf("%d wait, want %d", j.pending, maxPending-1)
	}
	if err := j.Close(); err != nil || spans != maxPending+11 || j.pending != 0 {
		t.Errorf("%d spans, %d wait, %v", spans, j.pending, err)
	}
	for i := range 3 * maxKnown {
		add(`{"name":"web","id":"%x","trace_id":"`+trace+`","start_time":1,"end_time":2}`, i+1)
	}
	if n := len(j.young) + len(j.old); n > 2*maxKnown {
		t.Errorf("%d segments are remembered", n)
	}
}

func TestEmitCanStop(t *testing.T) {
	stop := errors.New("stop")
	if err := Decode(strings.NewReader(documents[1]), func(ptrace.Traces) error { return stop }, func(int, error) {}); err != stop {
		t.Error(err)
	}
}

func TestDatagram(t *testing.T) {
	for in, want := range map[string]string{
		"{\"format\": \"json\", \"version\": 1}\n{\"id\":1}": `{"id":1} <nil>`,
		"{\"format\":\"json\",\"version\":2}\n{}":            ` xray: a datagram begins with "{\"format\":\"json\",\"version\":2}", not with {"format": "json", "version": 1}`,
		"{\"format\":\"json\",\"version\":1}\n":              " xray: a datagram without a document",
		"hello":                                              ` xray: a datagram begins with "hello", not with {"format": "json", "version": 1}`,
	} {
		doc, err := Datagram([]byte(in))
		if got := fmt.Sprintf("%s %v", doc, err); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestTraceIDs(t *testing.T) {
	id, err := ParseTraceID(trace)
	if err != nil || FormatTraceID(id) != trace || id.String() != "5759e988bd862e3fe1be46a994272793" {
		t.Error(id, err)
	}
	if same, err := ParseTraceID(id.String()); err != nil || same != id {
		t.Error(same, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, d := range documents {
		f.Add(d)
	}
	f.Add(answer(documents...))
	f.Add(`{"type":"subsegment","name":"s","id":"1","parent_id":"1","trace_id":"1","start_time":1,"end_time":2}`)
	f.Fuzz(func(t *testing.T, s string) {
		decode(s)
		_, _ = Datagram([]byte(s))
	})
}
