package rootcause

import (
	"math"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

const (
	// disowned is what a callee keeps of the blame for time that only one of its callers
	// loses on the way to it.
	disowned = 0.5
	// usuallyLate is the share of calls that are late by definition.
	usuallyLate = 0.05
	// beyond is how many standard deviations of its log time a call must be beyond the mean to
	// be late: a twentieth are, with the heavy tails that such times have.
	beyond = 2
	// fewestCalls is the fewest calls of a caller that would show whether it waits.
	fewestCalls = 12
)

// tails is the share of late calls, where it has changed.
func (s *Scene) tails() map[detector.Site]float64 {
	out := map[detector.Site]float64{}
	for i := range s.Evidence {
		if e := &s.Evidence[i]; e.Key.Family == detector.Tail {
			out[e.Key.Site] = e.Now
		}
	}
	return out
}

// lateCalls is the share of the calls of an edge that take longer on the way than usual,
// beyond the usual share.
func (s *Scene) lateCalls(k detector.Key) float64 {
	usual := s.Baseline.Mean(k)
	if usual.N == 0 {
		return 0
	}
	limit := int32((usual.Mean + beyond*math.Sqrt(max(usual.Var, 0))) * stats.LogOne)
	var all, late int64
	for _, e := range s.index().edges[edgeOf(k)] {
		all += e.Gap.N
		late += e.Sketch.CountAbove(limit)
	}
	return max(0, float64(late)/float64(max(all, 1))-usuallyLate)
}

// onlyCallerWaiting is the one caller that loses time on its way to v, while another one
// with so much traffic that it would show loses none: the pool of connections, or the proxy,
// is the caller's. A server that lets nobody in, or a slow network at v, would keep
// them all waiting, and a slow network v itself as well. 0 if there is no such caller.
func (s *Scene) onlyCallerWaiting(v model.Sym, edges []edge) model.Sym {
	var waits model.Sym
	var delay float64
	for _, x := range edges {
		switch {
		case x.weight == 0 || x.e.Shift.Z <= notable:
		case x.callee != v || waits != 0 && waits != x.caller:
			return 0
		default:
			waits, delay = x.caller, max(delay, x.delay)
		}
	}
	if waits == 0 {
		return 0
	}
	idle := map[model.Sym]bool{}
	for _, x := range edges {
		if x.caller == waits || x.callee != v {
			continue
		}
		if x.late > usuallyLate {
			return 0
		}
		idle[x.caller] = idle[x.caller] || x.e.Shift.N1 >= fewestCalls
	}
	for caller := range s.index().callers[v] {
		if caller != waits && (idle[caller] || s.wouldShow(caller, v, delay)) {
			return waits
		}
	}
	return 0
}

// wouldShow reports whether a caller without spans for its calls is sure not to wait: such
// waits would be its own time, and that is as usual.
func (s *Scene) wouldShow(caller, v model.Sym, delay float64) bool {
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family != detector.OwnTime || e.Key.Site.Service != caller || e.New || e.Shift.SE == 0 {
			continue
		}
		share := s.asksFor(e.Key.Site, v)
		if share == 0 {
			continue
		}
		expected := share * math.Log1p(delay/max(e.Before, shortest))
		if (expected-e.Shift.Effect)/e.Shift.SE > notable {
			return true
		}
	}
	return false
}

// shortest is the own time in ms that is as good as none.
const shortest = 0.05

// asksFor is the share of the spans of an operation that ask v.
func (s *Scene) asksFor(site detector.Site, v model.Sym) float64 {
	var all, asking int64
	for _, c := range s.index().contexts[site] {
		var most int64
		for child, call := range c.Calls {
			if child.Service == v {
				most = max(most, call.Parents)
			}
		}
		all += c.Whole
		asking += most
	}
	return float64(asking) / float64(max(all, 1))
}
