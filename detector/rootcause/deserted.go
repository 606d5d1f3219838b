package rootcause

import (
	"maps"
	"slices"

	"culprit/detector"
	"culprit/model"
)

// fewestAskers is how many operations must have stopped asking a service that is gone for it to
// be the reason: one may have failed before it asked.
const fewestAskers = 2

// deserted blames a service that sends no span any more where all operations that used to ask
// it, several of them, ask it no longer, while their services answer others of their requests
// as ever: an operation that fails for itself does not take the others with it that happen to
// ask the same service, and a service that fails as a whole has no healthy operations left.
// What fails, and what is no longer called, at those operations follows.
func (s *Scene) deserted(contexts map[detector.ContextKey]*context, gone map[model.Sym]bool) []blame {
	lost := map[model.Sym]map[detector.ContextKey][]*detector.Evidence{}
	for ck, c := range contexts {
		for _, e := range c.calls {
			if v := e.Key.Child.Service; fell(e) && gone[v] && v != ck.Site.Service {
				if lost[v] == nil {
					lost[v] = map[detector.ContextKey][]*detector.Evidence{}
				}
				lost[v][ck] = append(lost[v][ck], e)
			}
		}
	}
	names := detector.NamesOf(s.Table)
	var out []blame
	for _, v := range slices.SortedFunc(maps.Keys(lost), s.byName) {
		askers := map[detector.Site]bool{}
		for ck := range lost[v] {
			askers[ck.Site] = true
		}
		if len(askers) < fewestAskers || !s.wellOtherwise(askers) {
			continue
		}
		order := slices.SortedFunc(maps.Keys(lost[v]), func(a, b detector.ContextKey) int {
			if c := names.Compare(a.Site, b.Site); c != 0 {
				return c
			}
			return names.Compare(a.Parent, b.Parent)
		})
		for _, ck := range order {
			s.silent[ck.Site] = lost[v][ck][0].Key.Child
			for _, e := range lost[v][ck] {
				out = append(out, s.silentBlame(e))
			}
			for _, e := range slices.Concat(contexts[ck].calls, contexts[ck].many) {
				if fell(e) {
					s.explains[e] = true
				}
			}
		}
	}
	return out
}

// wellOtherwise reports whether each service of some operations has another one that is asked by
// others and is well: no errors, no lost calls.
func (s *Scene) wellOtherwise(askers map[detector.Site]bool) bool {
	cut := map[detector.Site]bool{}
	for i := range s.Evidence {
		if e := &s.Evidence[i]; (e.Key.Family == detector.Calls || e.Key.Family == detector.Repeats) && fell(e) {
			cut[e.Key.Site] = true
		}
	}
	well := map[model.Sym]bool{}
	for site, contexts := range s.index().contexts {
		if askers[site] || cut[site] || s.index().failing[site] || s.index().opaque[site] {
			continue
		}
		var spans int64
		for _, c := range contexts {
			if c.parent.Service != site.Service && !c.Client {
				spans += c.Spans
			}
		}
		if spans >= fewestCalls {
			well[site.Service] = true
		}
	}
	for site := range askers {
		if !well[site.Service] {
			return false
		}
	}
	return true
}
