package rootcause

import (
	"maps"
	"slices"
	"strings"

	"culprit/detector"
	"culprit/model"
)

const (
	// fewestUnreached is how many services a caller must fail to reach before that is its own
	// trouble: one is silent, two at once are two faults, or one at who asks both.
	fewestUnreached = 2
	// mostUnreached is the share of the services it asks that it must fail to reach.
	mostUnreached = 0.6
)

// unreached blames a caller that does not reach most of those whom it asks, where nobody else
// fails to reach them: it does not find their addresses, or its way out is shut. Each of its
// calls speaks against its callee alone; together they say that it is one fault, which is
// where all of them begin. Databases are not asked here, as they send no spans that could show
// that they still answer somebody.
func (s *Scene) unreached(all []blame) []blame {
	if s.without(unreachedRule) {
		return nil
	}
	var sends map[model.Sym]float64
	by := map[model.Sym]map[model.Sym][]int{} // callee, caller: blames of the callee
	for i, b := range all {
		if b.kind != model.KindSilence && b.kind != model.KindError || b.evidence.Key.Family == detector.Traffic {
			continue
		}
		callers := s.heardBy(b)
		if len(callers) == 0 {
			continue
		}
		if sends == nil {
			sends = s.Baseline.Rates()
		}
		if sends[b.site.Service] == 0 {
			continue
		}
		for _, caller := range callers {
			if by[b.site.Service] == nil {
				by[b.site.Service] = map[model.Sym][]int{}
			}
			by[b.site.Service][caller] = append(by[b.site.Service][caller], i)
		}
	}
	lost := map[model.Sym][]model.Sym{} // caller: those whom only it does not reach
	for _, callee := range slices.SortedFunc(maps.Keys(by), s.byName) {
		for caller := range by[callee] {
			if len(by[callee]) == 1 {
				lost[caller] = append(lost[caller], callee)
			}
		}
	}
	s.shutOff = map[model.Sym]int{}
	var out []blame
	for _, caller := range slices.SortedFunc(maps.Keys(lost), s.byName) {
		asked := 0
		for callee := range s.usual().callees[caller] {
			if sends[callee] > 0 {
				asked++
			}
		}
		if n := len(lost[caller]); n < fewestUnreached || float64(n) < mostUnreached*float64(asked) {
			continue
		}
		best := -1
		for _, callee := range lost[caller] {
			for _, i := range by[callee][caller] {
				if best < 0 || all[i].weight > all[best].weight {
					best = i
				}
			}
		}
		out = append(out, blame{detector.Site{Service: caller}, model.KindError, neighboursAgree * all[best].weight, all[best].evidence})
		s.shutOff[caller] = len(lost[caller])
		for _, callee := range lost[caller] {
			for _, i := range by[callee][caller] {
				all[i].weight *= follows
			}
		}
	}
	return out
}

// byName orders services.
func (s *Scene) byName(a, b model.Sym) int { return strings.Compare(s.Table.Name(a), s.Table.Name(b)) }

// heardBy lists the services in whose spans it shows that a callee does not answer: those that
// lost its answers, or recorded the calls that failed.
func (s *Scene) heardBy(b blame) []model.Sym {
	at := b.evidence.Key.Site
	if b.evidence.Shift.Z < notable && b.evidence.Shift.Z > -notable {
		return nil
	}
	if at.Service != b.site.Service {
		return []model.Sym{at.Service}
	}
	if !s.index().opaque[at] {
		return nil // it says so itself
	}
	var out []model.Sym
	for _, c := range s.index().contexts[at] {
		if c.Opaque && c.Starts > 0 && !slices.Contains(out, c.parent.Service) {
			out = append(out, c.parent.Service)
		}
	}
	return out
}
