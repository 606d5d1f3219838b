package spans

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

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
	peers     map[string]model.Sym

	warnings warnings

	// Scratch of one Convert.
	origins []origin
	common  []dim
	spans   []located
	order   []int32
	traces  map[pcommon.TraceID]int32
	counts  []int32
	dims    []dim
	attrs   []model.Attr
	facts   facts
}

// origin is a resource of the batch being converted.
type origin struct {
	*emitter
	from, to int // its dimensions are Converter.common[from:to]
}

// located is a span of the batch, with the indexes of its resource and its trace.
type located struct {
	span   ptrace.Span
	origin int32
	trace  int32
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
func (c *Converter) Convert(td ptrace.Traces, emit func(*model.Fragment)) {
	c.trim()
	c.locate(td)
	ids := c.group()
	at := 0
	for trace, id := range ids {
		n := int(c.counts[trace])
		if f := c.fragment(id, c.order[at:at+n]); len(f.Spans) > 0 {
			emit(f)
		}
		at += n
	}
	clear(c.spans) // lets go of td
	clear(c.common)
	clear(c.dims[:cap(c.dims)])
}

// Warnings returns what was wrong with the spans since the last call.
func (c *Converter) Warnings() []model.Warning { return c.warnings.drain(c.symbols) }

// trim empties caches that hostile input has filled.
func (c *Converter) trim() {
	if len(c.keys) > maxCachedKeys {
		clear(c.keys)
	}
	if len(c.resources) > maxCachedResources {
		clear(c.resources)
	}
	if len(c.services) > maxCachedResources {
		clear(c.resources) // they point to services
		clear(c.services)
	}
	if len(c.peers) > maxCachedNames {
		clear(c.peers)
	}
}

// locate lists the usable spans of td.
func (c *Converter) locate(td ptrace.Traces) {
	c.origins, c.common, c.spans = c.origins[:0], c.common[:0], c.spans[:0]
	all := td.ResourceSpans()
	for i := range all.Len() {
		rs := all.At(i)
		c.origins = append(c.origins, c.resource(rs.Resource().Attributes()))
		scopes := rs.ScopeSpans()
		for j := range scopes.Len() {
			list := scopes.At(j).Spans()
			for k := range list.Len() {
				c.spans = append(c.spans, located{span: list.At(k), origin: int32(i)})
			}
		}
	}
}

// group numbers the traces by first appearance and puts the indexes of their spans
// next to each other in c.order.
func (c *Converter) group() []model.TraceID {
	clear(c.traces)
	c.counts = c.counts[:0]
	var ids []model.TraceID
	var last pcommon.TraceID
	lastTrace := int32(-1)
	for i := range c.spans {
		s := &c.spans[i]
		id := s.span.TraceID()
		if id != last || lastTrace < 0 {
			trace, ok := c.traces[id]
			if !ok {
				trace = int32(len(ids))
				c.traces[id] = trace
				ids = append(ids, model.TraceID(id))
				c.counts = append(c.counts, 0)
			}
			last, lastTrace = id, trace
		}
		s.trace = lastTrace
		c.counts[lastTrace]++
	}
	c.order = append(c.order[:0], make([]int32, len(c.spans))...)
	next := make([]int32, len(ids))
	for i := 1; i < len(ids); i++ {
		next[i] = next[i-1] + c.counts[i-1]
	}
	for i := range c.spans {
		t := c.spans[i].trace
		c.order[next[t]] = int32(i)
		next[t]++
	}
	return ids
}

// fragment converts the spans of one trace.
func (c *Converter) fragment(id model.TraceID, members []int32) *model.Fragment {
	f := &model.Fragment{Trace: id, Spans: make([]model.Span, 0, len(members))}
	c.attrs = c.attrs[:0]
	for _, i := range members {
		l := &c.spans[i]
		o := &c.origins[l.origin]
		if id.IsZero() || l.span.SpanID().IsEmpty() {
			c.warnings.add(noID, o.service.sym)
			continue
		}
		c.span(f, o, l.span)
	}
	if len(c.attrs) > 0 {
		f.Attrs = append(make([]model.Attr, 0, len(c.attrs)), c.attrs...)
	}
	return f
}

// span appends one span to f and its attributes to c.attrs.
func (c *Converter) span(f *model.Fragment, o *origin, in ptrace.Span) {
	start, duration, ok := c.interval(in, o.service.sym)
	if !ok {
		return
	}
	op := c.operation(o.service, in.Name())
	s := model.Span{
		ID:        model.SpanID(in.SpanID()),
		Parent:    model.SpanID(in.ParentSpanID()),
		Start:     start,
		Duration:  duration,
		Service:   o.service.sym,
		Resource:  o.sym,
		Operation: op.sym,
		Kind:      kindOf(in),
		Attrs:     uint32(len(c.attrs)),
	}
	fs := &c.facts
	fs.reset()
	c.dims = append(c.dims[:0], c.common[o.from:o.to]...)
	for name, value := range in.Attributes().All() {
		k := c.key(name)
		if k.rule.fact != noFact {
			fs.read(k.rule.fact, value)
		}
		if k.isDimension(s.Kind) {
			c.dims = append(c.dims, dim{key: k, rank: k.rank, value: value})
		}
	}
	for _, a := range c.choose() {
		if a := c.attr(a); a.Value != 0 {
			c.attrs = append(c.attrs, a)
		}
	}
	s.NAttrs = uint8(len(c.attrs) - int(s.Attrs))

	s.Status = fs.status(in)
	if s.Status == model.StatusError && fs.timedOut(in) {
		s.Flags |= model.Timeout
	}
	if op.streaming || fs.streams(s.Kind) {
		s.Flags |= model.Streaming
	}
	if name := fs.peer(s.Kind); name != "" {
		s.Peer = c.peer(name)
	}
	s.Weight = fs.weight(in.TraceState().AsRaw())
	if in.Links().Len() > 0 && c.links(f, &s, in.Links()) {
		s.Flags |= model.FollowsFrom
	}
	f.Spans = append(f.Spans, s)
}
