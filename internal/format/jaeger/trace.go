package jaeger

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// decoder turns traces into OTLP. Strings that come again are shared.
type decoder struct {
	warn     func(line int, err error)
	interned map[string]string

	// The trace at hand.
	line      int
	td        ptrace.Traces
	id        pcommon.TraceID
	procs     []process
	described map[string]bool

	span spanState
}

// process is a resource, by the key that spans call it.
type process struct {
	key   string
	rs    ptrace.ResourceSpans
	spans ptrace.SpanSlice
}

func newDecoder(warn func(int, error)) *decoder {
	return &decoder{
		warn:      warn,
		interned:  map[string]string{},
		described: map[string]bool{},
		span:      spanState{out: ptrace.NewSpan()},
	}
}

// trace reads one element of "data". Spans that make no sense are warned about; the
// error is for traces that are no JSON.
func (d *decoder) trace(raw []byte, line int) (ptrace.Traces, error) {
	d.line, d.td, d.id, d.procs = line, ptrace.NewTraces(), pcommon.TraceID{}, d.procs[:0]
	clear(d.described)
	c := jsonrec.NewCursor(raw)
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "traceID":
			d.id, _ = parseTraceID(c.Text()) // spans say it again, and are checked
		case "spans":
			for ok := c.Array(); ok; ok = c.Next() {
				d.readSpan(&c)
			}
		case "processes":
			for ok := c.Object(); ok; ok = c.Next() {
				p := d.process(c.Key())
				d.described[p.key] = true
				d.describe(&c, p.rs.Resource().Attributes())
			}
		default:
			c.Skip()
		}
	}
	if err := c.Err(); err != nil {
		return d.td, err
	}
	for _, p := range d.procs {
		if !d.described[p.key] {
			d.warn(line, fmt.Errorf("jaeger trace %s: process %q is not described", d.id, p.key))
		}
	}
	return d.td, nil
}

// process finds the resource that is called key.
func (d *decoder) process(key []byte) process {
	for _, p := range d.procs {
		if p.key == string(key) {
			return p
		}
	}
	rs := d.td.ResourceSpans().AppendEmpty()
	p := process{key: d.intern(key), rs: rs, spans: rs.ScopeSpans().AppendEmpty().Spans()}
	d.procs = append(d.procs, p)
	return p
}

// describe reads a process into resource attributes.
func (d *decoder) describe(c *jsonrec.Cursor, attrs pcommon.Map) {
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "serviceName":
			attrs.PutStr("service.name", d.intern(c.Text()))
		case "tags":
			for ok := c.Array(); ok; ok = c.Next() {
				if t := readTag(c); len(t.key) > 0 {
					d.put(attrs, t)
				}
			}
		default:
			c.Skip()
		}
	}
}

// maxInterned bounds the strings that a decoder keeps, maxInternedBytes their length.
const (
	maxInterned      = 8192
	maxInternedBytes = 64
)

// intern returns b as a string, the same one for the same bytes.
func (d *decoder) intern(b []byte) string {
	if s, ok := d.interned[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(s) > maxInternedBytes {
		return s
	}
	if len(d.interned) >= maxInterned {
		clear(d.interned)
	}
	d.interned[s] = s
	return s
}
