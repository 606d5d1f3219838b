package bottleneck

import (
	"cmp"
	"slices"
	"strings"

	"culprit/detector"
	"culprit/model"
)

// EntryTimes is what the requests of an entry point spent their time in, for whoever
// compares two profiles: ms per request on critical paths.
type EntryTimes struct {
	Entry    detector.Site
	Requests int64
	Errors   int64
	MeanMS   float64
	Sites    map[detector.Site]float64    // by the operation itself
	Between  map[detector.Site]float64    // of it, in the network: client spans with an answer
	Calls    map[[2]detector.Site]float64 // during the calls of one operation to another, with all below
	Below    map[detector.Site]map[detector.Site]bool
	P50, P99 float64
}

// Times lists the entry points by name.
func (p *Profile) Times() []EntryTimes {
	var out []EntryTimes
	for site, e := range p.entries {
		out = append(out, e.timesOf(site))
	}
	slices.SortFunc(out, func(a, b EntryTimes) int {
		return cmp.Or(strings.Compare(p.table.Name(a.Entry.Service), p.table.Name(b.Entry.Service)),
			strings.Compare(p.table.Name(a.Entry.Operation), p.table.Name(b.Entry.Operation)))
	})
	return out
}

func (e *entry) timesOf(site detector.Site) EntryTimes {
	e.prune()
	t := EntryTimes{
		Entry: site, Requests: e.requests, Errors: e.errors, MeanMS: float64(e.perRequest(e.durNS)),
		Sites: map[detector.Site]float64{}, Between: map[detector.Site]float64{}, Calls: map[[2]detector.Site]float64{}, Below: map[detector.Site]map[detector.Site]bool{},
		P50: e.quantile(0.5), P99: e.quantile(0.99),
	}
	n := max(e.requests, 1)
	self, between, calls := map[detector.Site]int64{}, map[detector.Site]int64{}, map[[2]detector.Site]int64{}
	all := e.walk()
	below := make(map[*node]int64, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		at := all[i]
		below[at] += at.self
		if at.up != nil {
			below[at.up] += below[at]
		}
	}
	for _, at := range all {
		self[at.site] += at.self
		if at.kind == Network {
			between[at.site] += at.self
		}
		caller, whole := at.caller()
		if caller != nil {
			calls[[2]detector.Site{caller.site, at.site}] += below[whole]
		}
		for up := at.up; up != nil; up = up.up {
			under := t.Below[up.site]
			if under == nil {
				under = map[detector.Site]bool{}
				t.Below[up.site] = under
			}
			under[at.site] = true
		}
	}
	for k, ns := range self {
		t.Sites[k] = inMS(ns, n)
	}
	for k, ns := range between {
		t.Between[k] = inMS(ns, n)
	}
	for k, ns := range calls {
		t.Calls[k] = inMS(ns, n)
	}
	return t
}

func inMS(ns, requests int64) float64 { return float64(ns) / float64(requests) / 1e6 }

// caller is who makes the call that n is, and the node that the call begins with: a client
// span and the server span below it are one call, of the server's operation. nil for an
// entry point.
func (n *node) caller() (caller, whole *node) {
	up := n.up
	if up == nil {
		return nil, n
	}
	if up.up != nil && (up.kind == Network || n.kind == Callee) {
		return up.up, up
	}
	return up, n
}

// Services gives the time that requests of an entry point spent in each service, and how
// many requests there were. The map is the profile's own.
func (p *Profile) Services(entry detector.Site) (requests int64, services map[model.Sym]*Spread) {
	e := p.entries[entry]
	if e == nil {
		return 0, nil
	}
	return e.requests, e.services
}
