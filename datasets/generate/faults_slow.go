package generate

import (
	"fmt"

	"culprit/datasets"
	"culprit/model"
)

// slowOperation multiplies the own time of one operation.
func slowOperation(p *planner) *fault {
	op := p.operation(func(op *operation) bool { return op.own >= ms })
	if op == nil {
		return nil
	}
	k := p.factor(2, 10, op.own)
	set := func(k float64) func(*simulation) {
		return func(*simulation) {
			for _, o := range namesakes(op) {
				o.slow = k
			}
		}
	}
	return &fault{
		causes: op.places(nil),
		on:     set(k), off: set(1), carrying: spansOf(op),
		note: fmt.Sprintf("own time x%.1f", k),
	}
}

// meanOwn is the mean own time of a call to the service, ns.
func (sv *service) meanOwn() float64 {
	var own float64
	for _, op := range sv.ops {
		own += op.calls * op.own
	}
	return own / sv.calls()
}

// slowInstance slows one pod of several.
func slowInstance(p *planner) *fault {
	sv := p.service(func(sv *service) bool {
		return len(sv.instances) >= 2 && sv.meanOwn() >= ms && sv.calls()*p.rate/float64(len(sv.instances)) >= minRate
	})
	if sv == nil {
		return nil
	}
	in := sv.instances[p.r.IntN(len(sv.instances))]
	k := p.factor(3, 10, sv.meanOwn())
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name, Instance: in.name}},
		on:       func(*simulation) { in.slow = k },
		off:      func(*simulation) { in.slow = 1 },
		carrying: func(sp *span) bool { return sp.inst == in && sp.op != nil },
		note:     fmt.Sprintf("own time x%.1f on one of %d instances", k, len(sv.instances)),
	}
}

// slowHost slows all pods of a host that has several services.
func slowHost(p *planner) *fault {
	var fit []*host
	for _, h := range p.w.hosts {
		services := 0
		for _, sv := range p.w.services {
			here := 0
			for _, in := range sv.instances {
				if in.host == h {
					here++
				}
			}
			if here > 0 && here < len(sv.instances) && sv.calls()*p.rate/float64(len(sv.instances)) >= minRate {
				services++
			}
		}
		if services >= 3 {
			fit = append(fit, h)
		}
	}
	h := pickOne(p.r, fit)
	if h == nil {
		return nil
	}
	k := logBetween(p.r, 3, 8)
	return &fault{
		causes:   []datasets.RootCause{{Attribute: &model.Attribute{Key: "host.name", Value: h.name}}},
		on:       func(*simulation) { h.slow = k },
		off:      func(*simulation) { h.slow = 1 },
		carrying: func(sp *span) bool { return sp.inst.host == h && sp.op != nil },
		note:     fmt.Sprintf("own time x%.1f of all pods of a host", k),
	}
}

// canary puts a new version on half of the instances, at least two, and takes it away
// again.
func canary(p *planner, e effects) *fault {
	sv := p.service(func(sv *service) bool {
		n := len(sv.instances)
		return n >= 3 && sv.meanOwn() >= ms && !(sv.silent && e.errs > 0) && sv.calls()*p.rate/float64(n) >= minRate
	})
	if sv == nil {
		return nil
	}
	if e.slow == 0 && e.errs == 0 {
		e.slow = p.factor(2.5, 8, sv.meanOwn())
	}
	n := max(2, len(sv.instances)/2)
	before := sv.instances[0].version
	next := nextVersion(before)
	names := letters(p.r, 9)
	return &fault{
		causes: []datasets.RootCause{{Service: sv.name, Attribute: &model.Attribute{Key: "service.version", Value: next}}},
		on: func(s *simulation) {
			sv.versions = map[string]effects{next: e}
			for i := range n {
				s.replace(sv, i, next, names)
			}
		},
		off: func(s *simulation) {
			for i := range n {
				s.replace(sv, i, before, names+"r")
			}
		},
		carrying: spansBy(sv),
		note:     fmt.Sprintf("%d of %d instances have a new version", n, len(sv.instances)),
	}
}

func slowVersion(p *planner) *fault { return canary(p, effects{}) }

func erringVersion(p *planner) *fault {
	return canary(p, effects{slow: 1, errs: between(p.r, 0.3, 0.8)})
}

// queries are the steps that ask a database proper, of our own.
func queries(st *step) bool {
	return st.kind == stepQuery && st.base.system != ""
}

// pickTenant draws one who asks neither for most nor for almost nothing.
func (p *planner) pickTenant() string {
	return p.w.tenants[1+p.r.IntN(min(3, len(p.w.tenants)-1))]
}

// with adds an attribute to root causes.
func with(causes []datasets.RootCause, key, value string) []datasets.RootCause {
	for i := range causes {
		causes[i].Attribute = &model.Attribute{Key: key, Value: value}
	}
	return causes
}

// slowTenant slows an operation that asks a database, for one tenant, whose name only
// the entry of the trace knows.
func slowTenant(p *planner) *fault {
	op := p.operation(func(op *operation) bool {
		return op.service.layer > 0 && op.topic == nil && op.own >= ms && op.calls*p.rate >= 3*minRate && op.has(queries)
	})
	if op == nil {
		return nil
	}
	t, k := p.pickTenant(), p.factor(4, 12, op.own/2)
	set := func(w *slowFor) func(*simulation) {
		return func(*simulation) {
			for _, o := range namesakes(op) {
				o.slowFor = w
			}
		}
	}
	of := spansOf(op)
	return &fault{
		causes: with(op.places(nil), "tenant.id", t),
		on:     set(&slowFor{tenant: t, factor: k}), off: set(nil),
		carrying: func(sp *span) bool { return sp.trace.tenant == t && of(sp) },
		note:     fmt.Sprintf("own time x%.1f for one tenant", k),
	}
}

// slowTenantQuery slows a database for one tenant.
func slowTenantQuery(p *planner) *fault {
	b := p.database(func(b *database) bool { return b.system != "" && !b.cache && b.named*p.rate >= 3*minRate })
	if b == nil {
		return nil
	}
	t, k := p.pickTenant(), p.factor(5, 15, b.time.mean()/2)
	asks := b.carries()
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name, Attribute: &model.Attribute{Key: "tenant.id", Value: t}}},
		on:       func(*simulation) { b.slowFor = &slowFor{tenant: t, factor: k} },
		off:      func(*simulation) { b.slowFor = nil },
		carrying: func(sp *span) bool { return sp.trace.tenant == t && asks(sp) },
		note:     fmt.Sprintf("queries x%.1f for one tenant", k),
	}
}

// slowFlag slows an operation where its feature flag is on.
func slowFlag(p *planner) *fault {
	op := p.operation(func(op *operation) bool { return op.flag != "" && op.own >= ms })
	if op == nil {
		return nil
	}
	k := p.factor(3, 10, op.own/2)
	return &fault{
		causes: with(op.places(nil), "feature_flag."+op.flag, "on"),
		on:     func(*simulation) { op.slowFor = &slowFor{flag: true, factor: k} },
		off:    func(*simulation) { op.slowFor = nil },
		carrying: func(sp *span) bool {
			return sp.op == op && sp.trace.flags
		},
		note: fmt.Sprintf("own time x%.1f where the flag is on", k),
	}
}

// cpuContention slows all operations of a service.
func cpuContention(p *planner) *fault {
	sv := p.service(func(sv *service) bool { return sv.meanOwn() >= ms })
	if sv == nil {
		return nil
	}
	k := p.factor(2.5, 8, sv.meanOwn())
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.slow = k },
		off:      func(*simulation) { sv.slow = 1 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("own time of all operations x%.1f", k),
	}
}

func networkDelay(p *planner) *fault {
	sv := p.service(func(sv *service) bool { return sv.layer > 0 && sv.asked() })
	if sv == nil {
		return nil
	}
	d := logBetween(p.r, 20, 120) * ms
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.delay = d },
		off:      func(*simulation) { sv.delay = 0 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("%.0f ms on each message to or from it", d/ms),
	}
}

func networkLoss(p *planner) *fault {
	sv := p.service(func(sv *service) bool { return sv.layer > 0 && sv.asked() })
	if sv == nil {
		return nil
	}
	loss := between(p.r, 0.08, 0.25)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.loss = loss },
		off:      func(*simulation) { sv.loss = 0 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("%.0f %% of messages to or from it are sent again after 200 ms", 100*loss),
	}
}

// asked reports whether callers ask the service for anything, not only topics.
func (sv *service) asked() bool {
	for _, op := range sv.ops {
		if op.topic == nil {
			return true
		}
	}
	return false
}
