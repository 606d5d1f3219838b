package jaeger

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
	"culprit/model"
)

// spanState is what is known of a span before all of it was read.
type spanState struct {
	out             ptrace.Span // moved away, and empty again, when the span is done
	attrs           int         // how many the span before had: the next one is much the same
	bad             error       // the first thing that makes it useless
	process         []byte
	inline          []byte // the process, where a span describes its own
	logs            []byte // read only if the span failed
	start, duration int64  // µs
	refs            []reference
	parent          pcommon.SpanID // of the old field parentSpanID
	special         special
}

type reference struct {
	follows bool
	trace   pcommon.TraceID
	span    pcommon.SpanID
}

// readSpan reads one span and puts it under its process.
func (d *decoder) readSpan(c *jsonrec.Cursor) {
	s := &d.span
	*s = spanState{out: s.out, refs: s.refs[:0], attrs: s.attrs, start: -1}
	s.out.SetTraceID(d.id)
	s.out.Attributes().EnsureCapacity(s.attrs)
	for ok := c.Object(); ok; ok = c.Next() {
		d.spanField(c, c.Key())
	}
	if c.Err() != nil {
		s.out = ptrace.NewSpan()
		return
	}
	if err := s.finish(); err != nil {
		d.warn(d.line, fmt.Errorf("jaeger trace %s: span %s: %w", s.out.TraceID(), s.out.SpanID(), err))
		s.out = ptrace.NewSpan()
		return
	}
	s.attrs = s.out.Attributes().Len()
	if s.logs != nil && s.out.Status().Code() == ptrace.StatusCodeError {
		logs := jsonrec.NewCursor(s.logs)
		for ok := logs.Array(); ok; ok = logs.Next() {
			d.readLog(&logs, s.out.Events().AppendEmpty())
		}
	}
	if s.inline == nil {
		s.out.MoveTo(d.process(s.process).spans.AppendEmpty())
		return
	}
	rs := d.td.ResourceSpans().AppendEmpty()
	process := jsonrec.NewCursor(s.inline)
	d.describe(&process, rs.Resource().Attributes())
	s.out.MoveTo(rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
}

func (d *decoder) spanField(c *jsonrec.Cursor, key []byte) {
	s := &d.span
	var err error
	switch string(key) {
	case "traceID":
		var id pcommon.TraceID
		id, err = parseTraceID(c.Text())
		s.out.SetTraceID(id)
	case "spanID":
		var id pcommon.SpanID
		id, err = parseSpanID(c.Text())
		s.out.SetSpanID(id)
	case "parentSpanID":
		if b := c.Text(); len(b) > 0 {
			s.parent, err = parseSpanID(b)
		}
	case "operationName":
		s.out.SetName(d.intern(c.Text()))
	case "references":
		for ok := c.Array(); ok; ok = c.Next() {
			s.readReference(c)
		}
	case "startTime":
		s.start, err = micros(c, "startTime")
	case "duration":
		s.duration, err = micros(c, "duration")
	case "tags":
		for ok := c.Array(); ok; ok = c.Next() {
			if t := readTag(c); len(t.key) > 0 && !s.special.read(t) {
				d.put(s.out.Attributes(), t)
			}
		}
	case "logs":
		s.logs = c.Raw()
	case "processID":
		s.process = c.Text()
	case "process":
		if c.Kind() == '{' {
			s.inline = c.Raw()
		} else {
			c.Skip()
		}
	default:
		c.Skip()
	}
	s.spoil(err)
}

// spoil remembers the first reason why the span cannot be used.
func (s *spanState) spoil(err error) {
	if s.bad == nil {
		s.bad = err
	}
}

// micros reads a number of microseconds.
func micros(c *jsonrec.Cursor, field string) (int64, error) {
	n, err := c.Int()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", field, err)
	}
	return n, nil
}

// maxMicros is the last time that fits into nanoseconds.
const maxMicros = math.MaxInt64 / 1000

// finish puts together what needed the whole span.
func (s *spanState) finish() error {
	if s.bad != nil {
		return s.bad
	}
	switch {
	case s.out.TraceID().IsEmpty():
		return errors.New("no trace ID")
	case s.out.SpanID().IsEmpty():
		return errors.New("no span ID")
	case s.start < 0:
		return errors.New("no start time")
	case s.start > maxMicros:
		return fmt.Errorf("start time %d µs is beyond the year 2262", s.start)
	}
	// A negative duration stays one: the conversion to spans counts it.
	var end uint64
	switch {
	case s.duration < -s.start:
	case s.duration > maxMicros-s.start:
		end = math.MaxInt64
	default:
		end = uint64(s.start+s.duration) * 1000
	}
	s.out.SetStartTimestamp(pcommon.Timestamp(s.start * 1000))
	s.out.SetEndTimestamp(pcommon.Timestamp(end))
	s.special.apply(s.out)
	s.refer()
	return nil
}

// refer chooses the parent among the references; the others become links.
func (s *spanState) refer() {
	parent := -1
	for i, r := range s.refs {
		if r.trace == s.out.TraceID() && (parent < 0 || s.refs[parent].follows && !r.follows) {
			parent = i
		}
	}
	s.out.SetParentSpanID(s.parent)
	if parent >= 0 {
		s.out.SetParentSpanID(s.refs[parent].span)
	}
	for i, r := range s.refs {
		if i == parent && !r.follows {
			continue
		}
		l := s.out.Links().AppendEmpty()
		l.SetTraceID(r.trace)
		l.SetSpanID(r.span)
		kind := "child_of"
		if r.follows {
			kind = "follows_from"
		}
		l.Attributes().PutStr("opentracing.ref_type", kind)
	}
}

// readReference keeps a reference that leads somewhere.
func (s *spanState) readReference(c *jsonrec.Cursor) {
	r := reference{trace: s.out.TraceID()}
	for ok := c.Object(); ok; ok = c.Next() {
		var err error
		switch string(c.Key()) {
		case "refType":
			r.follows = string(c.Text()) == "FOLLOWS_FROM"
		case "traceID":
			r.trace, err = parseTraceID(c.Text())
		case "spanID":
			r.span, err = parseSpanID(c.Text())
		default:
			c.Skip()
		}
		s.spoil(err)
	}
	if !r.span.IsEmpty() {
		s.refs = append(s.refs, r)
	}
}

// readLog reads a log entry.
func (d *decoder) readLog(c *jsonrec.Cursor, e ptrace.SpanEvent) {
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "timestamp":
			// A log without a time is still a log.
			if at, err := micros(c, "timestamp"); err == nil && at > 0 && at <= maxMicros {
				e.SetTimestamp(pcommon.Timestamp(at * 1000))
			}
		case "fields":
			for ok := c.Array(); ok; ok = c.Next() {
				switch t := readTag(c); {
				case string(t.key) == "event":
					e.SetName(d.intern(t.value))
				case len(t.key) > 0:
					d.put(e.Attributes(), t)
				}
			}
		default:
			c.Skip()
		}
	}
}

// parseTraceID reads hex digits, fewer than 32 from the right.
func parseTraceID(b []byte) (id pcommon.TraceID, err error) {
	if len(b) == 2*len(id) {
		if _, err := hex.Decode(id[:], b); err == nil {
			return id, nil
		}
	}
	t, err := model.ParseTraceID(string(b))
	return pcommon.TraceID(t), err
}

// parseSpanID reads hex digits, fewer than 16 from the right.
func parseSpanID(b []byte) (id pcommon.SpanID, err error) {
	if len(b) == 2*len(id) {
		if _, err := hex.Decode(id[:], b); err == nil {
			return id, nil
		}
	}
	s, err := model.ParseSpanID(string(b))
	return pcommon.SpanID(s), err
}
