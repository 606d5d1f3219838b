package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/graph"
	"culprit/model"
)

const (
	// agreed is the share of cut-short parents that must have asked the same callee
	// last before it is suspected in their place.
	agreed = 0.8
	// moved and movedSure are what such a callee inherits of the weight: less than
	// the parent's own, more if it has evidence of its own.
	moved, movedSure = 0.9, 1.1
	// sure is the |z| that counts as evidence of its own.
	sure = 5
)

// givenUp suspects the callee that parents asked last before they gave up: calls
// that are lost after it point at its answer.
func (s *Scene) givenUp(all []blame) []blame {
	own := map[model.Sym]float64{}
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family != detector.EdgeGap && e.Key.Family != detector.Traffic {
			own[e.Key.Site.Service] = max(own[e.Key.Site.Service], abs(e.Shift.Z))
		}
	}
	var out []blame
	for _, b := range all {
		e := b.evidence
		if b.kind != model.KindStructure || e.Key.Family != detector.Calls || e.Shift.Effect > 0 || e.Shift.Z > -notable {
			continue
		}
		last, share := s.lastAsked(e.Key)
		if last == 0 || last == e.Key.Site.Service || share < agreed {
			continue
		}
		f := moved
		if own[last] > sure {
			f = movedSure
		}
		out = append(out, blame{detector.Site{Service: last}, model.KindStructure, b.weight * f, e})
	}
	return out
}

// lastAsked finds, among parents in a context that lack a call, the other service
// reached by the last call they did make, and the share of them that agree.
func (s *Scene) lastAsked(k detector.Key) (model.Sym, float64) {
	votes := map[model.Sym]int{}
	parents := 0
	s.each(s.Traces, func(t *graph.Trace) {
		for i := range t.Spans {
			if (detector.Site{Service: t.Spans[i].Service, Operation: t.Spans[i].Operation}) != k.Site {
				continue
			}
			if parentOf(t, i) != k.Parent {
				continue
			}
			lo, hi := t.Kids(i)
			has := slices.ContainsFunc(t.Spans[lo:hi], func(c model.Span) bool {
				return detector.Site{Service: c.Service, Operation: c.Operation} == k.Child
			})
			if has {
				continue
			}
			parents++
			if hi > lo {
				last := t.Spans[hi-1].Service
				if c := t.Nodes[hi-1].Callee; c != 0 {
					last = c
				}
				votes[last]++
			}
		}
	})
	best, most := model.Sym(0), 0
	for v, n := range votes {
		if n > most || n == most && s.Table.Name(v) < s.Table.Name(best) {
			best, most = v, n
		}
	}
	if parents == 0 {
		return 0, 0
	}
	return best, float64(most) / float64(parents)
}

func parentOf(t *graph.Trace, i int) detector.Site {
	p := t.Nodes[i].Parent
	if p < 0 {
		return detector.Site{}
	}
	return detector.Site{Service: t.Spans[p].Service, Operation: t.Spans[p].Operation}
}

func abs(x float64) float64 { return max(x, -x) }
