package generate

import (
	"fmt"

	"culprit/datasets"
)

func operationErrors(p *planner) *fault {
	op := p.operation(func(op *operation) bool { return !op.service.silent })
	if op == nil {
		return nil
	}
	errs, usual := between(p.r, 0.3, 0.9), op.errs
	return &fault{
		causes:   []datasets.RootCause{{Service: op.service.name, Operation: op.name}},
		on:       func(*simulation) { op.errs = errs },
		off:      func(*simulation) { op.errs = usual },
		carrying: spansOf(op),
		note:     fmt.Sprintf("%.0f %% of calls fail", 100*errs),
	}
}

func instanceErrors(p *planner) *fault {
	sv := p.service(func(sv *service) bool {
		n := len(sv.instances)
		return n >= 2 && !sv.silent && sv.calls()*p.rate/float64(n) >= minRate
	})
	if sv == nil {
		return nil
	}
	in, errs := sv.instances[p.r.IntN(len(sv.instances))], between(p.r, 0.4, 0.95)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name, Instance: in.name}},
		on:       func(*simulation) { in.errs = errs },
		off:      func(*simulation) { in.errs = 0 },
		carrying: func(sp *span) bool { return sp.inst == in && sp.op != nil },
		note:     fmt.Sprintf("%.0f %% of calls fail on one of %d instances", 100*errs, len(sv.instances)),
	}
}

// outgoing are the steps that leave the service, and would be missed.
func outgoing(st *step) bool { return st.kind == stepCall || st.kind == stepQuery }

// earlyReturn makes an operation return before it asks anybody, without an error
// status: a caught exception, a wrong condition.
func earlyReturn(p *planner) *fault {
	op := p.operation(func(op *operation) bool { return len(op.prog) >= 3 && op.has(outgoing) })
	if op == nil {
		return nil
	}
	early := between(p.r, 0.5, 1)
	return &fault{
		causes:   []datasets.RootCause{{Service: op.service.name, Operation: op.name}},
		on:       func(*simulation) { op.early = early },
		off:      func(*simulation) { op.early = 0 },
		carrying: spansOf(op),
		note:     fmt.Sprintf("%.0f %% of calls return early and say nothing", 100*early),
	}
}

func cacheCold(p *planner) *fault {
	cached := func(st *step) bool { return st.kind == stepCache && st.prob >= 0.6 }
	op := p.operation(func(op *operation) bool { return op.has(cached) })
	if op == nil {
		return nil
	}
	steps := op.find(cached)
	usual := make([]float64, len(steps))
	for i, st := range steps {
		usual[i] = st.prob
	}
	return &fault{
		causes: op.places(steps[0]),
		on: func(*simulation) {
			for _, st := range steps {
				st.prob = 0.02
			}
		},
		off: func(*simulation) {
			for i, st := range steps {
				st.prob = usual[i]
			}
		},
		carrying: spansOf(op),
		note:     fmt.Sprintf("hits fall from %.0f %% to 2 %%", 100*usual[0]),
	}
}

// nPlusOne repeats what an operation did once.
func nPlusOne(p *planner) *fault {
	op := p.operation(func(op *operation) bool { return op.has(outgoing) })
	if op == nil {
		return nil
	}
	st := pickOne(p.r, op.find(outgoing))
	n := upTo(p.r, 4, 14)
	if st.kind == stepCall {
		n = upTo(p.r, 3, 6)
	}
	return &fault{
		causes:   op.places(st),
		on:       func(*simulation) { st.repeat = n },
		off:      func(*simulation) { st.repeat = 0 },
		carrying: spansOf(op),
		note:     fmt.Sprintf("asks %s %d times instead of once", st.target(), n+1),
	}
}

// lostCall turns a call off, silently. Where nobody else calls that service, one
// cannot tell this from a callee that is silently gone, and both are right.
func lostCall(p *planner) *fault {
	calls := func(st *step) bool { return st.kind == stepCall }
	op := p.operation(func(op *operation) bool { return op.has(calls) })
	if op == nil {
		return nil
	}
	st := pickOne(p.r, op.find(calls))
	f := &fault{
		causes:   op.places(st),
		on:       func(*simulation) { st.off = true },
		off:      func(*simulation) { st.off = false },
		carrying: spansOf(op),
		note:     "no longer calls " + st.callee.name + " of " + st.target(),
	}
	if p.w.callersOf(st.callee.service) == 1 {
		f.causes = append(f.causes, datasets.RootCause{Service: st.target()})
	}
	return f
}

// callersOf counts the steps that ask a service for anything.
func (w *world) callersOf(sv *service) int {
	n := 0
	for _, s := range w.services {
		for _, op := range s.ops {
			n += len(op.all(func(st *step) bool { return st.callee != nil && st.callee.service == sv }))
		}
	}
	return n
}

// stop stops a service that others call.
func stop(p *planner, mute bool) *fault {
	sv := p.service(func(sv *service) bool {
		return sv.layer > 0 && sv.asked() && p.w.callersOf(sv) > 0
	})
	if sv == nil {
		return nil
	}
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.stopped, sv.mute = true, mute },
		off:      func(*simulation) { sv.stopped, sv.mute = false, false },
		carrying: spansBy(sv),
	}
}

func serviceStopped(p *planner) *fault {
	f := stop(p, false)
	if f != nil {
		f.note = "refuses connections"
	}
	return f
}

func serviceSilent(p *planner) *fault {
	f := stop(p, true)
	if f != nil {
		f.note = "gone; its callers neither record the call nor mind"
	}
	return f
}

// consumerStuck stops the consumers of a topic. Messages wait until it is over.
func consumerStuck(p *planner) *fault {
	op := p.operation(func(op *operation) bool { return op.topic != nil })
	if op == nil {
		return nil
	}
	t := op.topic
	usual := t.workers.size
	return &fault{
		causes:   []datasets.RootCause{{Service: op.service.name, Operation: op.name}},
		on:       func(s *simulation) { t.workers.resize(s, 0) },
		off:      func(s *simulation) { t.workers.resize(s, usual) },
		carrying: spansOf(op),
		note:     "takes nothing from " + t.name,
	}
}
