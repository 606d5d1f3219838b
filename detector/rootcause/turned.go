package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/model"
)

// turnedBack reports whether a parent did not come as far as the call that it no longer makes,
// so that nobody can tell of the callee whether it would have answered: the parent
//
//   - makes fewer calls within its own service as well;
//   - stops after asking a service that is broken itself;
//   - returns early: it takes less time by itself, and leaves no span of a call that usually
//     has one on the caller's side, too.
func (s *Scene) turnedBack(ck detector.ContextKey, c *context, callee model.Sym) bool {
	for _, e := range c.calls {
		if e.Key.Child.Service == ck.Site.Service && fell(e) {
			return true
		}
	}
	if last := s.stoppedAfter(c).Service; last != 0 && last != callee && last != ck.Site.Service && s.broken[last] != nil {
		return true
	}
	return s.quicker[ck.Site] && s.leavesSpans(ck.Site.Service, callee)
}

// leavesSpans reports whether a caller usually has spans of its own for its calls to a service.
func (s *Scene) leavesSpans(caller, callee model.Sym) bool {
	return slices.ContainsFunc(s.Baseline.Calls(), func(k detector.Key) bool {
		way := detector.Key{Family: detector.EdgeGap, Site: k.Site, Callee: callee}
		return k.Site.Service == caller && k.Child.Service == callee && s.Baseline.Mean(way).N > 0
	})
}
