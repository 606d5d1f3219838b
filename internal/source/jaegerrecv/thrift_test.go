package jaegerrecv

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/google/go-cmp/cmp"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/agent"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/jaeger"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// written is what write puts into a message.
func written(t testing.TB, compact bool, write func(context.Context, thrift.TProtocol) error) []byte {
	buf := thrift.NewTMemoryBuffer()
	var to thrift.TProtocol = thrift.NewTBinaryProtocolConf(buf, nil)
	if compact {
		to = thrift.NewTCompactProtocolConf(buf, nil)
	}
	if err := write(context.Background(), to); err != nil {
		t.Fatal(err)
	}
	if err := to.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// packet is a message to an agent, as Jaeger's clients write it.
func packet(t testing.TB, compact bool, name string, args interface {
	Write(context.Context, thrift.TProtocol) error
}) []byte {
	return written(t, compact, func(ctx context.Context, to thrift.TProtocol) error {
		if err := to.WriteMessageBegin(ctx, name, thrift.ONEWAY, 1); err != nil {
			return err
		}
		if err := args.Write(ctx, to); err != nil {
			return err
		}
		return to.WriteMessageEnd(ctx)
	})
}

func str(key, value string) *jaeger.Tag {
	return &jaeger.Tag{Key: key, VType: jaeger.TagType_STRING, VStr: &value}
}

func flag(key string, value bool) *jaeger.Tag {
	return &jaeger.Tag{Key: key, VType: jaeger.TagType_BOOL, VBool: &value}
}

// shop is a batch of one failed client span with OpenTracing's tags.
func shop() *jaeger.Batch {
	return &jaeger.Batch{
		Process: &jaeger.Process{ServiceName: "shop", Tags: []*jaeger.Tag{str("hostname", "h")}},
		Spans: []*jaeger.Span{{
			TraceIdLow: 1, SpanId: 2, ParentSpanId: 9, OperationName: "pay", StartTime: 5, Duration: 3,
			References: []*jaeger.SpanRef{{RefType: jaeger.SpanRefType_FOLLOWS_FROM, TraceIdLow: 1, SpanId: 8}},
			Tags:       []*jaeger.Tag{str("span.kind", "client"), flag("error", true), str("request-type", "Failure"), str("peer.service", "bank")},
		}},
	}
}

const shopSaid = "map[host.name:h service.name:shop] 0000000000000002<0000000000000009 pay Client 5000-8000 Error map[peer.service:bank request-type:Failure] follows_from:0000000000000008"

// say writes down traces.
func say(td ptrace.Traces, err error) []string {
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	var out []string
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				line := fmt.Sprintf("%v %s<%s %s %s %d-%d %s %v", rs.Resource().Attributes().AsRaw(), s.SpanID(), s.ParentSpanID(), s.Name(), s.Kind(), s.StartTimestamp(), s.EndTimestamp(), s.Status().Code(), s.Attributes().AsRaw())
				for _, l := range s.Links().All() {
					line += fmt.Sprintf(" %s:%s", l.Attributes().AsRaw()["opentracing.ref_type"], l.SpanID())
				}
				out = append(out, line)
			}
		}
	}
	return out
}

func quiet(int, error) {}

func TestBothProtocolsOfBothFormats(t *testing.T) {
	at := int64(5)
	zipkinSpans := &agent.AgentEmitZipkinBatchArgs{Spans: []*zipkincore.Span{{TraceID: 1, ID: 2, Name: "get", Timestamp: &at, Duration: &at,
		Annotations: []*zipkincore.Annotation{{Timestamp: 5, Value: "cs", Host: &zipkincore.Endpoint{ServiceName: "web"}}}}, {ID: 3}}}
	for _, compact := range []bool{false, true} {
		got := say(readPacket(packet(t, compact, "emitBatch", &agent.AgentEmitBatchArgs{Batch: shop()}), quiet))
		if d := cmp.Diff([]string{shopSaid}, got); d != "" {
			t.Errorf("compact %v: %s", compact, d)
		}
		var warned []string
		got = say(readPacket(packet(t, compact, "emitZipkinBatch", zipkinSpans), func(n int, err error) { warned = append(warned, fmt.Sprint(n, ": ", err)) }))
		want := []string{"map[service.name:web] 0000000000000002< get Client 5000-10000 Unset map[]", "2: zipkin span: no trace ID"}
		if d := cmp.Diff(want, append(got, warned...)); d != "" {
			t.Errorf("compact %v: %s", compact, d)
		}
	}
	body := written(t, false, shop().Write)
	if d := cmp.Diff([]string{shopSaid}, say(readBatch(body))); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNoBatch(t *testing.T) {
	whole := packet(t, true, "emitBatch", &agent.AgentEmitBatchArgs{Batch: shop()})
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "an empty packet"},
		{"another call", packet(t, true, "shutdown", &agent.AgentEmitBatchArgs{Batch: shop()}), `a call of "shutdown"`},
		{"cut off", whole[:len(whole)/2], "emitBatch"},
		{"no batch", packet(t, false, "emitBatch", agent.NewAgentEmitBatchArgs()), "Required field Process is not set"},
		{"no arguments", []byte{0x80, 1, 0, 4, 0, 0, 0, 9, 'e', 'm', 'i', 't', 'B', 'a', 't', 'c', 'h', 0, 0, 0, 1, 0}, "no batch in it"},
		{"a batch without spans", packet(t, false, "emitBatch", &agent.AgentEmitBatchArgs{Batch: &jaeger.Batch{Process: &jaeger.Process{}}}), ""},
		{"text", []byte("GET / HTTP/1.1\r\n\r\n"), "jaeger agent"},
	} {
		_, err := readPacket(c.in, quiet)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := readBatch([]byte("<html>")); err == nil {
		t.Error("a page is taken for a batch")
	}
}

// A few bytes that claim to be a hundred million spans cost nothing.
func TestLengthsAreNotBelieved(t *testing.T) {
	list := []byte{12, 0, 1, 11, 0, 1, 0, 0, 0, 1, 'a', 0, 15, 0, 2, 12} // process, then a list of structs
	for _, claim := range []uint32{100_000_000, 1 << 31, 1<<32 - 1} {
		raw := binary.BigEndian.AppendUint32(list[:len(list):len(list)], claim)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readBatch(raw)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; err == nil || grown > 1<<20 {
			t.Errorf("%d spans claimed: %v, %d bytes allocated", claim, err, grown)
		}
	}
}

func FuzzReadPacket(f *testing.F) {
	for _, compact := range []bool{false, true} {
		f.Add(packet(f, compact, "emitBatch", &agent.AgentEmitBatchArgs{Batch: shop()}))
		f.Add(packet(f, compact, "emitZipkinBatch", &agent.AgentEmitZipkinBatchArgs{Spans: []*zipkincore.Span{{TraceID: 1, ID: 2, BinaryAnnotations: []*zipkincore.BinaryAnnotation{{Key: "a", Value: []byte("b")}}}}}))
	}
	f.Add(written(f, false, shop().Write))
	f.Fuzz(func(t *testing.T, b []byte) {
		if td, err := readPacket(b, quiet); err == nil {
			say(td, nil)
		}
		if td, err := readBatch(b); err == nil {
			say(td, nil)
		}
	})
}
