package graph

import (
	"cmp"
	"math"
	"strings"

	"culprit/model"
)

// better reports whether span x of the fragment is to be kept rather than its copy y:
// the longer one, since the shorter one may have been sent before its end. All further
// comparisons only make sure that the choice does not depend on the order.
func (a *Assembler) better(x, y int32) bool {
	s, o := &a.f.Spans[x], &a.f.Spans[y]
	c := cmp.Or(
		cmp.Compare(s.Duration, o.Duration),
		cmp.Compare(o.Start, s.Start),
		cmp.Compare(s.Status, o.Status),
		cmp.Compare(s.NAttrs, o.NAttrs),
		cmp.Compare(s.Flags, o.Flags),
		s.Parent.Compare(o.Parent),
		cmp.Compare(math.Float32bits(s.Weight), math.Float32bits(o.Weight)),
	)
	if c == 0 {
		c = cmp.Or(
			a.compareNames(s.Service, o.Service),
			a.compareNames(s.Operation, o.Operation),
			a.compareNames(s.Resource, o.Resource),
			a.compareNames(s.Peer, o.Peer),
		)
	}
	if c == 0 {
		c = a.compareAttrs(a.f.AttrsOf(s), a.f.AttrsOf(o))
	}
	return c > 0
}

func (a *Assembler) compareAttrs(x, y []model.Attr) int {
	for i := range min(len(x), len(y)) {
		if c := cmp.Or(a.compareNames(x[i].Key, y[i].Key), a.compareNames(x[i].Value, y[i].Value)); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

func (a *Assembler) compareNames(x, y model.Sym) int {
	if x == y {
		return 0
	}
	if a.cfg.Symbols == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a.cfg.Symbols.Name(x), a.cfg.Symbols.Name(y))
}
