package skywalking

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
)

// record is a span as it stands in any of the files.
type record struct {
	trace, segment, number string // segment is "" where id is whole
	id, parent             string // of tables: segment.number
	parentNumber           string
	refs                   []reference
	service, instance      string
	operation              string
	start, end             int64 // ms
	kind, layer            string
	peer, component        string
	failed                 bool
	tags                   []tag
	logs                   []event
}

type reference struct{ trace, segment, number string }

type tag struct{ key, value string }

type event struct {
	at   int64 // ms
	data []tag
}

// sender tells resources apart.
func (r *record) sender() string { return r.service + "\x00" + r.instance }

func (r *record) describe(resource pcommon.Map) {
	resource.PutStr("service.name", r.service)
	if r.instance != "" {
		resource.PutStr("service.instance.id", r.instance)
	}
}

// check refuses what is no span, with the first reason.
func (r *record) check() error {
	const maxMillis = math.MaxInt64 / int64(time.Millisecond)
	switch {
	case r.trace == "":
		return errors.New("no trace ID")
	case r.id == "" && (r.segment == "" || r.number == ""):
		return errors.New("no segment or no span ID")
	case r.service == "":
		return errors.New("no service")
	case r.start <= 0 || r.start > maxMillis:
		return fmt.Errorf("%d is no start in milliseconds", r.start)
	case r.end < r.start || r.end > maxMillis:
		return fmt.Errorf("%d is no end in milliseconds of a span that starts at %d", r.end, r.start)
	}
	return nil
}

// write writes a record that has been checked.
func (r *record) write(b *csvrec.Batch) {
	s := b.Add(r.sender(), r.describe)
	if r.id == "" {
		r.id = r.segment + "." + r.number
	}
	for i := range r.refs {
		if r.refs[i].trace == "" {
			r.refs[i].trace = r.trace
		}
	}
	trace, _ := csvrec.TraceID(r.trace) // both are there: check has seen them
	id, _ := csvrec.SpanID(r.id)
	s.SetTraceID(trace)
	s.SetSpanID(id)
	s.SetParentSpanID(r.parentID())
	for i, ref := range r.refs {
		if i == 0 && ref.trace == r.trace && (r.parentNumber == "" || r.parentNumber == "-1") {
			continue // the parent
		}
		l := s.Links().AppendEmpty()
		to, _ := csvrec.TraceID(ref.trace)
		l.SetTraceID(to)
		l.SetSpanID(csvrec.Parent(ref.segment + "." + ref.number))
	}
	s.SetName(r.operation)
	s.SetStartTimestamp(pcommon.Timestamp(r.start * int64(time.Millisecond)))
	s.SetEndTimestamp(pcommon.Timestamp(r.end * int64(time.Millisecond)))
	s.SetKind(r.spanKind())
	if r.failed {
		s.Status().SetCode(ptrace.StatusCodeError)
	}
	a := s.Attributes()
	if r.component != "" {
		a.PutStr("component", r.component)
	}
	for _, t := range r.tags {
		putTag(a, t)
	}
	if s.Kind() == ptrace.SpanKindClient || s.Kind() == ptrace.SpanKindProducer {
		putPeer(a, r.peer)
	}
	for _, l := range r.logs {
		e := s.Events().AppendEmpty()
		e.SetTimestamp(pcommon.Timestamp(max(l.at, 0) * int64(time.Millisecond)))
		for _, t := range l.data {
			putEvent(e, t)
		}
	}
}

// parentID is the span of the same segment, else the first reference of the trace.
func (r *record) parentID() pcommon.SpanID {
	switch {
	case r.parent != "":
		return csvrec.Parent(r.parent)
	case r.parentNumber != "" && r.parentNumber != "-1":
		return csvrec.Parent(r.segment + "." + r.parentNumber)
	case len(r.refs) > 0 && r.refs[0].trace == r.trace:
		return csvrec.Parent(r.refs[0].segment + "." + r.refs[0].number)
	}
	return pcommon.SpanID{}
}

// spanKind follows from the type; queues are known by their layer or component.
func (r *record) spanKind() ptrace.SpanKind {
	component := strings.ToLower(r.component)
	queue := strings.EqualFold(r.layer, "MQ") || strings.HasSuffix(component, "producer") || strings.HasSuffix(component, "consumer")
	switch strings.ToLower(r.kind) {
	case "entry", "0":
		if queue {
			return ptrace.SpanKindConsumer
		}
		return ptrace.SpanKindServer
	case "exit", "1":
		if queue {
			return ptrace.SpanKindProducer
		}
		return ptrace.SpanKindClient
	}
	return ptrace.SpanKindInternal
}

// putPeer names the callee. Its port is no part of a name; of several addresses the
// first counts.
func putPeer(a pcommon.Map, peer string) {
	peer, _, _ = strings.Cut(peer, ",")
	peer, _, _ = strings.Cut(peer, ";")
	if i := strings.LastIndexByte(peer, ':'); i >= 0 && (strings.IndexByte(peer, ':') == i || peer[0] == '[') {
		if port, err := strconv.ParseUint(peer[i+1:], 10, 16); err == nil {
			a.PutInt("server.port", int64(port))
			peer = strings.Trim(peer[:i], "[]")
		}
	}
	if peer != "" {
		a.PutStr("server.address", peer)
	}
}

// tagNames are the names that OpenTelemetry has for SkyWalking's tags.
var tagNames = map[string]string{
	"http.method": "http.request.method", "url": "url.full", "db.type": "db.system", "db.instance": "db.namespace",
	"db.statement": "db.query.text", "mq.queue": "messaging.destination.name", "mq.topic": "messaging.destination.name",
}

func putTag(a pcommon.Map, t tag) {
	switch t.key {
	case "":
	case "http.status_code", "status_code", "http.status.code":
		csvrec.Status(a, t.value)
	default:
		if name, ok := tagNames[t.key]; ok {
			t.key = name
		}
		a.PutStr(t.key, t.value)
	}
}

// logNames are the names that OpenTelemetry has for the parts of an error's log.
var logNames = map[string]string{"error.kind": "exception.type", "message": "exception.message", "stack": "exception.stacktrace"}

func putEvent(e ptrace.SpanEvent, t tag) {
	switch t.key {
	case "":
	case "event":
		e.SetName(t.value)
		if t.value == "error" {
			e.SetName("exception")
		}
	default:
		if name, ok := logNames[t.key]; ok {
			t.key = name
		}
		e.Attributes().PutStr(t.key, t.value)
	}
}
