package app

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"culprit/internal/source"
	"culprit/model"
)

// TestMain fails the package when a goroutine is left over, but for one of nats.go's: a
// connection that is closed before its first asynchronous publisher has started leaves
// that publisher waiting on a channel that is already gone (v1.55.0, publish.go).
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

const step = 30 * time.Second

// shop makes the traces of window n after noon: web asks cart, cart asks a database that
// is not instrumented. In windows for which slow says so the database takes ten times
// as long.
func shop(n int, slow func(n int) bool) ptrace.Traces {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	td := ptrace.NewTraces()
	web, cart := service(td, "web"), service(td, "cart")
	const requests = 40
	for i := range requests {
		at := noon.Add(time.Duration(n)*step + time.Duration(i)*step/requests)
		jitter := func(mean time.Duration) time.Duration {
			return time.Duration(float64(mean) * (0.8 + 0.4*rng.Float64()))
		}
		db, own := jitter(20*time.Millisecond), jitter(5*time.Millisecond)
		if slow(n) {
			db *= 10
		}
		var id pcommon.TraceID
		binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
		binary.BigEndian.PutUint64(id[8:], uint64(i)+1)
		span(web, id, 1, 0, "GET /cart", ptrace.SpanKindServer, at, db+4*own)
		span(web, id, 2, 1, "list", ptrace.SpanKindClient, at.Add(own), db+2*own)
		span(cart, id, 3, 2, "list", ptrace.SpanKindServer, at.Add(own), db+2*own)
		q := span(cart, id, 4, 3, "SELECT", ptrace.SpanKindClient, at.Add(2*own), db)
		q.Attributes().PutStr("db.system", "mysql")
		q.Attributes().PutStr("peer.service", "mysql")
	}
	return td
}

func service(td ptrace.Traces, name string) ptrace.SpanSlice {
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", name)
	return rs.ScopeSpans().AppendEmpty().Spans()
}

func span(in ptrace.SpanSlice, trace pcommon.TraceID, id, parent byte, name string, kind ptrace.SpanKind, at time.Time, d time.Duration) ptrace.Span {
	s := in.AppendEmpty()
	s.SetTraceID(trace)
	s.SetSpanID(pcommon.SpanID{id})
	s.SetParentSpanID(pcommon.SpanID{parent})
	s.SetName(name)
	s.SetKind(kind)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(d)))
	return s
}

// outage is slow from window 12 to 15.
func outage(n int) bool { return n >= 12 && n < 16 }

const outageWindows = 24

// batches is the outage as a source delivers it: a batch and a watermark for each window.
func batches(from time.Time) []source.Batch {
	var out []source.Batch
	for n := range outageWindows {
		at := noon.Add(time.Duration(n) * step)
		if at.Before(from) {
			continue
		}
		out = append(out, source.Batch{Source: "shop", Traces: []ptrace.Traces{shop(n, outage)}, Watermark: at.Add(step)})
	}
	return out
}

// story is what was told, without the numbers.
func story(ins []model.Incident) []string {
	var out []string
	for _, in := range ins {
		line := in.UpdatedAt.Format("15:04:05 ") + in.Event
		if len(in.Suspects) > 0 {
			line += " " + in.Suspects[0].Service
		}
		out = append(out, line)
	}
	return out
}
