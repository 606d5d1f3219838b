package jaeger

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// trace is one trace of an answer and what decides whose it is.
type trace struct {
	id    pcommon.TraceID
	data  ptrace.Traces
	spans int
	// start is the start of its earliest root, or of its earliest span, ns.
	start int64
	// owner is the service of that root; of a trace without root the smallest name in it.
	owner string
	// open: a span's parent or the root is not there, so more may be on its way.
	open bool
}

// group puts the pieces of an answer together, one per trace, by start and ID. It
// takes the data over. Spans without trace ID belong nowhere; bad counts them.
func group(answer []ptrace.Traces) (traces []*trace, bad int) {
	byID := map[pcommon.TraceID]*trace{}
	at := func(id pcommon.TraceID) *trace {
		t := byID[id]
		if t == nil {
			t = &trace{id: id, data: ptrace.NewTraces()}
			byID[id] = t
			traces = append(traces, t)
		}
		return t
	}
	for _, td := range answer {
		if id, ok := onlyID(td); ok && !id.IsEmpty() {
			td.ResourceSpans().MoveAndAppendTo(at(id).data.ResourceSpans())
			continue
		}
		bad += scatter(td, at)
	}
	ids := map[pcommon.SpanID]struct{}{}
	for _, t := range traces {
		clear(ids)
		t.inspect(ids)
	}
	slices.SortFunc(traces, func(a, b *trace) int {
		return cmp.Or(cmp.Compare(a.start, b.start), bytes.Compare(a.id[:], b.id[:]))
	})
	return traces, bad
}

// onlyID reports whether all spans are of one trace.
func onlyID(td ptrace.Traces) (id pcommon.TraceID, ok bool) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				if ok && s.TraceID() != id {
					return id, false
				}
				id, ok = s.TraceID(), true
			}
		}
	}
	return id, ok
}

// scatter moves the spans of a mixed answer to their traces.
func scatter(td ptrace.Traces, at func(pcommon.TraceID) *trace) (bad int) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			target := map[pcommon.TraceID]ptrace.SpanSlice{}
			for _, s := range ss.Spans().All() {
				id := s.TraceID()
				if id.IsEmpty() {
					bad++
					continue
				}
				to, ok := target[id]
				if !ok {
					to = branch(at(id).data, rs, ss)
					target[id] = to
				}
				s.MoveTo(to.AppendEmpty())
			}
		}
	}
	return bad
}

// inspect finds owner and start. ids is scratch space, empty.
func (t *trace) inspect(ids map[pcommon.SpanID]struct{}) {
	first, root := int64(math.MaxInt64), int64(math.MaxInt64)
	var rootID pcommon.SpanID
	smallest, rootService := "", ""
	for _, rs := range t.data.ResourceSpans().All() {
		service := serviceOf(rs)
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				t.spans++
				ids[s.SpanID()] = struct{}{}
				if service != "" && (smallest == "" || service < smallest) {
					smallest = service
				}
				start := int64(min(s.StartTimestamp(), math.MaxInt64))
				first = min(first, start)
				if !s.ParentSpanID().IsEmpty() {
					continue
				}
				id := s.SpanID()
				if start < root || start == root && bytes.Compare(id[:], rootID[:]) < 0 {
					root, rootID, rootService = start, id, service
				}
			}
		}
	}
	t.start, t.owner = root, rootService
	if root == math.MaxInt64 {
		t.start, t.owner, t.open = first, smallest, true
		return
	}
	t.open = t.orphaned(ids)
}

// orphaned reports whether a parent is missing.
func (t *trace) orphaned(ids map[pcommon.SpanID]struct{}) bool {
	for _, rs := range t.data.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				if p := s.ParentSpanID(); !p.IsEmpty() {
					if _, ok := ids[p]; !ok {
						return true
					}
				}
			}
		}
	}
	return false
}

// branch adds a resource and scope like those given and returns their empty spans.
func branch(td ptrace.Traces, rs ptrace.ResourceSpans, ss ptrace.ScopeSpans) ptrace.SpanSlice {
	r := td.ResourceSpans().AppendEmpty()
	rs.Resource().CopyTo(r.Resource())
	r.SetSchemaUrl(rs.SchemaUrl())
	s := r.ScopeSpans().AppendEmpty()
	ss.Scope().CopyTo(s.Scope())
	s.SetSchemaUrl(ss.SchemaUrl())
	return s.Spans()
}

func serviceOf(rs ptrace.ResourceSpans) string {
	v, ok := rs.Resource().Attributes().Get("service.name")
	if !ok {
		return ""
	}
	return v.AsString()
}
