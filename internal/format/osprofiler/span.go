package osprofiler

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Patience is how long a trace must have been silent before its unfinished steps count
// as failed: longer than most steps take that tell nothing while they run.
const Patience = 30 * time.Second

// Unfinished is the attribute of a span whose end was never seen.
const Unfinished = "osprofiler.unfinished"

// step is a pair of notifications, or one of them.
type step struct {
	start, stop Notification
	has         struct{ start, stop bool }
	answers     []*step // what the other side did for a request; they wait for its status
}

// add takes a notification that has this step's ID. The first of several counts.
func (s *step) add(n Notification) {
	switch {
	case n.Stop && !s.has.stop:
		s.stop, s.has.stop = n, true
	case !n.Stop && !s.has.start:
		s.start, s.has.start = n, true
	}
}

func (s *step) whole() bool { return s.has.start && s.has.stop }

// first is the start, or the stop where there is none.
func (s *step) first() *Notification {
	if s.has.start {
		return &s.start
	}
	return &s.stop
}

// resource is who sent a step.
type resource struct{ project, service, host string }

// batch collects spans by who sent them.
type batch struct {
	td    ptrace.Traces
	by    map[resource]ptrace.SpanSlice
	spans int
}

func newBatch() *batch {
	return &batch{td: ptrace.NewTraces(), by: map[resource]ptrace.SpanSlice{}}
}

// add writes the span of a step. last is when its trace was last heard of, now when
// anything was.
func (b *batch) add(s *step, last, now time.Time, patience time.Duration) {
	n := s.first()
	span := b.of(resource{n.project, n.service, n.info.host}).AppendEmpty()
	b.spans++
	span.SetTraceID(TraceID(n.Base))
	span.SetSpanID(spanID(n.ID))
	if n.Parent != n.Base {
		span.SetParentSpanID(spanID(n.Parent))
	}
	span.SetName(n.spanName())
	span.SetKind(n.kind())
	n.describe(span.Attributes())

	end := s.stop.At
	if s.has.stop {
		s.stop.outcome(span)
	} else {
		end = last
		span.Attributes().PutBool(Unfinished, true)
		if now.Sub(last) >= patience {
			span.Status().SetCode(ptrace.StatusCodeError)
			span.Status().SetMessage("no stop notification: it was never seen to return")
		}
	}
	if end.Before(n.At) {
		end = n.At
	}
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(n.At))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
}

func (b *batch) of(r resource) ptrace.SpanSlice {
	if list, ok := b.by[r]; ok {
		return list
	}
	rs := b.td.ResourceSpans().AppendEmpty()
	a := rs.Resource().Attributes()
	name := strings.Trim(r.project+"-"+r.service, "-")
	for _, kv := range [][2]string{{"service.name", name}, {"service.namespace", r.project}, {"host.name", r.host}} {
		if kv[1] != "" {
			a.PutStr(kv[0], kv[1])
		}
	}
	list := rs.ScopeSpans().AppendEmpty().Spans()
	b.by[r] = list
	return list
}

// spanName is the name that osprofiler's OTLP driver gives, with the function behind
// that of its trace point.
func (n *Notification) spanName() string {
	i := &n.info
	switch i.kind {
	case answersHTTP:
		return "WSGI_" + i.method + "_" + i.path
	case asksDatabase:
		verb, _, _ := strings.Cut(strings.TrimLeft(i.text, " \t\r\n("), " ")
		return "SQL_" + strings.ToUpper(verb)
	case asksHTTP:
		return "REQUESTS_" + i.method + "_" + i.hostname
	case callsFunction:
		if f := function(i.text); f != "" {
			return strings.ToUpper(n.Name) + "_" + f
		}
	}
	return n.Name
}

// function is the last part of a function's full name, with its class in front where
// it has one: nova.compute.manager.ComputeManager.build is ComputeManager.build.
func function(full string) string {
	at := strings.LastIndexByte(full, '.')
	if at < 0 {
		return full
	}
	class := full[strings.LastIndexByte(full[:at], '.')+1 : at]
	if class == "" || class == strings.ToLower(class) {
		return full[at+1:] // a module
	}
	return class + full[at:]
}

// kind is what the description says or, without one, the name of the trace point.
func (n *Notification) kind() ptrace.SpanKind {
	switch n.info.kind {
	case answersHTTP:
		return ptrace.SpanKindServer
	case asksDatabase, asksHTTP:
		return ptrace.SpanKindClient
	case callsFunction:
		return ptrace.SpanKindInternal
	}
	switch n.Name {
	case "wsgi":
		return ptrace.SpanKindServer
	case "db", "http", "https":
		return ptrace.SpanKindClient
	}
	return ptrace.SpanKindInternal
}

// describe writes what a start tells as attributes, by today's conventions.
func (n *Notification) describe(a pcommon.Map) {
	i := &n.info
	put := func(key, value string) {
		if value != "" {
			a.PutStr(key, value)
		}
	}
	switch i.kind {
	case answersHTTP, asksHTTP:
		put("http.request.method", i.method)
		put("url.path", i.path)
		if i.kind == asksHTTP {
			put("server.address", i.hostname)
			if i.port > 0 {
				a.PutInt("server.port", i.port)
			}
		}
	case asksDatabase:
		put("db.query.text", i.text)
	case callsFunction:
		put("code.function.name", i.text)
	}
}

// outcome writes what a stop tells.
func (n *Notification) outcome(span ptrace.Span) {
	if n.info.status > 0 {
		span.Attributes().PutInt("http.response.status_code", n.info.status)
	}
	if n.info.etype == "" || n.info.etype == "None" {
		return
	}
	span.Status().SetCode(ptrace.StatusCodeError)
	span.Status().SetMessage(n.info.message)
	span.Attributes().PutStr("error.type", n.info.etype)
	e := span.Events().AppendEmpty()
	e.SetName("exception")
	e.SetTimestamp(pcommon.NewTimestampFromTime(n.At))
	e.Attributes().PutStr("exception.type", n.info.etype)
	e.Attributes().PutStr("exception.message", n.info.message)
}

// uuid reads an ID. One that is no UUID, which osprofiler's drivers replace by a random
// one, is hashed, so that it is the same wherever it stands.
func uuid(s string) (id [16]byte) {
	if digits := strings.ReplaceAll(s, "-", ""); len(digits) == 32 {
		if _, err := hex.Decode(id[:], []byte(digits)); err == nil && id != [16]byte{} {
			return id
		}
	}
	sum := sha256.Sum256([]byte(s))
	return [16]byte(sum[:16])
}

// TraceID is the ID of the trace with a base_id.
func TraceID(base string) pcommon.TraceID { return uuid(base) }

// spanID is the last half of the UUID.
func spanID(s string) (id pcommon.SpanID) {
	if s == "" {
		return id
	}
	u := uuid(s)
	copy(id[:], u[8:])
	if id.IsEmpty() {
		copy(id[:], u[:8])
	}
	return id
}
