package generate

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// exporter collects spans as they end and emits them once a second, as a collector
// does, with the dirt that happens on the way.
type exporter struct {
	world *world
	start int64 // Unix ns
	emit  func(ptrace.Traces) error
	err   error

	dirt   Dirt
	chance *rand.Rand
	gaps   []stretch // nothing arrives
	late   []tardy   // by due, then by coming

	batch  ptrace.Traces
	n      int // number of the batch
	spans  int
	faults []*fault
}

// slot is the place of an instance in the batch at hand.
type slot struct {
	batch int
	spans ptrace.SpanSlice
}

type stretch struct{ from, to int64 }

func (w stretch) holds(t int64) bool { return w.from <= t && t < w.to }

// tardy is a span that arrives later than others of its trace.
type tardy struct {
	due  int64
	span *span
}

// maxBatch is the most spans of a batch.
const maxBatch = 8192

func (x *exporter) add(sp *span) {
	for _, f := range x.faults {
		f.count(sp)
	}
	if x.world.dialect.hides(sp) {
		return // its caller's span shows what it would
	}
	d := &x.dirt
	for _, g := range x.gaps {
		if g.holds(sp.end) {
			return
		}
	}
	if chance(x.chance, d.Lost) || sp.root && chance(x.chance, d.Rootless) {
		return
	}
	if chance(x.chance, d.Duplicates) {
		x.delay(sp, sp.end+micros(between(x.chance, 0, 5)*float64(sec)))
	}
	if chance(x.chance, d.Late) {
		x.delay(sp, sp.end+micros(between(x.chance, 0.1, 1)*float64(d.Lateness)))
		return
	}
	x.write(sp)
}

func (x *exporter) delay(sp *span, due int64) {
	at, _ := slices.BinarySearchFunc(x.late, due+1, func(t tardy, due int64) int { return int(t.due - due) })
	x.late = slices.Insert(x.late, at, tardy{due, sp})
}

// flush emits what has come until now.
func (x *exporter) flush(now int64) {
	n := 0
	for n < len(x.late) && x.late[n].due <= now {
		x.write(x.late[n].span)
		n++
	}
	x.late = slices.Delete(x.late, 0, n)
	x.send()
}

func (x *exporter) send() {
	if x.spans == 0 || x.err != nil {
		return
	}
	x.err = x.emit(x.batch)
	x.n++
	x.spans = 0
	x.batch = ptrace.NewTraces()
}

// close emits what is left.
func (x *exporter) close() error {
	for _, l := range x.late {
		x.write(l.span)
	}
	x.late = nil
	x.send()
	return x.err
}

func (x *exporter) write(sp *span) {
	in := sp.inst
	if in.out.batch != x.n {
		rs := x.batch.ResourceSpans().AppendEmpty()
		resource(rs.Resource().Attributes(), in)
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName("io.opentelemetry." + in.service.language)
		in.out = slot{x.n, ss.Spans()}
	}
	parent := x.proxied(in.out.spans, sp)
	x.fill(in.out.spans.AppendEmpty(), sp, parent)
	if x.spans++; x.spans == maxBatch {
		x.send()
	}
}

func resource(a pcommon.Map, in *instance) {
	a.EnsureCapacity(8)
	a.PutStr("service.name", in.service.name)
	a.PutStr("service.version", in.version)
	if in.service.podless {
		a.PutStr("service.instance.id", in.name)
	} else {
		a.PutStr("k8s.pod.name", in.name)
	}
	a.PutStr("host.name", in.host.name)
	a.PutStr("cloud.region", in.host.region)
	a.PutStr("deployment.environment.name", "production")
	a.PutStr("telemetry.sdk.language", in.service.language)
}

var otlpKinds = [...]ptrace.SpanKind{
	spanServer: ptrace.SpanKindServer, spanClient: ptrace.SpanKindClient, spanInternal: ptrace.SpanKindInternal,
	spanProducer: ptrace.SpanKindProducer, spanConsumer: ptrace.SpanKindConsumer,
}

func (x *exporter) fill(to ptrace.Span, sp *span, parent uint64) {
	to.SetTraceID(sp.trace.id)
	to.SetSpanID(spanBytes(sp.id))
	if parent != 0 {
		to.SetParentSpanID(spanBytes(parent))
	}
	from := x.start + sp.start + sp.skew
	to.SetStartTimestamp(pcommon.Timestamp(from))
	to.SetEndTimestamp(pcommon.Timestamp(from + sp.end - sp.start))
	sv := sp.inst.service
	switch {
	case x.world.kindless:
	case sv.internal:
		to.SetKind(ptrace.SpanKindInternal)
	default:
		to.SetKind(otlpKinds[sp.kind])
	}
	if sp.trace.weight != "" {
		to.TraceState().FromRaw(sp.trace.weight)
	}
	if c := sp.cause; c != nil {
		l := to.Links().AppendEmpty()
		l.SetTraceID(c.trace.id)
		l.SetSpanID(spanBytes(c.id))
	}
	a := to.Attributes()
	a.EnsureCapacity(6)
	switch sp.kind {
	case spanServer, spanConsumer:
		describeServer(to, a, sp)
	case spanInternal:
		to.SetName(sp.step.name)
	default:
		describeClient(to, a, sp)
	}
	x.status(to, a, sp)
}

func spanBytes(id uint64) (b [8]byte) {
	binary.BigEndian.PutUint64(b[:], id)
	return b
}

func describeServer(to ptrace.Span, a pcommon.Map, sp *span) {
	op := sp.op
	if op.after == "" {
		to.SetName(op.name)
	} else {
		to.SetName(op.before + strconv.FormatUint(sp.number%1e9, 10) + op.after)
	}
	switch {
	case sp.kind == spanConsumer:
		a.PutStr("messaging.operation.type", "process")
	case op.service.naming == funcs:
		a.PutStr("code.function", op.name)
	case op.service.naming == rpcs:
		a.PutStr("rpc.system", "grpc")
		a.PutStr("rpc.method", op.route)
		a.PutInt("rpc.grpc.status_code", outcomeGRPC[sp.result])
	default:
		a.PutStr("http.request.method", op.method)
		if op.service.naming == routes {
			a.PutStr("http.route", op.route)
		}
		code := outcomeCode[sp.result]
		if op.service.silent && sp.result.bad() {
			code = 200
		}
		a.PutInt("http.response.status_code", code)
	}
	if op.flag != "" {
		side := "off"
		if sp.trace.flags {
			side = "on"
		}
		a.PutStr("feature_flag."+op.flag, side)
	}
	if sp.root {
		a.PutStr("tenant.id", sp.trace.tenant)
	}
}

func describeClient(to ptrace.Span, a pcommon.Map, sp *span) {
	st := sp.step
	to.SetName(st.name)
	switch {
	case st.topic != nil:
		a.PutStr("messaging.system", st.topic.system)
		a.PutStr("messaging.destination.name", st.topic.name)
		a.PutStr("messaging.operation.type", "send")
	case st.base != nil:
		if b := st.base; b.system != "" {
			a.PutStr("db.system", b.system)
			a.PutStr("db.operation", st.verb)
			if st.table != "" {
				a.PutStr("db.collection.name", st.table)
			}
		}
		a.PutStr(st.base.key, st.base.name)
	default:
		to := st.callee.service
		if to.naming == rpcs {
			a.PutStr("rpc.system", "grpc")
			a.PutStr("rpc.method", st.callee.route)
		} else {
			a.PutStr("http.request.method", st.callee.method)
			if sp.result != timedOut && sp.result != refused && sp.result != cancelled {
				a.PutInt("http.response.status_code", outcomeCode[sp.result])
			}
		}
		a.PutStr("server.address", to.name)
	}
}
