package source

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Trace is one trace of an answer and what decides whose it is.
type Trace struct {
	ID    pcommon.TraceID
	Data  ptrace.Traces
	Spans int
	// Start is the start of its earliest root, or of its earliest span, ns.
	Start int64
	// Owner is the service of that root; of a trace without root the smallest name in it.
	Owner string
	// Open: a span's parent or the root is not there, so more may be on its way.
	Open bool
}

// Group puts the pieces of an answer together, one per trace, by start and ID. It
// takes the data over. Spans without trace ID belong nowhere; bad counts them.
func Group(answer []ptrace.Traces) (traces []*Trace, bad int) {
	byID := map[pcommon.TraceID]*Trace{}
	at := func(id pcommon.TraceID) *Trace {
		t := byID[id]
		if t == nil {
			t = &Trace{ID: id, Data: ptrace.NewTraces()}
			byID[id] = t
			traces = append(traces, t)
		}
		return t
	}
	for _, td := range answer {
		if id, ok := onlyID(td); ok && !id.IsEmpty() {
			td.ResourceSpans().MoveAndAppendTo(at(id).Data.ResourceSpans())
			continue
		}
		bad += scatter(td, at)
	}
	ids := map[pcommon.SpanID]struct{}{}
	for _, t := range traces {
		clear(ids)
		t.inspect(ids)
	}
	slices.SortFunc(traces, func(a, b *Trace) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), bytes.Compare(a.ID[:], b.ID[:]))
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
func scatter(td ptrace.Traces, at func(pcommon.TraceID) *Trace) (bad int) {
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
					to = branch(at(id).Data, rs, ss)
					target[id] = to
				}
				s.MoveTo(to.AppendEmpty())
			}
		}
	}
	return bad
}

// inspect finds owner and start. ids is scratch space, empty.
func (t *Trace) inspect(ids map[pcommon.SpanID]struct{}) {
	first, root := int64(math.MaxInt64), int64(math.MaxInt64)
	var rootID pcommon.SpanID
	smallest, rootService := "", ""
	for _, rs := range t.Data.ResourceSpans().All() {
		service := ServiceOf(rs)
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				t.Spans++
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
	t.Start, t.Owner = root, rootService
	if root == math.MaxInt64 {
		t.Start, t.Owner, t.Open = first, smallest, true
		return
	}
	t.Open = t.orphaned(ids)
}

// orphaned reports whether a parent is missing.
func (t *Trace) orphaned(ids map[pcommon.SpanID]struct{}) bool {
	for _, rs := range t.Data.ResourceSpans().All() {
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

// ServiceOf is the service.name of a resource, "" if it has none.
func ServiceOf(rs ptrace.ResourceSpans) string {
	v, ok := rs.Resource().Attributes().Get("service.name")
	if !ok {
		return ""
	}
	return v.AsString()
}
