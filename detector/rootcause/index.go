package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/model"
)

// index finds the contexts of a site and the pairs of services with client spans
// between them; it is made once for a scene.
type index struct {
	contexts map[detector.Site][]located // by the name of the parent
	opaque   map[detector.Site]bool      // operations known from their callers only
	clients  map[[2]model.Sym]bool       // caller and callee
}

// located is a context and where it is.
type located struct {
	*detector.Context
	parent detector.Site
}

func (s *Scene) index() *index {
	if s.known != nil {
		return s.known
	}
	x := &index{contexts: map[detector.Site][]located{}, opaque: map[detector.Site]bool{}, clients: map[[2]model.Sym]bool{}}
	for k, c := range s.Now.Summary.Contexts {
		x.contexts[k.Site] = append(x.contexts[k.Site], located{c, k.Parent})
		if c.Opaque {
			x.opaque[k.Site] = true
		}
	}
	names := detector.NamesOf(s.Table)
	for _, cs := range x.contexts {
		slices.SortFunc(cs, func(a, b located) int { return names.Compare(a.parent, b.parent) })
	}
	for k := range s.Now.Summary.Edges {
		x.clients[[2]model.Sym{k.Site.Service, k.Callee}] = true
	}
	s.known = x
	return x
}
