package zipkin

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
	"culprit/model"
)

// batch collects spans by local endpoint.
type batch struct {
	td        ptrace.Traces
	endpoints map[endpoint]ptrace.SpanSlice
	spans     int
}

// endpoint is one side of a call.
type endpoint struct {
	service, ip string
	port        int64
}

func newBatch() *batch {
	return &batch{td: ptrace.NewTraces(), endpoints: map[endpoint]ptrace.SpanSlice{}}
}

// maxMicros is the last time that fits into nanoseconds.
const maxMicros = math.MaxInt64 / 1000

// record is a span as it is being read. A record of version 1 may hold both halves of
// a call.
type record struct {
	out             ptrace.Span // has name, kind, tags
	trace           model.TraceID
	id, parent      model.SpanID
	start, duration int64 // µs
	local, remote   endpoint
	annotations     []annotation
	binaries        []binaryAnnotation // of version 1
	v1              bool
	bad             error
}

// annotation is something that happened at a moment; version 1 says where.
type annotation struct {
	at    int64 // µs
	value string
	host  endpoint
}

func newRecord() record {
	r := record{out: ptrace.NewSpan()}
	r.out.SetKind(ptrace.SpanKindInternal)
	return r
}

// add reads one span of either version. Of several things that are wrong it names the
// first.
func (b *batch) add(c *jsonrec.Cursor) error {
	if c.Kind() != '{' {
		c.Skip()
		return errors.New("it is no object")
	}
	r := newRecord()
	for ok := c.Object(); ok; ok = c.Next() {
		if err := r.field(c, c.Key()); r.bad == nil {
			r.bad = err
		}
	}
	if c.Err() != nil {
		return c.Err()
	}
	return b.finish(&r)
}

// finish checks a record and adds the spans that it holds.
func (b *batch) finish(r *record) error {
	switch {
	case r.bad != nil:
		return r.bad
	case r.trace.IsZero():
		return errors.New("no trace ID")
	case r.id.IsZero():
		return fmt.Errorf("trace %s: no span ID", r.trace)
	}
	halves := []*record{r}
	if r.v1 && r.local == (endpoint{}) {
		halves = r.halves()
	}
	for _, h := range halves {
		if h.start <= 0 && len(h.annotations) > 0 { // spans that share an ID may have annotations only
			h.start = h.annotations[0].at
		}
		if h.start <= 0 || h.start > maxMicros {
			return fmt.Errorf("trace %s: span %s: no usable timestamp", r.trace, r.id)
		}
	}
	for _, h := range halves {
		b.put(h)
	}
	return nil
}

// put adds a span that is in order.
func (b *batch) put(r *record) {
	s := r.out
	s.SetTraceID(pcommon.TraceID(r.trace))
	s.SetSpanID(pcommon.SpanID(r.id))
	s.SetParentSpanID(pcommon.SpanID(r.parent))
	s.SetStartTimestamp(pcommon.Timestamp(r.start * 1000))
	s.SetEndTimestamp(pcommon.Timestamp((r.start + min(max(r.duration, 0), maxMicros-r.start)) * 1000))
	for _, a := range r.annotations {
		e := s.Events().AppendEmpty()
		e.SetName(a.value)
		if a.at > 0 && a.at <= maxMicros {
			e.SetTimestamp(pcommon.Timestamp(a.at * 1000))
		}
	}
	r.callee(s)
	s.MoveTo(b.of(r.local).AppendEmpty())
	b.spans++
}

func (r *record) field(c *jsonrec.Cursor, key []byte) (err error) {
	switch string(key) {
	case "traceId":
		r.trace, err = model.ParseTraceID(string(c.Text()))
	case "id":
		r.id, err = model.ParseSpanID(string(c.Text()))
	case "parentId":
		if id := c.Text(); len(id) > 0 {
			r.parent, err = model.ParseSpanID(string(id))
		}
	case "name":
		r.out.SetName(string(c.Text()))
	case "kind":
		if k, ok := kinds[string(c.Text())]; ok {
			r.out.SetKind(k)
		}
	case "timestamp":
		r.start, err = integer(c, "timestamp")
	case "duration":
		r.duration, err = integer(c, "duration")
	case "localEndpoint":
		r.local = readEndpoint(c)
	case "remoteEndpoint":
		r.remote = readEndpoint(c)
	case "tags":
		for ok := c.Object(); ok; ok = c.Next() {
			putTag(r.out, string(c.Key()), string(c.Scalar()))
		}
	case "annotations":
		for ok := c.Array(); ok; ok = c.Next() {
			r.readAnnotation(c)
		}
	case "binaryAnnotations":
		for ok := c.Array(); ok; ok = c.Next() {
			r.readBinary(c)
		}
	default:
		c.Skip()
	}
	return err
}

// kinds are what a span says of its role; one that says nothing is internal.
var kinds = map[string]ptrace.SpanKind{"CLIENT": ptrace.SpanKindClient, "SERVER": ptrace.SpanKindServer, "PRODUCER": ptrace.SpanKindProducer, "CONSUMER": ptrace.SpanKindConsumer}

// putTag writes a tag as an attribute, or as what OTLP has a field for.
func putTag(s ptrace.Span, key, value string) {
	switch key {
	case "error":
		if value != "false" {
			s.Status().SetCode(ptrace.StatusCodeError)
		}
		if value != "true" && value != "false" {
			s.Status().SetMessage(value)
		}
	case "otel.status_code":
		switch strings.ToUpper(value) {
		case "ERROR":
			s.Status().SetCode(ptrace.StatusCodeError)
		case "OK":
			s.Status().SetCode(ptrace.StatusCodeOk)
		}
	case "otel.status_description":
		s.Status().SetMessage(value)
	case "w3c.tracestate":
		s.TraceState().FromRaw(value)
	default:
		s.Attributes().PutStr(key, value)
	}
}

// callee writes down what is known of the other side of a call.
func (r *record) callee(s ptrace.Span) {
	a := s.Attributes()
	if _, said := a.Get("peer.service"); !said && r.remote.service != "" {
		a.PutStr("peer.service", r.remote.service)
	}
	if r.remote.ip != "" {
		a.PutStr("network.peer.address", r.remote.ip)
	}
	if r.remote.port != 0 {
		a.PutInt("network.peer.port", r.remote.port)
	}
}

func readEndpoint(c *jsonrec.Cursor) endpoint {
	var e endpoint
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "serviceName":
			e.service = string(c.Text())
		case "ipv4":
			e.ip = string(c.Text())
		case "ipv6":
			if ip := c.Text(); e.ip == "" {
				e.ip = string(ip)
			}
		case "port":
			e.port, _ = integer(c, "port") // a span is good without its port
		default:
			c.Skip()
		}
	}
	return e
}

func (r *record) readAnnotation(c *jsonrec.Cursor) {
	var a annotation
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "timestamp":
			a.at, _ = integer(c, "timestamp") // an event is good without its time
		case "value":
			a.value = string(c.Text())
		case "endpoint":
			a.host, r.v1 = readEndpoint(c), true
		default:
			c.Skip()
		}
	}
	r.annotations = append(r.annotations, a)
}

func integer(c *jsonrec.Cursor, field string) (int64, error) {
	n, err := c.Int()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", field, err)
	}
	return n, nil
}

// of returns the spans of an endpoint. The port is no part of an identity: it is the
// server's, or a new one for each connection.
func (b *batch) of(e endpoint) ptrace.SpanSlice {
	e.port = 0
	if list, ok := b.endpoints[e]; ok {
		return list
	}
	rs := b.td.ResourceSpans().AppendEmpty()
	if e.service != "" {
		rs.Resource().Attributes().PutStr("service.name", e.service)
	}
	if e.ip != "" {
		rs.Resource().Attributes().PutStr("ip", e.ip)
	}
	list := rs.ScopeSpans().AppendEmpty().Spans()
	b.endpoints[e] = list
	return list
}
