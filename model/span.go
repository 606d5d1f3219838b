package model

// Kind is a span's role as its tracer recorded it.
type Kind uint8

// The kinds of OpenTelemetry.
const (
	KindUnspecified Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

// Status is a span's outcome as recorded.
type Status uint8

// The outcomes of OpenTelemetry.
const (
	StatusUnset Status = iota
	StatusOK
	StatusError
)

// SpanFlags are facts about one span.
type SpanFlags uint8

const (
	// FollowsFrom marks a parent that does not wait for this span.
	FollowsFrom SpanFlags = 1 << iota
	// Timeout marks an error that the instrumentation called a timeout or a
	// cancellation (status message, error.type, gRPC code 1 or 4, HTTP 408 or 504).
	Timeout
	// Streaming marks a span that is slow by design: websockets, server-sent
	// events, long polls that say so, gRPC streams, message-receive polls.
	Streaming
	// Unfinished marks an error that is nothing but silence: the span began, and its end
	// was never seen. Its duration is how long its trace was heard of since.
	Unfinished
)

// Span is one timed operation, made for the machine: 64 bytes and no pointers.
// Names are [Sym] numbers of the process's [Symbols]; the trace ID stands once in
// the [Fragment].
type Span struct {
	ID       SpanID
	Parent   SpanID // zero for a root
	Start    int64  // nanoseconds since 1970
	Duration int64  // nanoseconds, never negative

	Service   Sym
	Resource  Sym // who emitted it: see [Symbols.Resource]
	Operation Sym // span name with generated parts folded to {}
	Peer      Sym // service name of a callee as the caller knows it, 0 if it does not say

	Attrs  uint32  // index of the first attribute in Fragment.Attrs
	Weight float32 // traces this one stands for (1/sampling probability); 0 means 1
	NAttrs uint8
	Kind   Kind
	Status Status
	Flags  SpanFlags
}

// End is Start + Duration.
func (s *Span) End() int64 { return s.Start + s.Duration }

// Attr is one attribute that may be a dimension of a fault.
type Attr struct{ Key, Value Sym }

// RefKind says how a span refers to another one beside its parent.
type RefKind uint8

// The kinds of further references.
const (
	RefChildOf RefKind = iota + 1
	RefFollowsFrom
	RefLink
)

// Ref is a further reference of a span: a second parent, a follows-from or a link.
type Ref struct {
	From  SpanID  // the span that refers
	Trace TraceID // where it refers to
	To    SpanID
	Kind  RefKind
}

// Fragment is what came together of one trace: maybe all of it, maybe one span.
// The receiver owns the slices.
type Fragment struct {
	Trace TraceID
	Spans []Span
	Attrs []Attr // Span.Attrs and Span.NAttrs point in here
	Refs  []Ref
}

// AttrsOf returns the attributes of s, sorted by key name.
func (f *Fragment) AttrsOf(s *Span) []Attr {
	return f.Attrs[s.Attrs : int(s.Attrs)+int(s.NAttrs)]
}

// Append adds the spans, attributes and references of g, a later piece of the same trace.
func (f *Fragment) Append(g *Fragment) {
	off := uint32(len(f.Attrs))
	at := len(f.Spans)
	f.Spans = append(f.Spans, g.Spans...)
	f.Attrs = append(f.Attrs, g.Attrs...)
	f.Refs = append(f.Refs, g.Refs...)
	for i := at; i < len(f.Spans); i++ {
		f.Spans[i].Attrs += off
	}
}
