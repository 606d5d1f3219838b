package rootcause

import (
	"maps"
	"slices"

	"culprit/model"
)

// usual is who usually calls whom, made once for a scene and only where it is asked for.
type usual struct {
	callers, callees map[model.Sym]map[model.Sym]bool
}

func (s *Scene) usual() *usual {
	if s.calls == nil {
		s.calls = &usual{callers: map[model.Sym]map[model.Sym]bool{}, callees: map[model.Sym]map[model.Sym]bool{}}
		for _, k := range s.Baseline.Calls() {
			if caller, callee := k.Site.Service, k.Child.Service; caller != callee {
				within(s.calls.callers, callee)[caller] = true
				within(s.calls.callees, caller)[callee] = true
			}
		}
	}
	return s.calls
}

// Callers lists the services that usually wait, directly or not, for some of these.
func (s *Scene) Callers(of map[model.Sym]bool) map[model.Sym]bool {
	return reach(of, s.usual().callers)
}

// callees lists the services that some of these usually wait for, directly or not.
func (s *Scene) callees(of map[model.Sym]bool) map[model.Sym]bool {
	return reach(of, s.usual().callees)
}

// reach follows calls one way, from some services on.
func reach(of map[model.Sym]bool, next map[model.Sym]map[model.Sym]bool) map[model.Sym]bool {
	out := map[model.Sym]bool{}
	todo := slices.Collect(maps.Keys(of))
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for to := range next[v] {
			if !out[to] {
				out[to] = true
				todo = append(todo, to)
			}
		}
	}
	return out
}

// adjacent reports whether one of two services usually calls the other.
func (s *Scene) adjacent(a, b model.Sym) bool {
	return s.usual().callers[a][b] || s.usual().callers[b][a]
}
