package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/model"
)

// network blames services for time between caller and callee. A network fault at v
// adds about the same delay to every edge at v, or to every edge into v where only
// its answers are slow or calls queue before it, so
//
//	weight(v) = strongest edge at v x F1(support, consistency)
//	support     = share of all excess between services that v's edges explain
//	consistency = mean over v's edges of min(1, delay / largest delay at v)
//
// over all its edges or those into it, whichever fits better. A slow server is not seen
// here: client minus server duration does not hold its time.
func (s *Scene) network() []blame {
	all, into := map[model.Sym][]edge{}, map[model.Sym][]edge{}
	var services []model.Sym
	var excess float64
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family != detector.EdgeGap {
			continue
		}
		x := edge{e: e, delay: max(0, e.PerCall), excess: max(0, e.PerTrace)}
		if e.Shift.Effect > 0 {
			x.weight = s.delay(e)
			excess += x.excess
		}
		caller, callee := e.Key.Site.Service, e.Key.Callee
		for _, v := range []model.Sym{caller, callee} {
			if all[v] == nil {
				services = append(services, v)
			}
			all[v] = append(all[v], x)
		}
		into[callee] = append(into[callee], x)
	}
	var out []blame
	for _, v := range services {
		best := slices.MaxFunc(all[v], func(a, b edge) int { return cmpFloat(a.weight, b.weight) })
		fit := outward * agreement(all[v], excess)
		if in := agreement(into[v], excess); in > fit {
			fit = in
			best = slices.MaxFunc(into[v], func(a, b edge) int { return cmpFloat(a.weight, b.weight) })
		}
		if fit > 0 {
			out = append(out, blame{detector.Site{Service: v}, model.KindNetwork, best.weight * fit, best.e})
		}
	}
	return out
}

// outward is what agreement of all edges weighs against that of the edges into a
// service: where an edge stands alone, its callee is the likelier culprit.
const outward = 0.95

// edge is the time between a caller and a callee.
type edge struct {
	e      *detector.Evidence
	delay  float64 // ms per call
	excess float64 // ms per trace
	weight float64
}

// agreement is the F1 of support and consistency of some edges of a service.
func agreement(edges []edge, all float64) float64 {
	var largest, mine, sum float64
	for _, x := range edges {
		if x.weight > 0 {
			largest = max(largest, x.delay)
			mine += x.excess
		}
	}
	if largest == 0 || all == 0 {
		return 0
	}
	for _, x := range edges {
		sum += min(1, x.delay/largest)
	}
	consistency, support := sum/float64(len(edges)), mine/all
	return 2 * support * consistency / (support + consistency)
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
