package skywalking

import (
	"culprit/internal/format/csvrec"
	"culprit/internal/format/jsonrec"
)

// maxDepth is how deep spans are looked for in a document.
const maxDepth = 16

// walker finds spans in a document: it knows what the segment around them says.
type walker struct {
	batch *csvrec.Batch
	warn  func(error)
}

// walk reads any value. around is what the spans below it inherit.
func (w *walker) walk(c *jsonrec.Cursor, around record, depth int) {
	switch {
	case depth > maxDepth:
		c.Skip()
	case c.Kind() == '[':
		for ok := c.Array(); ok; ok = c.Next() {
			w.walk(c, around, depth+1)
		}
	case c.Kind() == '{':
		w.object(c, around, depth)
	default:
		c.Skip()
	}
}

// object reads a span, or a segment, or a document around them. What tells a span is
// its own number or ID; spans of a segment may stand before the segment's own fields.
func (w *walker) object(c *jsonrec.Cursor, around record, depth int) {
	r := around
	var below [][]byte
	isSpan := false
	for ok := c.Object(); ok; ok = c.Next() {
		switch key := string(c.Key()); key {
		case "spans", "data", "trace", "traces", "queryTrace", "segments", "segmentObject":
			below = append(below, c.Raw())
		default:
			isSpan = r.field(c, key) || isSpan
		}
	}
	if isSpan {
		if err := r.check(); err != nil {
			w.warn(err)
		} else {
			r.write(w.batch)
		}
		return
	}
	for _, raw := range below {
		in := jsonrec.NewCursor(raw)
		w.walk(&in, r, depth+1)
		if in.Err() != nil {
			w.warn(in.Err())
		}
	}
}

// field reads one field of a span or segment and reports whether only spans have it.
// Names in capitals are those of tables.
func (r *record) field(c *jsonrec.Cursor, key string) (ofSpan bool) {
	text := func(to *string) { *to = string(c.Scalar()) }
	switch key {
	case "traceId", "TraceId":
		text(&r.trace)
	case "segmentId", "traceSegmentId":
		text(&r.segment)
	case "spanId":
		text(&r.number)
		return true
	case "SpanId":
		text(&r.id)
		return true
	case "parentSpanId":
		text(&r.parentNumber)
	case "ParentSpan":
		text(&r.parent)
	case "service", "serviceCode", "serviceName", "Service":
		text(&r.service)
	case "serviceInstance", "serviceInstanceName":
		text(&r.instance)
	case "operationName", "endpointName", "URL":
		text(&r.operation)
	case "type", "spanType", "SpanType":
		text(&r.kind)
	case "layer", "spanLayer":
		text(&r.layer)
	case "peer", "Peer":
		text(&r.peer)
	case "component", "Component":
		text(&r.component)
	case "isError", "IsError":
		r.failed = truth(string(c.Scalar()))
	case "startTime", "StartTime":
		r.start = millis(string(c.Scalar()))
	case "endTime", "EndTime":
		r.end = millis(string(c.Scalar()))
	case "refs":
		for ok := c.Array(); ok; ok = c.Next() {
			r.refs = append(r.refs, readReference(c))
		}
	case "tags":
		for ok := c.Array(); ok; ok = c.Next() {
			r.tags = append(r.tags, readTag(c))
		}
	case "logs":
		for ok := c.Array(); ok; ok = c.Next() {
			r.logs = append(r.logs, readLog(c))
		}
	default:
		c.Skip()
	}
	return false
}

func readReference(c *jsonrec.Cursor) reference {
	var ref reference
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "traceId":
			ref.trace = string(c.Text())
		case "parentSegmentId", "parentTraceSegmentId":
			ref.segment = string(c.Text())
		case "parentSpanId":
			ref.number = string(c.Scalar())
		default:
			c.Skip()
		}
	}
	return ref
}

func readTag(c *jsonrec.Cursor) tag {
	var t tag
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "key":
			t.key = string(c.Text())
		case "value":
			t.value = string(c.Scalar())
		default:
			c.Skip()
		}
	}
	return t
}

func readLog(c *jsonrec.Cursor) event {
	var e event
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "time":
			e.at = millis(string(c.Scalar()))
		case "data":
			for ok := c.Array(); ok; ok = c.Next() {
				e.data = append(e.data, readTag(c))
			}
		default:
			c.Skip()
		}
	}
	return e
}
