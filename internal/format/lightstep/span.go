package lightstep

import (
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/protorec"
)

const (
	spanContext, spanName, spanReference, spanStart, spanDuration, spanTag, spanLog = 1, 2, 3, 4, 5, 6, 7

	contextTrace, contextSpan          = 1, 2
	refKind, refContext                = 1, 2
	timeSeconds, timeNanos             = 1, 2
	logTime, logField                  = 1, 2
	tagKey, tagText, tagInt            = 1, 2, 3
	tagDouble, tagBool, tagJSON        = 4, 5, 6
	childOf, followsFrom        uint64 = 0, 1
)

// reference leads to another span. Its trace is 0 where the sender leaves it out.
type reference struct {
	kind        uint64
	trace, span uint64
}

// readSpan reads one span into s. offset is added to its times, µs.
func readSpan(b []byte, offset int64, s ptrace.Span) error {
	var trace, id, duration uint64
	var start int64 // µs
	var refs []reference
	var logs [][]byte
	err := protorec.Each(b, func(f protorec.Field) (err error) {
		switch f.Number {
		case spanContext:
			trace, id, err = readContext(f.Bytes())
		case spanName:
			s.SetName(f.Text())
		case spanReference:
			var r reference
			if r, err = readReference(f.Bytes()); r.span != 0 {
				refs = append(refs, r)
			}
		case spanStart:
			start, err = readTime(f.Bytes())
		case spanDuration:
			duration = f.Uint()
		case spanTag:
			var key string
			var v pcommon.Value
			if key, v, err = readTag(f.Bytes()); err == nil && key != "" {
				v.MoveTo(s.Attributes().PutEmpty(key))
			}
		case spanLog:
			logs = append(logs, f.Bytes())
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case trace == 0:
		return errors.New("no trace ID")
	case id == 0:
		return errors.New("no span ID")
	}
	s.SetTraceID(traceID(trace))
	s.SetSpanID(spanID(id))
	if start += offset; start <= 0 || start > maxMicros {
		return fmt.Errorf("trace %s: span %s: no usable start time", s.TraceID(), s.SpanID())
	}
	s.SetStartTimestamp(pcommon.Timestamp(start * 1000))
	s.SetEndTimestamp(pcommon.Timestamp((start + int64(min(duration, uint64(maxMicros-start)))) * 1000))
	refer(s, trace, refs)
	if failed(s.Attributes()) {
		for _, l := range logs {
			if err := readLog(l, offset, s.Events().AppendEmpty()); err != nil {
				return fmt.Errorf("trace %s: span %s: log: %w", s.TraceID(), s.SpanID(), err)
			}
		}
	}
	return nil
}

// refer makes the first CHILD_OF within the trace the parent, else the first
// FOLLOWS_FROM; the others, and a FOLLOWS_FROM parent too, become links.
func refer(s ptrace.Span, trace uint64, refs []reference) {
	parent := -1
	for i, r := range refs {
		if r.trace == 0 {
			refs[i].trace = trace
		}
		if refs[i].trace == trace && (parent < 0 || refs[parent].kind != childOf && r.kind == childOf) {
			parent = i
		}
	}
	for i, r := range refs {
		if i == parent {
			s.SetParentSpanID(spanID(r.span))
			if r.kind == childOf {
				continue
			}
		}
		l := s.Links().AppendEmpty()
		l.SetTraceID(traceID(r.trace))
		l.SetSpanID(spanID(r.span))
		kind := "child_of"
		if r.kind == followsFrom {
			kind = "follows_from"
		}
		l.Attributes().PutStr("opentracing.ref_type", kind)
	}
}

// failed reports whether the tag error is set.
func failed(attrs pcommon.Map) bool {
	v, ok := attrs.Get("error")
	return ok && v.AsString() != "" && !strings.EqualFold(v.AsString(), "false")
}

func readContext(b []byte) (trace, span uint64, err error) {
	err = protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case contextTrace:
			trace = f.Uint()
		case contextSpan:
			span = f.Uint()
		}
		return nil
	})
	return trace, span, err
}

func readReference(b []byte) (r reference, err error) {
	err = protorec.Each(b, func(f protorec.Field) (err error) {
		switch f.Number {
		case refKind:
			r.kind = f.Uint()
		case refContext:
			r.trace, r.span, err = readContext(f.Bytes())
		}
		return err
	})
	return r, err
}

// readTime returns microseconds, the unit of durations; 0 for a time out of range.
func readTime(b []byte) (int64, error) {
	var seconds, nanos int64
	err := protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case timeSeconds:
			seconds = f.Int()
		case timeNanos:
			nanos = int64(int32(f.Int()))
		}
		return nil
	})
	if seconds < 0 || seconds > maxMicros/1_000_000 {
		return 0, err
	}
	return seconds*1_000_000 + nanos/1000, err
}

// readTag reads a key and its value. A text of JSON stays a text.
func readTag(b []byte) (key string, v pcommon.Value, err error) {
	v = pcommon.NewValueEmpty()
	err = protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case tagKey:
			key = f.Text()
		case tagText, tagJSON:
			v.SetStr(f.Text())
		case tagInt:
			v.SetInt(f.Int())
		case tagDouble:
			v.SetDouble(f.Double())
		case tagBool:
			v.SetBool(f.Bool())
		}
		return nil
	})
	return key, v, err
}

// readLog reads a log; its field event is its name.
func readLog(b []byte, offset int64, e ptrace.SpanEvent) error {
	return protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case logTime:
			at, err := readTime(f.Bytes())
			if at += offset; at > 0 && at <= maxMicros {
				e.SetTimestamp(pcommon.Timestamp(at * 1000))
			}
			return err
		case logField:
			key, v, err := readTag(f.Bytes())
			switch {
			case err != nil:
				return err
			case key == "event":
				e.SetName(v.AsString())
			case key != "":
				v.MoveTo(e.Attributes().PutEmpty(key))
			}
		}
		return nil
	})
}
