package generate

import (
	"fmt"
	"math"

	"culprit/datasets"
)

// load of the service in workers per instance that are busy on average.
func (sv *service) busyWorkers(rate float64) float64 {
	var hold float64
	for _, op := range sv.ops {
		if op.topic == nil {
			hold += rate * op.calls * op.hold / float64(sec)
		}
	}
	return hold / float64(len(sv.instances))
}

// workersExhausted leaves every instance one worker, at a service where more than
// that is needed, or nearly.
func workersExhausted(p *planner) *fault {
	const least, most = 0.4, 4
	sv := p.service(func(sv *service) bool {
		b := sv.busyWorkers(p.rate)
		return sv.layer > 0 && b*float64(len(sv.instances)) >= least && b <= most
	})
	if sv == nil {
		return nil
	}
	if b := sv.busyWorkers(p.rate); b < least { // fewer instances, so that each has enough to do
		n := int(b * float64(len(sv.instances)) / least)
		sv.instances = sv.instances[:n]
	}
	size := sv.instances[0].workers.size
	resize := func(n int) func(*simulation) {
		return func(s *simulation) {
			for _, in := range sv.instances {
				in.workers.resize(s, n)
			}
		}
	}
	return &fault{
		causes: []datasets.RootCause{{Service: sv.name}},
		on:     resize(1), off: resize(size), carrying: spansBy(sv),
		note: fmt.Sprintf("one worker instead of %d for each instance", size),
	}
}

// connectionsExhausted leaves the instances of a service one connection to a service
// that they call in parallel, or often. Where nobody else calls that service and the
// wait is part of the call, it may as well be the callee that lets nobody in, and both
// are right.
func connectionsExhausted(p *planner) *fault {
	type edge struct {
		op *operation
		st *step
	}
	var edges []edge
	for _, op := range p.busy(func(*operation) bool { return true }) {
		n := float64(len(op.service.instances))
		for _, st := range op.find(func(st *step) bool { return st.kind == stepCall }) {
			if b := p.rate * op.calls * st.callee.hold / float64(sec) / n; b >= 0.4 && b <= 3 {
				edges = append(edges, edge{op, st})
			}
		}
		for _, all := range op.find(func(st *step) bool { return st.kind == stepAll }) {
			for i := 1; i < len(all.branches); i++ {
				one, two := all.branches[0][0].callee, all.branches[i][0].callee
				if one.service == two.service && min(one.hold, two.hold) >= op.hold/4 {
					edges = append(edges, edge{op, &all.branches[0][0]})
				}
			}
		}
	}
	if len(edges) == 0 {
		return nil
	}
	e := edges[p.r.IntN(len(edges))]
	sv, to := e.op.service, e.st.target()
	causes := []datasets.RootCause{{Service: sv.name}}
	if !sv.dialsFirst && p.w.onlyCaller(sv, e.st.callee.service) {
		causes = append(causes, datasets.RootCause{Service: to})
	}
	return &fault{
		causes: causes,
		on: func(*simulation) {
			for _, in := range sv.instances {
				in.dials = map[string]*pool{to: {size: 1}}
			}
		},
		off: func(s *simulation) {
			for _, in := range sv.instances {
				in.dials[to].resize(s, unlimited)
			}
		},
		carrying: spansOf(e.op),
		note:     "one connection to " + to + " for each instance",
	}
}

const unlimited = 1 << 30

// retryStorm makes a service so slow that its callers give up and ask again, which
// makes it slower still.
func retryStorm(p *planner) *fault {
	patient := func(st *step) bool { return st.kind == stepCall && st.timeout > 0 && st.retries > 0 }
	var fit []*step
	for _, op := range p.busy(func(op *operation) bool { return op.has(patient) }) {
		for _, st := range op.find(patient) {
			to := st.callee
			if !p.used[to.service.name] && to.calls*p.rate >= minRate && to.own*30 >= float64(st.timeout) {
				fit = append(fit, st)
			}
		}
	}
	st := pickOne(p.r, fit)
	if st == nil {
		return nil
	}
	sv := st.callee.service
	k := max(3, between(p.r, 1, 1.5)*float64(st.timeout)/st.callee.own)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.slow = k },
		off:      func(*simulation) { sv.slow = 1 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("own time x%.1f, beyond the patience of callers that ask again", k),
	}
}

// loadSurge brings more requests than the system was built for: some services have
// just the workers that so many need. Nobody is to blame.
func loadSurge(p *planner) *fault {
	k := between(p.r, 4, 7)
	tight := 0
	for _, n := range p.r.Perm(len(p.w.services)) {
		sv := p.w.services[n]
		need := k * sv.busyWorkers(p.rate) * float64(len(sv.instances))
		if need < 0.3 || sv.ownShare() < 0.6 || tight == maxTight {
			continue
		}
		tight++
		workers := int(math.Round(need))
		if workers < 2*len(sv.instances) { // one instance is enough
			sv.instances = sv.instances[:1]
		}
		each := max(1, workers/len(sv.instances))
		for _, in := range sv.instances {
			in.workers.size = each
		}
		sv.weigh(p.rate, between(p.r, 1.03, 1.12)*float64(each)/k)
	}
	if tight == 0 {
		return nil
	}
	p.surges = append(p.surges, surge{int64(p.plan.From), int64(p.plan.To), k})
	return &fault{kind: "load", causes: []datasets.RootCause{}, note: fmt.Sprintf("%.1f times the requests", k)}
}

// maxTight is how many services at most are short of workers in a surge.
const maxTight = 3

// ownShare is which part of its time the service spends on its own work; the more,
// the better it is known beforehand.
func (sv *service) ownShare() float64 {
	var own, hold float64
	for _, op := range sv.ops {
		own += op.calls * op.own
		hold += op.calls * op.hold
	}
	return own / hold
}

// weigh changes the own times of a service so that so many workers of each instance
// are busy on average.
func (sv *service) weigh(rate, busy float64) {
	var own float64
	for _, op := range sv.ops {
		own += rate * op.calls * op.own / float64(sec) / float64(len(sv.instances))
	}
	g := max(0.2, 1+(busy-sv.busyWorkers(rate))/own)
	for _, op := range sv.ops {
		for _, st := range op.all(func(st *step) bool { return st.kind == stepWork }) {
			st.time.median *= g
		}
	}
}

// onlyCaller reports whether no service but one asks another.
func (w *world) onlyCaller(sv, callee *service) bool {
	for _, other := range w.services {
		for _, op := range other.ops {
			if other != sv && len(op.all(func(st *step) bool { return st.callee != nil && st.callee.service == callee })) > 0 {
				return false
			}
		}
	}
	return true
}
