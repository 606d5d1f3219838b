package zipkin

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// binaryAnnotation is what version 1 has in place of tags and of a remote endpoint.
type binaryAnnotation struct {
	key, value string
	flag       bool // its value is true, which marks an address
	host       endpoint
}

// side is a role in a call as version 1 tells it: by the names of annotations and of
// the address of the other side.
type side struct {
	kind                ptrace.SpanKind
	begin, end, address string
}

var sides = []side{
	{ptrace.SpanKindClient, "cs", "cr", "sa"},
	{ptrace.SpanKindServer, "sr", "ss", "ca"},
	{ptrace.SpanKindProducer, "ms", "ws", "ma"},
	{ptrace.SpanKindConsumer, "wr", "mr", "ma"},
}

// halves takes a record of version 1 apart: one span for each role in it, or one
// without a role. Times that the record states are those of its only half, and of the
// caller's where there are two.
func (r *record) halves() []*record {
	var out []*record
	for _, side := range sides {
		begin, end := r.annotated(side.begin), r.annotated(side.end)
		if begin == nil && end == nil {
			continue
		}
		h := &record{out: ptrace.NewSpan(), trace: r.trace, id: r.id, parent: r.parent}
		h.out.SetName(r.out.Name())
		h.out.SetKind(side.kind)
		if len(out) == 0 {
			h.start, h.duration = r.start, r.duration
		}
		if begin != nil {
			h.local = begin.host
			h.start = cmp.Or(h.start, begin.at)
			if end != nil {
				h.duration = cmp.Or(h.duration, end.at-begin.at)
			}
		} else {
			h.local = end.host
			h.start = cmp.Or(h.start, end.at)
		}
		h.remote = r.address(side.address)
		out = append(out, h)
	}
	if len(out) == 0 {
		h := *r
		h.out.SetKind(ptrace.SpanKindInternal)
		for _, side := range sides[:2] {
			if far := r.address(side.address); far != (endpoint{}) {
				h.out.SetKind(side.kind)
				h.remote = far
				break
			}
		}
		if len(r.annotations) > 0 {
			h.local = r.annotations[0].host
		}
		out = append(out, &h)
	}
	r.share(out)
	return out
}

// share gives what the record says beside its roles to the half that said it.
func (r *record) share(halves []*record) {
	first := halves[0]
	for _, h := range halves {
		h.annotations = nil
	}
	of := func(host endpoint) *record {
		for _, h := range halves {
			if host.service != "" && h.local.service == host.service {
				return h
			}
		}
		return first
	}
	for _, b := range r.binaries {
		if b.isAddress() {
			continue
		}
		h := of(b.host)
		if h.local == (endpoint{}) {
			h.local = b.host
		}
		switch {
		case b.key != "lc":
			putTag(h.out, b.key, b.value)
		case b.value != "":
			putTag(h.out, "component", b.value)
		}
	}
	for _, a := range r.annotations {
		if !core(a.value) {
			h := of(a.host)
			h.annotations = append(h.annotations, a)
		}
		if first.start <= 0 {
			first.start = a.at
		}
	}
}

// core reports whether an annotation tells of a role.
func core(value string) bool {
	for _, s := range sides {
		if value == s.begin || value == s.end {
			return true
		}
	}
	return false
}

func (r *record) annotated(value string) *annotation {
	for i := range r.annotations {
		if r.annotations[i].value == value {
			return &r.annotations[i]
		}
	}
	return nil
}

// address is where the other side is, as far as it was said.
func (r *record) address(key string) endpoint {
	for _, b := range r.binaries {
		if b.key == key && b.isAddress() {
			return b.host
		}
	}
	return endpoint{}
}

func (b binaryAnnotation) isAddress() bool {
	return b.flag && (b.key == "sa" || b.key == "ca" || b.key == "ma")
}

func (r *record) readBinary(c *jsonrec.Cursor) {
	var b binaryAnnotation
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "key":
			b.key = string(c.Text())
		case "value":
			b.value = string(c.Scalar())
			b.flag = b.value == "true" // some write the flag as a text
		case "endpoint":
			b.host = readEndpoint(c)
		default:
			c.Skip()
		}
	}
	r.v1 = true
	r.binaries = append(r.binaries, b)
}
