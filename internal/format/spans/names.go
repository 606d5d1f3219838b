package spans

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"culprit/internal/format/opname"
	"culprit/model"
)

// emitter is an identity with its numbers.
type emitter struct {
	sym     model.Sym
	service *service
}

// service holds the operations that were folded so far, by name as recorded.
type service struct {
	sym model.Sym
	ops map[string]*operation
}

// operation is a name as recorded. What it is folded to, and so its number, may depend on
// the form that other attributes of a span state.
type operation struct {
	name  string
	keys  []*key // of the attributes of an earlier span, in their order
	plain folded // without such a form
	by    []folded
}

// folded is a name in the form that was stated for it.
type folded struct {
	form
	sym       model.Sym // 0: not asked for yet
	streaming bool      // the name says that it is slow by design
}

// form is what tells which part of a name varies: a template, or a query's summary.
type form struct {
	text    string
	summary bool
}

// maxForms is how many forms of one name are remembered. A concrete name has one; a bare
// "GET" may have hundreds, but no template fits it.
const maxForms = 4

// emitter reads who emitted the spans below a resource, and its dimensions into
// c.common.
func (c *Converter) emitter(attrs pcommon.Map) *emitter {
	var who identityReader
	c.common = c.common[:0]
	for name, value := range attrs.All() {
		k := c.key(name)
		if k.slot.part != noPart {
			who.read(k.slot, opname.Clean(value.AsString(), maxNameBytes))
		}
		if k.resource {
			c.common = append(c.common, dim{key: k, rank: rankResource, value: value})
		}
	}
	id := who.identity()
	if e := c.resources[id]; e != nil {
		return e
	}
	svc := c.symbols.Service(id.service)
	s := c.services[svc]
	if s == nil {
		s = &service{sym: svc, ops: map[string]*operation{}}
		c.services[svc] = s
	}
	e := &emitter{sym: c.symbols.Resource(id.service, id.instance, id.version, id.host), service: s}
	c.resources[id.clone()] = e
	return e
}

// clone copies the strings, which may hold a whole message alive.
func (id identity) clone() identity {
	return identity{strings.Clone(id.service), strings.Clone(id.instance), strings.Clone(id.version), strings.Clone(id.host)}
}

const (
	// maxOpBytes bounds the span names that are remembered with their folded form, over
	// all services: folding a statement takes longer than reading its span.
	maxOpBytes = 16 << 20
	opOverhead = 256
)

// operation looks a span name up.
func (c *Converter) operation(s *service, name string) *operation {
	if op, ok := s.ops[name]; ok {
		return op
	}
	if c.opBytes += len(name) + opOverhead; c.opBytes > maxOpBytes {
		c.opBytes = 0
		for _, s := range c.services {
			clear(s.ops)
		}
	}
	name = strings.Clone(name)
	op := &operation{name: name}
	s.ops[name] = op
	return op
}

// folded numbers an operation in the form that a span states for its name.
func (c *Converter) folded(s *service, op *operation, as form) folded {
	if as.text == "" || !opname.MayHold(op.name, as.text) {
		if op.plain.sym == 0 {
			op.plain = c.fold(s, op.name, opname.Fold(op.name))
		}
		return op.plain
	}
	for i := range op.by {
		if op.by[i].form == as {
			return op.by[i]
		}
	}
	fold := opname.FoldBy
	if as.summary {
		fold = opname.FoldBySummary
	}
	f := c.fold(s, op.name, fold(op.name, as.text))
	if len(op.by) < maxForms {
		as.text = strings.Clone(as.text)
		f.form = as
		c.opBytes += len(as.text) + opOverhead
		op.by = append(op.by, f)
	}
	return f
}

// fold numbers what a name became.
func (c *Converter) fold(s *service, name, became string) folded {
	f := folded{sym: c.symbols.Operation(s.sym, became), streaming: namesStream(became)}
	if became != name {
		c.folds.add(s.sym, f.sym, name)
	}
	return f
}

// namesStream reports whether an operation calls itself slow by design.
func namesStream(name string) bool {
	name = strings.ToLower(name)
	for _, w := range []string{"websocket", "longpoll", "long-poll", "long_poll", "eventstream", "event-stream", "event_stream", "server-sent"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// peer numbers the name of a callee.
func (c *Converter) peer(name string) model.Sym {
	if y, ok := c.peers[name]; ok {
		return y
	}
	y := c.symbols.Service(opname.Clean(name, maxNameBytes))
	if len(name) <= maxNameBytes {
		c.peers[strings.Clone(name)] = y
	}
	return y
}
