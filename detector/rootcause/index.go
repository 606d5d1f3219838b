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
	callers  map[model.Sym]map[model.Sym]bool
	edges    map[edgeKey][]*detector.Edge     // in no order
	answers  map[detector.Site][]model.Sym    // services that answer a client span, in no order
	failing  map[detector.Site]bool           // operations at which notably more errors start
	deaf     map[model.Sym]map[model.Sym]bool // services that some callers do not reach any more
}

func within(sets map[model.Sym]map[model.Sym]bool, of model.Sym) map[model.Sym]bool {
	if sets[of] == nil {
		sets[of] = map[model.Sym]bool{}
	}
	return sets[of]
}

// edgeKey is an edge over all emitters.
type edgeKey struct {
	site   detector.Site
	callee model.Sym
}

func edgeOf(k detector.Key) edgeKey { return edgeKey{k.Site, k.Callee} }

// located is a context and where it is.
type located struct {
	*detector.Context
	parent detector.Site
}

func (s *Scene) index() *index {
	if s.known != nil {
		return s.known
	}
	x := &index{contexts: map[detector.Site][]located{}, opaque: map[detector.Site]bool{}, clients: map[[2]model.Sym]bool{}, callers: map[model.Sym]map[model.Sym]bool{}, edges: map[edgeKey][]*detector.Edge{}, answers: map[detector.Site][]model.Sym{},
		failing: map[detector.Site]bool{}, deaf: map[model.Sym]map[model.Sym]bool{}}
	for i := range s.Evidence {
		switch e := &s.Evidence[i]; {
		case e.Key.Family == detector.Errors && e.Shift.Z > notable:
			x.failing[e.Key.Site] = true
		case e.Key.Family == detector.Calls && e.Shift.Z < -notable && e.Now <= dried*e.Before && e.Key.Child.Service != e.Key.Site.Service:
			within(x.deaf, e.Key.Child.Service)[e.Key.Site.Service] = true
		}
	}
	for k, c := range s.Now.Summary.Contexts {
		x.contexts[k.Site] = append(x.contexts[k.Site], located{c, k.Parent})
		if c.Opaque {
			x.opaque[k.Site] = true
		}
		for child := range c.Calls {
			if child.Service == k.Site.Service {
				continue
			}
			within(x.callers, child.Service)[k.Site.Service] = true
		}
	}
	names := detector.NamesOf(s.Table)
	for _, cs := range x.contexts {
		slices.SortFunc(cs, func(a, b located) int { return names.Compare(a.parent, b.parent) })
	}
	for k, e := range s.Now.Summary.Edges {
		x.clients[[2]model.Sym{k.Site.Service, k.Callee}] = true
		at := edgeKey{k.Site, k.Callee}
		if x.edges[at] == nil {
			x.answers[k.Site] = append(x.answers[k.Site], k.Callee)
		}
		x.edges[at] = append(x.edges[at], e)
	}
	s.known = x
	return x
}
