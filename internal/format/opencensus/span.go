package opencensus

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	trace "github.com/census-instrumentation/opencensus-proto/gen-go/trace/v1"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// readSpan translates one span. m is not kept.
func readSpan(m *trace.Span, s ptrace.Span) error {
	var traceID pcommon.TraceID
	var id, parent pcommon.SpanID
	switch {
	case len(m.TraceId) != len(traceID):
		return fmt.Errorf("a trace ID of %d bytes, want %d", len(m.TraceId), len(traceID))
	case len(m.SpanId) != len(id):
		return fmt.Errorf("a span ID of %d bytes, want %d", len(m.SpanId), len(id))
	case len(m.ParentSpanId) != 0 && len(m.ParentSpanId) != len(parent):
		return fmt.Errorf("a parent ID of %d bytes, want %d", len(m.ParentSpanId), len(parent))
	}
	copy(traceID[:], m.TraceId)
	copy(id[:], m.SpanId)
	copy(parent[:], m.ParentSpanId)
	if traceID.IsEmpty() || id.IsEmpty() {
		return errors.New("an ID of zeros")
	}
	start, ok := nanos(m.StartTime)
	if !ok {
		return errors.New("no usable start time")
	}
	end, ok := nanos(m.EndTime)
	if !ok {
		end = 0 // the conversion to spans counts it
	}
	s.SetTraceID(traceID)
	s.SetSpanID(id)
	s.SetParentSpanID(parent)
	s.SetName(m.GetName().GetValue())
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	s.TraceState().FromRaw(traceState(m.Tracestate))
	switch m.Kind {
	case trace.Span_SERVER:
		s.SetKind(ptrace.SpanKindServer)
	case trace.Span_CLIENT:
		s.SetKind(ptrace.SpanKindClient)
	}
	putAttributes(m.Attributes, s.Attributes())
	putStatus(m.Status, s)
	for _, l := range m.GetLinks().GetLink() {
		var t pcommon.TraceID
		var to pcommon.SpanID
		if len(l.GetTraceId()) != len(t) || len(l.GetSpanId()) != len(to) {
			continue // leads nowhere
		}
		copy(t[:], l.TraceId)
		copy(to[:], l.SpanId)
		link := s.Links().AppendEmpty()
		link.SetTraceID(t)
		link.SetSpanID(to)
	}
	if s.Status().Code() == ptrace.StatusCodeError {
		putAnnotations(m.GetTimeEvents().GetTimeEvent(), s.Events())
	}
	return nil
}

// requestAtFault are the codes by which a server blames the request: invalid argument,
// not found, already exists, permission denied, resource exhausted, failed precondition,
// aborted, out of range, unauthenticated; and a cancellation by the caller.
var requestAtFault = map[int32]bool{1: true, 3: true, 5: true, 6: true, 7: true, 8: true, 9: true, 10: true, 11: true, 16: true}

func putStatus(m *trace.Status, s ptrace.Span) {
	if m.GetCode() == 0 {
		return
	}
	s.Attributes().PutInt("rpc.grpc.status_code", int64(m.Code))
	if s.Kind() != ptrace.SpanKindServer || !requestAtFault[m.Code] {
		s.Status().SetCode(ptrace.StatusCodeError)
	}
	s.Status().SetMessage(m.Message)
}

func putAttributes(m *trace.Span_Attributes, attrs pcommon.Map) {
	all := m.GetAttributeMap()
	attrs.EnsureCapacity(len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch v := all[key].GetValue().(type) {
		case *trace.AttributeValue_StringValue:
			attrs.PutStr(key, v.StringValue.GetValue())
		case *trace.AttributeValue_IntValue:
			attrs.PutInt(key, v.IntValue)
		case *trace.AttributeValue_BoolValue:
			attrs.PutBool(key, v.BoolValue)
		case *trace.AttributeValue_DoubleValue:
			attrs.PutDouble(key, v.DoubleValue)
		}
	}
}

// putAnnotations keeps what the program said; messages that went by say nothing of a
// fault.
func putAnnotations(all []*trace.Span_TimeEvent, events ptrace.SpanEventSlice) {
	for _, m := range all {
		a := m.GetAnnotation()
		if a == nil {
			continue
		}
		e := events.AppendEmpty()
		e.SetName(a.GetDescription().GetValue())
		if at, ok := nanos(m.Time); ok {
			e.SetTimestamp(at)
		}
		putAttributes(a.Attributes, e.Attributes())
	}
}

// nanos is a moment after 1970 that fits into nanoseconds.
func nanos(t *timestamppb.Timestamp) (pcommon.Timestamp, bool) {
	const maxSeconds = (1<<63 - 1) / 1_000_000_000
	if t == nil || t.Seconds < 0 || t.Seconds >= maxSeconds || t.Nanos < 0 || t.Nanos >= 1e9 || t.Seconds == 0 && t.Nanos == 0 {
		return 0, false
	}
	return pcommon.Timestamp(t.Seconds*1_000_000_000 + int64(t.Nanos)), true
}

// traceState is the W3C form.
func traceState(m *trace.Span_Tracestate) string {
	var b strings.Builder
	for i, e := range m.GetEntries() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(e.GetKey() + "=" + e.GetValue())
	}
	return b.String()
}
