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

// half is a span as it is being read.
type half struct {
	trace           model.TraceID
	id, parent      model.SpanID
	start, duration int64 // µs
	local, remote   endpoint
	bad             error
}

// add reads one span. Of several things that are wrong it names the first.
func (b *batch) add(c *jsonrec.Cursor) error {
	if c.Kind() != '{' {
		c.Skip()
		return errors.New("it is no object")
	}
	s := ptrace.NewSpan()
	s.SetKind(ptrace.SpanKindInternal)
	var h half
	for ok := c.Object(); ok; ok = c.Next() {
		if err := h.field(c, s, c.Key()); h.bad == nil {
			h.bad = err
		}
	}
	switch {
	case c.Err() != nil:
		return c.Err()
	case h.bad != nil:
		return h.bad
	case h.trace.IsZero():
		return errors.New("no trace ID")
	case h.id.IsZero():
		return fmt.Errorf("trace %s: no span ID", h.trace)
	}
	if h.start <= 0 && s.Events().Len() > 0 { // spans that share an ID may have annotations only
		h.start = int64(s.Events().At(0).Timestamp() / 1000)
	}
	if h.start <= 0 || h.start > maxMicros {
		return fmt.Errorf("trace %s: span %s: no usable timestamp", h.trace, h.id)
	}
	s.SetTraceID(pcommon.TraceID(h.trace))
	s.SetSpanID(pcommon.SpanID(h.id))
	s.SetParentSpanID(pcommon.SpanID(h.parent))
	s.SetStartTimestamp(pcommon.Timestamp(h.start * 1000))
	s.SetEndTimestamp(pcommon.Timestamp((h.start + min(max(h.duration, 0), maxMicros-h.start)) * 1000))
	h.callee(s)
	s.MoveTo(b.of(h.local).AppendEmpty())
	b.spans++
	return nil
}

func (h *half) field(c *jsonrec.Cursor, s ptrace.Span, key []byte) (err error) {
	switch string(key) {
	case "traceId":
		h.trace, err = model.ParseTraceID(string(c.Text()))
	case "id":
		h.id, err = model.ParseSpanID(string(c.Text()))
	case "parentId":
		if id := c.Text(); len(id) > 0 {
			h.parent, err = model.ParseSpanID(string(id))
		}
	case "name":
		s.SetName(string(c.Text()))
	case "kind":
		switch string(c.Text()) {
		case "CLIENT":
			s.SetKind(ptrace.SpanKindClient)
		case "SERVER":
			s.SetKind(ptrace.SpanKindServer)
		case "PRODUCER":
			s.SetKind(ptrace.SpanKindProducer)
		case "CONSUMER":
			s.SetKind(ptrace.SpanKindConsumer)
		}
	case "timestamp":
		h.start, err = integer(c, "timestamp")
	case "duration":
		h.duration, err = integer(c, "duration")
	case "localEndpoint":
		h.local = readEndpoint(c)
	case "remoteEndpoint":
		h.remote = readEndpoint(c)
	case "tags":
		for ok := c.Object(); ok; ok = c.Next() {
			putTag(s, string(c.Key()), string(c.Scalar()))
		}
	case "annotations":
		for ok := c.Array(); ok; ok = c.Next() {
			readAnnotation(c, s.Events().AppendEmpty())
		}
	default:
		c.Skip()
	}
	return err
}

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
func (h *half) callee(s ptrace.Span) {
	a := s.Attributes()
	if _, said := a.Get("peer.service"); !said && h.remote.service != "" {
		a.PutStr("peer.service", h.remote.service)
	}
	if h.remote.ip != "" {
		a.PutStr("network.peer.address", h.remote.ip)
	}
	if h.remote.port != 0 {
		a.PutInt("network.peer.port", h.remote.port)
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

func readAnnotation(c *jsonrec.Cursor, e ptrace.SpanEvent) {
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "timestamp":
			if at, err := integer(c, "timestamp"); err == nil && at > 0 && at <= maxMicros {
				e.SetTimestamp(pcommon.Timestamp(at * 1000))
			}
		case "value":
			e.SetName(string(c.Text()))
		default:
			c.Skip()
		}
	}
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
