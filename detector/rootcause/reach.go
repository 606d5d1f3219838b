package rootcause

import (
	"maps"
	"slices"

	"culprit/detector"
	"culprit/model"
)

// Callers lists the services that usually wait, directly or not, for some of these.
func (s *Scene) Callers(of map[model.Sym]bool) map[model.Sym]bool {
	return s.reach(of, func(k detector.Key) (from, to model.Sym) { return k.Child.Service, k.Site.Service })
}

// Callees lists the services that some of these usually wait for, directly or not.
func (s *Scene) Callees(of map[model.Sym]bool) map[model.Sym]bool {
	return s.reach(of, func(k detector.Key) (from, to model.Sym) { return k.Site.Service, k.Child.Service })
}

// reach follows calls one way, from some services on.
func (s *Scene) reach(of map[model.Sym]bool, way func(detector.Key) (from, to model.Sym)) map[model.Sym]bool {
	next := map[model.Sym][]model.Sym{}
	for _, k := range s.Baseline.Calls() {
		if from, to := way(k); from != to {
			next[from] = append(next[from], to)
		}
	}
	out := map[model.Sym]bool{}
	todo := slices.Collect(maps.Keys(of))
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, to := range next[v] {
			if !out[to] {
				out[to] = true
				todo = append(todo, to)
			}
		}
	}
	return out
}

// Adjacent reports whether one of two services usually calls the other.
func (s *Scene) Adjacent(a, b model.Sym) bool {
	return slices.ContainsFunc(s.Baseline.Calls(), func(k detector.Key) bool {
		from, to := k.Site.Service, k.Child.Service
		return from == a && to == b || from == b && to == a
	})
}

// Unseen reports whether an operation is known from its callers' spans only.
func (s *Scene) Unseen(site detector.Site) bool { return s.index().opaque[site] }
