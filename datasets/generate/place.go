package generate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"culprit/datasets"
)

// fault is a planned fault: what it does to the world, and its label.
type fault struct {
	plan     Plan
	id       string
	kind     string
	causes   []datasets.RootCause
	on, off  func(*simulation)
	carrying func(*span) bool // spans that could show it; nil: every span does
	traffic  int              // how many of them there were, as long before it as it lasts
	note     string
}

// enough is how many spans make a fault visible: with fewer nobody could tell.
const enough = 20

// planner finds places for faults.
type planner struct {
	r     *rand.Rand
	w     *world
	rate  float64 // requests per second when it begins
	least float64 // fewest calls per second where something may happen
	plan  Plan
	used  map[string]bool // services that have a fault already

	surges []surge
}

// place finds a place for every fault and temptation of the scenario.
func (s *simulation) place(sc Scenario, seed uint64) ([]*fault, error) {
	p := &planner{w: s.world, least: minRate, used: map[string]bool{}}
	var faults []*fault
	for i, plan := range sc.Faults {
		class, ok := classes[plan.Class]
		if !ok {
			return nil, fmt.Errorf("no class of faults is called %q; there are %q", plan.Class, Classes())
		}
		p.plan, p.r, p.rate = plan, source(seed+nameHash(plan.Class), streamFaults+uint64(i)<<8), s.load.at(int64(plan.From))
		f := class(p)
		if f == nil {
			return nil, fmt.Errorf("no system was found with a place for a fault of class %s", plan.Class)
		}
		f.plan, f.id = plan, fmt.Sprintf("f%02d", i+1)
		if f.kind == "" {
			f.kind = plan.Class
		}
		for _, c := range f.causes {
			p.used[c.Service] = true
		}
		if f.on != nil {
			s.effects = append(s.effects, effect{int64(plan.From), f.on})
		}
		if f.off != nil {
			s.effects = append(s.effects, effect{int64(plan.To), f.off})
		}
		faults = append(faults, f)
	}
	s.out.faults = faults
	p.least = 0 // what is no fault may happen where nobody sees it
	for i, plan := range sc.Calm {
		tempt, ok := temptations[plan.Class]
		if !ok {
			return nil, fmt.Errorf("no temptation is called %q; there are %q", plan.Class, Temptations())
		}
		p.plan, p.r, p.rate = plan, source(seed+nameHash(plan.Class), streamCalm+uint64(i)<<8), s.load.at(int64(plan.From))
		if !tempt(s, p) {
			return nil, fmt.Errorf("no system was found with a place for %s", plan.Class)
		}
	}
	s.load.surges = append(s.load.surges, p.surges...)
	return faults, nil
}

// nameHash tells classes apart, so that with one seed they do not all hit the same
// place.
func nameHash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// labels says what happened, once it has.
func (s *simulation) labels(sc Scenario, faults []*fault) datasets.Labels {
	at := func(d time.Duration) time.Time { return sc.Start.Add(d).UTC() }
	l := datasets.Labels{System: s.world.name, Start: at(0), End: at(sc.Length), Baseline: []datasets.Stretch{}, Faults: []datasets.Fault{}}
	if len(faults) > 0 {
		first := slices.MinFunc(faults, func(a, b *fault) int { return int(a.plan.From - b.plan.From) })
		l.Baseline = []datasets.Stretch{{From: at(0), To: at(first.plan.From)}}
	}
	for _, f := range faults {
		causes := f.causes
		if causes == nil {
			causes = []datasets.RootCause{}
		}
		l.Faults = append(l.Faults, datasets.Fault{
			ID: f.id, Stretch: datasets.Stretch{From: at(f.plan.From), To: at(f.plan.To)}, Type: f.kind, RootCauses: causes,
			Visible: f.carrying == nil || f.traffic >= enough, Note: f.note,
		})
	}
	return l
}

// count counts a span for the faults that it could show, before they begin.
func (f *fault) count(sp *span) {
	from := int64(f.plan.From)
	if f.carrying != nil && sp.end < from && sp.end >= from-int64(f.plan.To-f.plan.From) && f.carrying(sp) {
		f.traffic++
	}
}

// minRate is the fewest calls per second that an operation has where a fault is put:
// some dozens of spans in a window.
const minRate = 0.8

// busy are the operations of services without a fault that are called often enough
// and fit.
func (p *planner) busy(fit func(*operation) bool) []*operation {
	var out []*operation
	for _, sv := range p.w.services {
		if p.used[sv.name] {
			continue
		}
		for _, op := range sv.ops {
			if op.calls*p.rate >= p.least && fit(op) {
				out = append(out, op)
			}
		}
	}
	return out
}

// operation draws one of them, nil if there is none.
func (p *planner) operation(fit func(*operation) bool) *operation {
	return pickOne(p.r, p.busy(fit))
}

// service draws a service without a fault that is called often enough and fits.
func (p *planner) service(fit func(*service) bool) *service {
	var out []*service
	for _, sv := range p.w.services {
		if !p.used[sv.name] && sv.calls()*p.rate >= p.least && fit(sv) {
			out = append(out, sv)
		}
	}
	return pickOne(p.r, out)
}

func pickOne[T any](r *rand.Rand, list []*T) *T {
	if len(list) == 0 {
		return nil
	}
	return list[r.IntN(len(list))]
}

func (sv *service) calls() float64 {
	var n float64
	for _, op := range sv.ops {
		n += op.calls
	}
	return n
}

// factor draws how many times slower something becomes, from [lo, hi), so that at
// least notable is added to own.
func (p *planner) factor(lo, hi, own float64) float64 {
	return min(max(logBetween(p.r, lo, hi), 1+notable/own), max(hi, 12))
}

// notable is the least that a slow operation is slowed by, in ns: who adds less to
// requests of a hundred milliseconds wakes nobody up.
const notable = 15 * ms

// spansOf matches the server and consumer spans of an operation, as it is recorded.
func spansOf(op *operation) func(*span) bool {
	return func(sp *span) bool { return sp.op != nil && sp.op.service == op.service && sp.op.name == op.name }
}

func spansBy(sv *service) func(*span) bool {
	return func(sp *span) bool { return sp.op != nil && sp.inst.service == sv }
}

// namesakes are the operations of the service that nobody can tell from op.
func namesakes(op *operation) []*operation {
	var out []*operation
	for _, o := range op.service.ops {
		if o.name == op.name {
			out = append(out, o)
		}
	}
	return out
}

// steps visits the steps of a program in order, those within others too, with the
// probability that they are done and the INTERNAL span that they are in.
func (prog program) steps(p float64, in *step, visit func(st *step, p float64, in *step)) {
	for i := range prog {
		st := &prog[i]
		visit(st, p, in)
		inner, within := p, in
		switch st.kind {
		case stepMaybe:
			inner *= st.prob
		case stepCache:
			inner *= 1 - st.prob
		case stepSpan:
			within = st
		}
		st.body.steps(inner, within, visit)
		for _, b := range st.branches {
			b.steps(p, within, visit)
		}
	}
}

// all returns the steps of an operation that fit.
func (op *operation) all(fit func(*step) bool) []*step {
	var out []*step
	op.prog.steps(1, nil, func(st *step, _ float64, _ *step) {
		if fit(st) {
			out = append(out, st)
		}
	})
	return out
}

// find returns the steps of an operation that fit and are done in at least half of its
// calls: whoever breaks a rare one breaks little.
func (op *operation) find(fit func(*step) bool) []*step {
	var out []*step
	op.prog.steps(1, nil, func(st *step, p float64, _ *step) {
		if p >= 0.5 && fit(st) {
			out = append(out, st)
		}
	})
	return out
}

// places are where a fault of an operation is seen: at the operation, or at a span
// within it that holds the broken step; broken nil means any.
func (op *operation) places(broken *step) []datasets.RootCause {
	out := []datasets.RootCause{{Service: op.service.name, Operation: op.name}}
	op.prog.steps(1, nil, func(st *step, _ float64, in *step) {
		if broken == nil && st.kind == stepSpan {
			in = st
		}
		if in == nil || broken != nil && st != broken || broken == nil && st != in {
			return
		}
		out = append(out, datasets.RootCause{Service: op.service.name, Operation: in.name})
	})
	return out
}

func (op *operation) has(fit func(*step) bool) bool { return len(op.find(fit)) > 0 }
