package generate

import (
	"fmt"
	"slices"

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
	sv := p.service(func(sv *service) bool {
		b := sv.busyWorkers(p.rate)
		return sv.layer > 0 && b >= 0.35 && b <= 4
	})
	if sv == nil {
		return nil
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
// that they call in parallel, or often.
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
				if all.branches[i][0].target() == all.branches[0][0].target() {
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
	return &fault{
		causes: []datasets.RootCause{{Service: sv.name}},
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

// loadSurge brings more requests than the system was built for. Nobody is to blame.
func loadSurge(p *planner) *fault {
	var spare []float64
	for _, sv := range p.w.services {
		in := sv.instances[0]
		if b := sv.busyWorkers(p.rate); b > 0 {
			spare = append(spare, float64(in.workers.size)/b)
		}
	}
	slices.Sort(spare)
	k := min(max(4, 1.3*spare[0]), 10)
	p.surges = append(p.surges, surge{int64(p.plan.From), int64(p.plan.To), k})
	return &fault{kind: "load", causes: []datasets.RootCause{}, note: fmt.Sprintf("%.1f times the requests", k)}
}
