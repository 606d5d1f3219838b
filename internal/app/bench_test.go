package app

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/tracetest"
)

// windowSpans is how many spans a window holds.
const windowSpans = 100_000

// synthetic is 100,000 spans, 3,300 a second, in traces of ten over 50 services with ten operations each, as
// one message for each service and window. Each operation has one caller.
func synthetic(window int) []ptrace.Traces {
	const services, operations, perTrace, spans = 50, 10, 10, windowSpans
	rng := rand.New(rand.NewPCG(1, uint64(window)))
	out := make([]ptrace.Traces, services)
	in := make([]ptrace.SpanSlice, services)
	for i := range out {
		out[i] = ptrace.NewTraces()
		rs := out[i].ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "service-"+strconv.Itoa(i))
		rs.Resource().Attributes().PutStr("service.instance.id", "instance-"+strconv.Itoa(i%3))
		in[i] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	for t := range spans / perTrace {
		var id pcommon.TraceID
		binary.BigEndian.PutUint64(id[:8], uint64(window)+1)
		binary.BigEndian.PutUint64(id[8:], uint64(t)+1)
		at := noon.Add(time.Duration(window)*step + time.Duration(t)*step*perTrace/spans)
		first, entry := rng.IntN(services), rng.IntN(operations)
		for k := range perTrace {
			s := span(in[(first+k)%services], id, byte(k+1), byte(k), "operation-"+strconv.Itoa((entry+3*k)%operations),
				ptrace.SpanKindServer, at.Add(time.Duration(k)*time.Millisecond), time.Duration(100-9*k)*time.Millisecond+time.Duration(rng.IntN(1e6)))
			s.Attributes().PutStr("http.request.method", "GET")
			s.Attributes().PutStr("http.route", "/api/v1/things/{id}")
			s.Attributes().PutInt("http.response.status_code", 200)
			s.Attributes().PutStr("client.address", "10.0.0."+strconv.Itoa(rng.IntN(250)))
		}
	}
	return out
}

// From OTLP protobuf bytes to judged windows, on one shard.
func BenchmarkProtobufToVerdict(b *testing.B) {
	const windows = 4
	var messages [windows][][]byte
	spans, bytes := 0, 0
	for w := range messages {
		for _, td := range synthetic(w) {
			raw, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
			if err != nil {
				b.Fatal(err)
			}
			messages[w] = append(messages[w], raw)
			spans += td.SpanCount()
			bytes += len(raw)
		}
	}
	b.ReportAllocs()
	begin := tracetest.CPUTime()
	for b.Loop() {
		p := newPipeline(engineConfig(1))
		for w, raws := range messages {
			var batch []ptrace.Traces
			for _, raw := range raws {
				td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(raw)
				if err != nil {
					b.Fatal(err)
				}
				batch = append(batch, td)
			}
			p.take(batch)
			p.advance(noon.Add(time.Duration(w+1) * step))
		}
	}
	b.ReportMetric(float64(spans)*float64(b.N)/(tracetest.CPUTime()-begin).Seconds(), "spans/CPU-s")
	b.ReportMetric(float64(bytes)/float64(spans), "B/span")
}

// From decoded OTLP to judged windows, on one shard.
func BenchmarkSpansToVerdict(b *testing.B) {
	const windows = 4
	var messages [windows][]ptrace.Traces
	for w := range messages {
		messages[w] = synthetic(w)
	}
	b.ReportAllocs()
	begin := tracetest.CPUTime()
	for b.Loop() {
		p := newPipeline(engineConfig(1))
		for w, batch := range messages {
			p.take(batch)
			p.advance(noon.Add(time.Duration(w+1) * step))
		}
	}
	b.ReportMetric(windows*windowSpans*float64(b.N)/(tracetest.CPUTime()-begin).Seconds(), "spans/CPU-s")
}
