package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/model"
)

// network blames services for time between caller and callee. A network fault at v
// adds about the same delay to every edge at v, so
//
//	weight(v) = strongest edge at v x F1(support, consistency)
//	support     = share of all excess between services that v's edges explain
//	consistency = mean over v's edges of min(1, delay / largest delay at v)
//
// A slow server is not seen here: client minus server duration does not hold its time.
func (s *Scene) network() []blame {
	type edge struct {
		e      *detector.Evidence
		delay  float64 // ms per call
		excess float64 // ms per trace
		weight float64
	}
	at := map[model.Sym][]edge{}
	var services []model.Sym
	var all float64
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family != detector.EdgeGap {
			continue
		}
		x := edge{e: e, delay: max(0, e.PerCall), excess: max(0, e.PerTrace)}
		if e.Shift.Effect > 0 {
			x.weight = s.delay(e)
			all += x.excess
		}
		for _, v := range []model.Sym{e.Key.Site.Service, e.Key.Callee} {
			if at[v] == nil {
				services = append(services, v)
			}
			at[v] = append(at[v], x)
		}
	}
	var out []blame
	for _, v := range services {
		var largest, mine float64
		best := slices.MaxFunc(at[v], func(a, b edge) int { return cmpFloat(a.weight, b.weight) })
		for _, x := range at[v] {
			if x.weight > 0 {
				largest = max(largest, x.delay)
				mine += x.excess
			}
		}
		if largest == 0 || all == 0 {
			continue
		}
		var consistency float64
		for _, x := range at[v] {
			consistency += min(1, x.delay/largest)
		}
		consistency /= float64(len(at[v]))
		support := mine / all
		f1 := 2 * support * consistency / (support + consistency)
		out = append(out, blame{detector.Site{Service: v}, model.KindNetwork, best.weight * f1, best.e})
	}
	return out
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
