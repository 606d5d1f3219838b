package spans

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/tracetest"
	"culprit/model"
)

// synthetic makes traces of ten spans over 20 services and 200 operations, about
// 214 bytes a span on the wire. Dirty ones have what real systems have: bad text,
// odd times, missing IDs, links.
func synthetic(seed uint64, traces int, dirty bool) ptrace.Traces {
	rng := rand.New(rand.NewPCG(seed, seed))
	td := ptrace.NewTraces()
	var lists [20]ptrace.SpanSlice
	for i := range lists {
		rs := td.ResourceSpans().AppendEmpty()
		a := rs.Resource().Attributes()
		a.PutStr("service.name", fmt.Sprintf("service-%02d", i))
		a.PutStr("k8s.pod.name", fmt.Sprintf("service-%02d-5d5f8c7b9d-x%d", i, i))
		a.PutStr("service.version", "1.4.2")
		a.PutStr("deployment.environment", "prod")
		a.PutStr("telemetry.sdk.language", "go")
		lists[i] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	const start = 1_790_000_000_000_000_000
	for range traces {
		id := pcommon.TraceID{}
		for i := range id {
			id[i] = byte(rng.Uint32())
		}
		var parent pcommon.SpanID
		for i := range 10 {
			svc := rng.IntN(20)
			s := lists[svc].AppendEmpty()
			s.SetTraceID(id)
			sid := pcommon.SpanID{}
			for i := range sid {
				sid[i] = byte(rng.Uint32())
			}
			s.SetSpanID(sid)
			s.SetParentSpanID(parent)
			parent = sid
			s.SetName(fmt.Sprintf("GET /api/v1/things-%c/{id}", 'a'+rng.IntN(10)))
			s.SetKind(ptrace.SpanKind(2 + i%2))
			from := start + rng.Uint64N(30_000_000_000)
			s.SetStartTimestamp(pcommon.Timestamp(from))
			s.SetEndTimestamp(pcommon.Timestamp(from + rng.Uint64N(100_000_000)))
			a := s.Attributes()
			a.PutStr("http.request.method", "GET")
			a.PutInt("http.response.status_code", 200)
			a.PutStr("tenant.id", fmt.Sprintf("tenant-%d", rng.IntN(30)))
			a.PutStr("url.path", fmt.Sprintf("/api/v1/things/%d", rng.IntN(1e6)))
			if dirty {
				spoil(rng, s)
			}
		}
	}
	return td
}

// spoil makes a span as odd as real ones sometimes are.
func spoil(rng *rand.Rand, s ptrace.Span) {
	switch rng.IntN(12) {
	case 0:
		s.SetName("bad \xff\xfe name \x00 " + fmt.Sprint(rng.Uint64()))
	case 1:
		s.SetEndTimestamp(0)
	case 2:
		s.SetSpanID(pcommon.SpanID{})
	case 3:
		l := s.Links().AppendEmpty()
		l.SetTraceID(s.TraceID())
		l.SetSpanID(s.ParentSpanID())
		l.Attributes().PutStr(refTypeKey, "follows_from")
	case 4:
		s.Status().SetCode(ptrace.StatusCodeError)
		s.Status().SetMessage("context deadline exceeded")
	case 5:
		s.Attributes().PutStr("text", "caf\xe9 \xf0\x9f\x98")
		s.Attributes().PutDouble("load", 1.0)
	case 6:
		s.TraceState().FromRaw("ot=th:c")
	case 7:
		s.Attributes().PutStr("peer.service", "redis \xff")
		s.Attributes().PutEmptyBytes("raw").FromRaw([]byte{1, 2})
	}
}

// bench measures per span what one batch of 512 traces costs.
func bench(b *testing.B, f func(wire []byte)) {
	td := synthetic(1, 512, false)
	m := ptrace.ProtoMarshaler{}
	wire, err := m.MarshalTraces(td)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	begin := tracetest.CPUTime()
	for b.Loop() {
		f(wire)
	}
	used := tracetest.CPUTime() - begin
	n := float64(td.SpanCount())
	b.ReportMetric(float64(len(wire))/n, "bytes/span")
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/n, "CPU-ns/span")
	b.ReportMetric(n*float64(b.N)/used.Seconds(), "spans/CPU-s")
}

func decode(b *testing.B, wire []byte) ptrace.Traces {
	u := ptrace.ProtoUnmarshaler{}
	td, err := u.UnmarshalTraces(wire)
	if err != nil {
		b.Fatal(err)
	}
	return td
}

func BenchmarkDecode(b *testing.B) {
	bench(b, func(wire []byte) { decode(b, wire) })
}

func BenchmarkDecodeAndConvert(b *testing.B) {
	c := New(model.NewSymbols(), DefaultConfig())
	spans := 0
	bench(b, func(wire []byte) {
		c.Convert(decode(b, wire), func(f *model.Fragment) { spans += len(f.Spans) })
	})
	if spans == 0 {
		b.Fatal("nothing converted")
	}
}

func BenchmarkConvert(b *testing.B) {
	c := New(model.NewSymbols(), DefaultConfig())
	td := synthetic(1, 512, false)
	bench(b, func([]byte) { c.Convert(td, func(*model.Fragment) {}) })
}
