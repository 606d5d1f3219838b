package spans

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/osprofiler"
	"culprit/model"
)

// Config bounds and steers a [Converter].
type Config struct {
	// MaxAttrs is the most attributes that a span keeps as dimensions, at most 255.
	// Of more it keeps the customers' own and the essential ones of the conventions
	// first, then by name.
	MaxAttrs int
	// MaxValueBytes is the longest attribute value that can be a dimension.
	MaxValueBytes int
	// MaxRefs is the most links and further parents that a span keeps, the first ones.
	MaxRefs int
	// Keep and Drop are attribute keys that are always and never dimensions,
	// whatever the table says; Drop wins.
	Keep, Drop []string
}

// DefaultConfig keeps 16 dimensions of up to 64 bytes and 64 references.
func DefaultConfig() Config { return Config{MaxAttrs: 16, MaxValueBytes: 64, MaxRefs: 64} }

// Bounds of the private caches: what they lose is looked up again.
const (
	maxCachedKeys      = 4096
	maxCachedResources = 4096
	maxCachedNames     = 4096
	maxCachedValues    = 1024
	maxNameBytes       = 256 // of services, instances, versions and hosts
	maxKeyBytes        = 128
)

// Converter turns OTLP into model spans. It belongs to one goroutine; several may
// share the Symbols. Its caches are bounded, and what it gives does not depend on
// what it saw before.
type Converter struct {
	symbols *model.Symbols
	cfg     Config
	forced  map[string]bool // Config.Keep and Drop: key to whether it is a dimension

	keys      map[string]*key
	resources map[identity]*emitter
	services  map[model.Sym]*service
	opBytes   int // held by the operations of all services
	peers     map[string]model.Sym

	warnings warnings
	folds    folds

	// Scratch of one Convert.
	common []dim // dimensions of the resource at hand
	dims   []dim // and of the span at hand
	facts  facts
	spans  []located
	attrs  []model.Attr
	ids    []model.TraceID // by first appearance
	counts []int32         // spans of each
	traces map[pcommon.TraceID]int32
	refs   map[int32][]model.Ref
	order  []int32
}

// located is a converted span of the trace with this number. Its attributes are in
// Converter.attrs.
type located struct {
	model.Span
	trace int32
}

// New returns a converter that numbers names in symbols.
func New(symbols *model.Symbols, cfg Config) *Converter {
	c := &Converter{
		symbols:   symbols,
		cfg:       cfg,
		forced:    map[string]bool{},
		keys:      map[string]*key{},
		resources: map[identity]*emitter{},
		services:  map[model.Sym]*service{},
		peers:     map[string]model.Sym{},
		traces:    map[pcommon.TraceID]int32{},
		refs:      map[int32][]model.Ref{},
	}
	c.cfg.MaxAttrs = min(max(c.cfg.MaxAttrs, 0), 255)
	for _, k := range cfg.Keep {
		c.forced[k] = true
	}
	for _, k := range cfg.Drop {
		c.forced[k] = false
	}
	return c
}

// Convert emits the spans of td as one fragment per trace, in the order in which
// the traces first appear. The fragments are the receiver's; td is not kept and not
// changed.
//
// Spans are read in the order in which they lie, and only then put together by
// trace: reading them by trace costs twice the time, all of it waiting for memory.
func (c *Converter) Convert(td ptrace.Traces, emit func(*model.Fragment)) {
	c.trim()
	c.spans, c.attrs, c.ids, c.counts = c.spans[:0], c.attrs[:0], c.ids[:0], c.counts[:0]
	clear(c.traces)
	clear(c.refs)
	all := td.ResourceSpans()
	for i := range all.Len() {
		rs := all.At(i)
		from := c.emitter(rs.Resource().Attributes())
		scopes := rs.ScopeSpans()
		for j := range scopes.Len() {
			list := scopes.At(j).Spans()
			cut := scopes.At(j).Scope().Name() == osprofiler.Scope
			for k := range list.Len() {
				in := list.At(k)
				name := in.Name()
				if cut {
					name = osprofiler.FullName(in)
				}
				c.span(from, in, name)
			}
		}
	}
	clear(c.common[:cap(c.common)]) // lets go of td
	clear(c.dims[:cap(c.dims)])
	c.facts.forget()
	c.group()
	at := 0
	for trace, n := range c.counts {
		emit(c.fragment(int32(trace), c.order[at:at+int(n)]))
		at += int(n)
	}
}

// Warnings returns what was wrong with the spans since the last call.
func (c *Converter) Warnings() []model.Warning { return c.warnings.drain(c.symbols) }

// Folded returns the operations whose names as recorded hold generated parts, by service
// and operation: at most a thousand, the first ones.
func (c *Converter) Folded() []model.Folded { return c.folds.list(c.symbols) }

// trim empties caches that hostile input has filled.
func (c *Converter) trim() {
	if len(c.keys) > maxCachedKeys || len(c.services) > maxCachedResources {
		clear(c.keys) // services point to them, and resources to services
		clear(c.services)
		clear(c.resources)
		c.opBytes = 0
	}
	if len(c.resources) > maxCachedResources {
		clear(c.resources)
	}
	if len(c.peers) > maxCachedNames {
		clear(c.peers)
	}
}

// trace numbers a trace by its first appearance and counts a span of it.
func (c *Converter) trace(id pcommon.TraceID) int32 {
	trace := int32(len(c.ids)) - 1
	if trace < 0 || c.ids[trace] != model.TraceID(id) {
		var ok bool
		if trace, ok = c.traces[id]; !ok {
			trace = int32(len(c.ids))
			c.traces[id] = trace
			c.ids = append(c.ids, model.TraceID(id))
			c.counts = append(c.counts, 0)
		}
	}
	c.counts[trace]++
	return trace
}

// group puts the indexes of the spans of each trace next to each other in c.order.
func (c *Converter) group() {
	c.order = slices.Grow(c.order[:0], len(c.spans))[:len(c.spans)]
	next := make([]int32, len(c.counts))
	for i := 1; i < len(next); i++ {
		next[i] = next[i-1] + c.counts[i-1]
	}
	for i := range c.spans {
		t := c.spans[i].trace
		c.order[next[t]] = int32(i)
		next[t]++
	}
}

// fragment copies the spans of one trace.
func (c *Converter) fragment(trace int32, members []int32) *model.Fragment {
	f := &model.Fragment{Trace: c.ids[trace], Spans: make([]model.Span, len(members)), Refs: c.refs[trace]}
	n := 0
	for _, i := range members {
		n += int(c.spans[i].NAttrs)
	}
	if n > 0 {
		f.Attrs = make([]model.Attr, 0, n)
	}
	for at, i := range members {
		s := c.spans[i].Span
		attrs := c.attrs[s.Attrs : int(s.Attrs)+int(s.NAttrs)]
		s.Attrs = uint32(len(f.Attrs))
		f.Attrs = append(f.Attrs, attrs...)
		f.Spans[at] = s
	}
	return f
}

// span converts one span into c.spans, and its attributes into c.attrs.
func (c *Converter) span(from *emitter, in ptrace.Span, recorded string) {
	svc := from.service
	id, sid := in.TraceID(), in.SpanID()
	if id.IsEmpty() || sid.IsEmpty() {
		c.warnings.add(noID, svc.sym)
		return
	}
	start, duration, ok := c.interval(in, svc.sym)
	if !ok {
		return
	}
	op := c.operation(svc, recorded)
	s := model.Span{
		ID:       model.SpanID(sid),
		Parent:   model.SpanID(in.ParentSpanID()),
		Start:    start,
		Duration: duration,
		Service:  svc.sym,
		Resource: from.sym,
		Kind:     kindOf(in),
		Attrs:    uint32(len(c.attrs)),
	}
	fs := &c.facts
	fs.reset()
	c.dims = append(c.dims[:0], c.common...)
	i := 0
	for name, value := range in.Attributes().All() {
		k := c.expect(op, i, name)
		i++
		if k.rule.fact != noFact {
			fs.read(k.rule.fact, value)
		}
		if k.isDimension(s.Kind) {
			c.dims = append(c.dims, dim{key: k, rank: k.rank, value: value})
		}
	}
	name := c.folded(svc, op, fs.form())
	s.Operation = name.sym
	for _, d := range c.choose() {
		if a := c.attr(d); a.Value != 0 {
			c.attrs = append(c.attrs, a)
		}
	}
	s.NAttrs = uint8(len(c.attrs) - int(s.Attrs))

	s.Status = fs.status(in)
	if s.Status == model.StatusError && fs.timedOut(in) {
		s.Flags |= model.Timeout
	}
	if s.Status == model.StatusError && fs.endless {
		s.Flags |= model.Unfinished
	}
	if name.streaming || fs.streams(s.Kind) {
		s.Flags |= model.Streaming
	}
	if callee := fs.peer(s.Kind); callee != "" {
		s.Peer = c.peer(callee)
	}
	s.Weight = fs.weight(in.TraceState().AsRaw())
	trace := c.trace(id)
	if in.Links().Len() > 0 && c.links(trace, &s, in.Links()) {
		s.Flags |= model.FollowsFrom
	}
	c.spans = append(c.spans, located{s, trace})
}
