package otlp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// request is a request of one span with the given name, in JSON and in protobuf.
func request(name string) (js, pb []byte) {
	td := ptrace.NewTraces()
	s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetName(name)
	s.SetTraceID(pcommon.TraceID{1})
	s.SetSpanID(pcommon.SpanID{2})
	jm, pm := ptrace.JSONMarshaler{}, ptrace.ProtoMarshaler{}
	js, err := jm.MarshalTraces(td)
	if err != nil {
		panic(err)
	}
	if pb, err = pm.MarshalTraces(td); err != nil {
		panic(err)
	}
	return js, pb
}

func line(name string) string { js, _ := request(name); return string(js) + "\n" }

// delimited puts a length before each message.
func delimited(messages ...[]byte) string {
	var b []byte
	for _, m := range messages {
		b = binary.BigEndian.AppendUint32(b, uint32(len(m)))
		b = append(b, m...)
	}
	return string(b)
}

func decodeJSON(in string) []string {
	var out []string
	err := DecodeJSON(iotest.OneByteReader(strings.NewReader(in)), collect(&out), note(&out))
	return end(out, err)
}

func decodeProto(in string) []string {
	var out []string
	err := DecodeProto(iotest.OneByteReader(strings.NewReader(in)), collect(&out), note(&out))
	return end(out, err)
}

func collect(out *[]string) func(ptrace.Traces) error {
	return func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					*out = append(*out, s.Name())
				}
			}
		}
		return nil
	}
}

// note writes down where a warning is; the words are the decoders' own.
func note(out *[]string) func(int, error) {
	return func(line int, err error) { *out = append(*out, fmt.Sprintf("warning at %d", line)) }
}

func end(out []string, err error) []string {
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

// Bad records are warned about with their place and cost only themselves.
func TestJSON(t *testing.T) {
	pretty := strings.NewReplacer("{", "{\n ", ",", ",\n ").Replace(line("p"))
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"lines", line("a") + line("b"), []string{"a", "b"}},
		{"blank lines and Windows", "\n" + strings.ReplaceAll(line("a"), "\n", "\r\n") + "\r\n", []string{"a"}},
		{"a document over several lines", pretty, []string{"p"}},
		{"api_v3", `{"result":` + line("a") + "}\n" + `{"result":` + line("b") + "}", []string{"a", "b"}},
		{"empty requests", `{"resourceSpans":[]}` + "\n{}\n", nil},
		{"a cut line", line("a") + line("b")[:40] + "\n" + line("c"), []string{"a", "warning at 2", "c"}},
		{"a cut first line", line("b")[:40] + "\n" + line("c"), []string{"warning at 1", "c"}},
		{"a line that is something else", line("a") + "# comment\n7\n" + `{"hello":1}` + "\n" + line("b"), []string{"a", "warning at 2", "warning at 3", "warning at 4", "b"}},
		{"a wrong type inside", `{"resourceSpans":[{"scopeSpans":7}]}` + "\n" + line("b"), []string{"warning at 1", "b"}},
		{"cut at the end", line("a") + line("b")[:40], []string{"a", "warning at 2"}},
		{"a single truncated document", line("a")[:40], []string{"error: otlp: line 1: unexpected EOF"}},
		{"nothing", "\n", []string{"error: otlp: the file is empty"}},
		{"what is wrong in an old form", `{"resourceSpans":[{"instrumentationLibrarySpans":7}]}` + "\n" +
			`{"resourceSpans":[{"instrumentationLibrarySpans":[{"spans":[{"traceId":"AAMcZmwD4a+Vy7ZpaMY9z???"}]}]}]}` + "\n" + line("b"),
			[]string{"warning at 1", "warning at 2", "b"}},
	} {
		if d := cmp.Diff(c.want, decodeJSON(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestProto(t *testing.T) {
	ja, a := request("a")
	_, b := request("b")
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	zip := func(m []byte) []byte { return w.EncodeAll(m, nil) }
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"messages", delimited(a, b), []string{"a", "b"}},
		{"empty messages", delimited(nil, b), []string{"b"}},
		{"compressed messages of both encodings", delimited(zip(a), zip(ja), ja), []string{"a", "a", "a"}},
		{"a rotten message", delimited(a, []byte("\x0a\xff\xff"), append(bytes.Clone(zstdMagic), 7), b), []string{"a", "warning at 2", "warning at 3", "b"}},
		{"truncated", delimited(a, b)[:len(delimited(a))+7], []string{"a", "warning at 2"}},
		{"truncated in the length", delimited(a) + "\x00", []string{"a", "warning at 2"}},
		{"a single truncated message", delimited(a)[:9], []string{"error: otlp: message 1: unexpected EOF"}},
		{"no lengths", "hello world", []string{"error: otlp: message 1: its length of 1751477356 bytes is above 268435456: this is no length-delimited protobuf"}},
		{"nothing", "", []string{"error: otlp: the file is empty"}},
	} {
		if d := cmp.Diff(c.want, decodeProto(c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(line("a") + line("b")[:30])
	f.Add(`{"result":{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"intValue":"1"}}]}}]}}`)
	f.Add(oldV3)
	f.Fuzz(func(t *testing.T, s string) { decodeJSON(s) })
}

func FuzzProto(f *testing.F) {
	js, pb := request("a")
	f.Add(delimited(pb, js))
	f.Fuzz(func(t *testing.T, s string) { decodeProto(s) })
}

// oldV3 is a span, and one that it is linked to, as api_v3 of Jaeger 1.31 writes them.
const oldV3 = `{"result":{"resourceSpans":[null,{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},
 "instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"shop"},"spans":[{"traceId":"AAMcZmwD4a+Vy7ZpaMY9zg==","spanId":"QK950X4wSFc=",
 "parentSpanId":"UMrpqNe2X54=","name":"GET /cart","kind":"SPAN_KIND_CLIENT","startTimeUnixNano":"5","endTimeUnixNano":"7",
 "links":[{"traceId":"AAMcZmwD4a+Vy7ZpaMY9zg==","spanId":"UMrpqNe2X54="}]}]}]}]}}`

// The Collector's file exporter wrote the same with IDs in hex.
var oldOTLP = strings.NewReplacer("AAMcZmwD4a+Vy7ZpaMY9zg==", "00031c666c03e1af95cbb66968c63dce", "QK950X4wSFc=", "40af79d17e304857",
	"UMrpqNe2X54=", "50cae9a8d7b65f9e", `{"result":`, "", "}]}]}]}]}}", "}]}]}]}]}").Replace(oldV3)

// Requests of the time before scopes are read like today's.
func TestOldForms(t *testing.T) {
	for name, in := range map[string]string{"api_v3": oldV3, "the Collector's": oldOTLP} {
		seen := 0
		err := DecodeJSON(strings.NewReader(in), func(td ptrace.Traces) error {
			for _, rs := range td.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						seen++
						got := fmt.Sprintln(rs.Resource().Attributes().AsRaw(), ss.Scope().Name(), s.TraceID(), s.SpanID(), s.ParentSpanID(), s.Name(), s.Kind(), int64(s.StartTimestamp()), int64(s.EndTimestamp()), s.Links().At(0).TraceID(), s.Links().At(0).SpanID())
						want := "map[service.name:web] shop 00031c666c03e1af95cbb66968c63dce 40af79d17e304857 50cae9a8d7b65f9e GET /cart Client 5 7 00031c666c03e1af95cbb66968c63dce 50cae9a8d7b65f9e"
						if strings.TrimSpace(got) != want {
							t.Errorf("%s: %s, want %s", name, got, want)
						}
					}
				}
			}
			return nil
		}, func(line int, err error) { t.Errorf("%s: line %d: %v", name, line, err) })
		if err != nil || seen != 1 {
			t.Errorf("%s: %d spans, %v", name, seen, err)
		}
	}
}
