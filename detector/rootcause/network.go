package rootcause

import (
	"slices"
	"strings"

	"culprit/detector"
	"culprit/model"
)

// network blames services for time between caller and callee. A network fault at v
// adds about the same delay to every edge at v, or to every edge into v where only
// its answers are slow or calls queue before it, so
//
//	weight(v) = strongest edge at v x F1(support, consistency)
//	support     = share of all excess between services that v's edges explain
//	consistency = mean over v's edges of min(1, delay / largest delay at v), or of the same
//	              with the share of late calls for the delay: what is lost on the way
//	              and sent again adds much to few calls, the same share on every edge
//
// over all its edges or those into it, whichever fits better. A slow server is not seen
// here: client minus server duration does not hold its time.
//
// Where only one side sends spans an edge shows as somebody's own time: as the
// callee's, if the callee sends none; as the caller's, if it has no client span, for each
// service that it asks. Such edges count once at least two neighbours of v agree, and what they agree on is then
// no longer the neighbours' own.
//
// What only one of several callers of v sees is not v's: see [Scene.onlyCallerWaiting].
func (s *Scene) network() []blame {
	var edges []edge
	var excess float64 // of all evidence that any edge rests on
	tails := s.tails()
	for i := range s.Evidence {
		e := &s.Evidence[i]
		x := edge{e: e, delay: max(0, e.PerCall), excess: max(0, e.PerTrace)}
		var callees []model.Sym
		switch e.Key.Family {
		case detector.EdgeGap:
			x.caller, callees = e.Key.Site.Service, []model.Sym{e.Key.Callee}
			x.late = s.lateCalls(e.Key)
		case detector.OwnTime:
			x.caller, callees = s.between(e)
			x.hidden = true
			x.late = max(0, tails[e.Key.Site]-usuallyLate)
		}
		if x.caller == 0 || len(callees) == 0 || x.hidden && s.without(oneSideRule) {
			continue
		}
		if s.without(lossRule) {
			x.late = 0
		}
		if e.Shift.Effect > 0 {
			x.weight = s.delay(e)
		}
		if x.weight > 0 {
			excess += x.excess
		}
		for _, x.callee = range callees {
			if x.callee != 0 {
				edges = append(edges, x)
			}
		}
	}
	all, into := map[model.Sym][]edge{}, map[model.Sym][]edge{}
	var services []model.Sym
	for _, x := range edges {
		for _, v := range []model.Sym{x.caller, x.callee} {
			if all[v] == nil {
				services = append(services, v)
			}
			all[v] = append(all[v], x)
		}
		into[x.callee] = append(into[x.callee], x)
	}
	s.shared = map[*detector.Evidence]bool{}
	s.slowWay = map[model.Sym]bool{}
	var out []blame
	for _, v := range services {
		best, fit := strongest(all[v]), outward*agreement(all[v], excess)
		mine := all[v]
		if in := agreement(into[v], excess); in > fit {
			best, fit, mine = strongest(into[v]), in, into[v]
		}
		neighbours := agree(v, mine)
		switch {
		case s.without(agreementRule):
			fit = 1
		case fit == 0:
			continue
		case neighbours >= 2 && fit >= fits:
			for _, x := range mine {
				if x.hidden && x.weight > 0 {
					s.shared[x.e] = true
				}
			}
			fit *= neighboursAgree
			s.slowWay[v] = true
		case best.hidden:
			continue // one neighbour's word for what may be its own
		}
		w := best.weight * fit
		if caller := s.onlyCallerWaiting(v, all[v]); caller != 0 && !s.without(waitingRule) {
			pair := slices.DeleteFunc(slices.Clone(into[v]), func(x edge) bool { return x.caller != caller })
			best := strongest(pair)
			out = append(out, blame{detector.Site{Service: caller}, model.KindSaturation, best.weight * agreement(pair, excess), best.e})
			w *= disowned
		}
		out = append(out, blame{detector.Site{Service: v}, model.KindNetwork, w, best.e})
	}
	return out
}

const (
	// outward is what agreement of all edges weighs against that of the edges into a
	// service: where an edge stands alone, its callee is the likelier culprit.
	outward = 0.95
	// fits is the agreement from which neighbours are believed.
	fits = 0.7
	// neighboursAgree is what their agreement adds.
	neighboursAgree = 1.2
	// mostly is the share of its spans in which an operation must ask a service for the way
	// there to show in its own time.
	mostly = 0.5
	// agrees is the part of the largest delay that a neighbour must see.
	agrees = 0.3
)

// edge is the time between a caller and a callee.
type edge struct {
	e              *detector.Evidence
	caller, callee model.Sym
	hidden         bool    // it shows as the own time of one of them
	delay          float64 // ms per call
	late           float64 // share of calls that take longer than usual, beyond the usual share
	excess         float64 // ms per trace
	weight         float64
}

// between says whose calls the own time of a site may be made of: the only caller of a
// callee that sends no spans, or the services that it asks in most of its spans without a
// client span. Sorted by name.
func (s *Scene) between(e *detector.Evidence) (caller model.Sym, callees []model.Sym) {
	site := e.Key.Site
	for _, c := range s.index().contexts[site] {
		if c.Client {
			return 0, nil
		}
		if c.Opaque {
			if caller != 0 && caller != c.parent.Service {
				return 0, nil
			}
			caller, callees = c.parent.Service, []model.Sym{site.Service}
			continue
		}
		for child := range c.Calls {
			switch {
			case child.Service == site.Service, s.silentCallee(child), s.throughClient(site, child), slices.Contains(callees, child.Service):
			case s.asksFor(site, child.Service) >= mostly:
				caller, callees = site.Service, append(callees, child.Service)
			}
		}
	}
	slices.SortFunc(callees, func(a, b model.Sym) int { return strings.Compare(s.Table.Name(a), s.Table.Name(b)) })
	return caller, callees
}

// silentCallee reports whether an operation is known from its callers' spans only.
func (s *Scene) silentCallee(site detector.Site) bool { return s.index().opaque[site] }

// throughClient reports whether a call is also recorded by a client span: then the time
// between is a gap and nobody's own.
func (s *Scene) throughClient(site, child detector.Site) bool {
	return s.index().clients[[2]model.Sym{site.Service, child.Service}]
}

func strongest(edges []edge) edge {
	return slices.MaxFunc(edges, func(a, b edge) int { return cmpFloat(a.weight, b.weight) })
}

// agree counts the neighbours of v that see a good part of the largest delay.
func agree(v model.Sym, edges []edge) int {
	var largest, latest float64
	for _, x := range edges {
		if x.weight > 0 {
			largest, latest = max(largest, x.delay), max(latest, x.late)
		}
	}
	seen := map[model.Sym]bool{}
	for _, x := range edges {
		if x.weight > 0 && (x.delay >= agrees*largest || latest > 0 && x.late >= agrees*latest) && x.e.Shift.Z > notable {
			other := x.caller
			if other == v {
				other = x.callee
			}
			seen[other] = true
		}
	}
	return len(seen)
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
	var latest, late float64
	for _, x := range edges {
		latest = max(latest, x.late)
	}
	for _, x := range edges {
		sum += min(1, x.delay/largest)
		if latest > 0 {
			late += x.late / latest
		}
	}
	consistency, support := max(sum, late)/float64(len(edges)), mine/all
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
