package generate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// expectation is what a program costs on average.
type expectation struct{ own, cost, hold float64 }

// expect computes own, cost and hold of an operation from those that it calls.
func (op *operation) expect() {
	e := op.service.expect(op.prog)
	op.own, op.cost, op.hold = e.own, e.cost+1, e.hold
}

func (sv *service) expect(prog program) expectation {
	var sum expectation
	for i := range prog {
		st := &prog[i]
		var e expectation
		switch st.kind {
		case stepWork:
			e.own = st.time.mean()
			e.hold = e.own
		case stepWait:
			e.hold = st.time.mean()
		case stepCall:
			e.cost = st.callee.cost
			e.hold = st.callee.hold + 0.8*ms
			if sv.clientSpans {
				e.cost++
			}
		case stepAll:
			for _, br := range st.branches {
				b := sv.expect(br)
				e.own += b.own
				e.cost += b.cost
				e.hold = max(e.hold, b.hold)
			}
			e.hold *= 1.15
		case stepMaybe:
			e = sv.expect(st.body).times(st.prob)
		case stepTimes:
			e = sv.expect(st.body).times(float64(st.times))
		case stepSpan:
			e = sv.expect(st.body)
			e.cost++
		case stepCache:
			e = sv.expect(st.body).times(1 - st.prob)
			if st.base != nil {
				e.cost++
				e.hold += st.base.time.mean() + 0.8*ms
			}
		case stepQuery:
			e.cost = 1
			e.hold = st.base.time.mean() + 0.8*ms
		case stepSend:
			e.cost = 1 + st.topic.op.cost
			e.hold = 0.8 * ms
		}
		sum.own += e.own
		sum.cost += e.cost
		sum.hold += e.hold
	}
	return sum
}

func (e expectation) times(k float64) expectation {
	return expectation{e.own * k, e.cost * k, e.hold * k}
}

// prune takes out operations that no request reaches, and services left without any.
func (w *world) prune() {
	w.flow()
	for _, sv := range w.services {
		sv.ops = slices.DeleteFunc(sv.ops, func(op *operation) bool { return op.calls == 0 })
	}
	w.services = slices.DeleteFunc(w.services, func(sv *service) bool { return len(sv.ops) == 0 })
}

// flow computes how often a request from outside leads to each operation.
func (w *world) flow() {
	for _, sv := range w.services {
		for _, op := range sv.ops {
			op.calls = 0
		}
	}
	for _, d := range w.databases {
		d.load, d.named = 0, 0
	}
	var sum float64
	for _, e := range w.entries {
		sum += e.weight
	}
	for _, e := range w.entries {
		e.op.calls = e.weight / sum
	}
	for _, sv := range w.services { // callers first
		for _, op := range sv.ops {
			sv.spread(op.prog, op.calls)
		}
	}
}

// spread adds what n runs of a program ask of others.
func (sv *service) spread(prog program, n float64) {
	for i := range prog {
		st := &prog[i]
		switch st.kind {
		case stepCall:
			st.callee.calls += n
		case stepSend:
			st.topic.op.calls += n
		case stepQuery:
			sv.query(st.base, n)
		case stepAll:
			for _, b := range st.branches {
				sv.spread(b, n)
			}
		case stepMaybe:
			sv.spread(st.body, n*st.prob)
		case stepTimes:
			sv.spread(st.body, n*float64(st.times))
		case stepSpan:
			sv.spread(st.body, n)
		case stepCache:
			if st.base != nil {
				sv.query(st.base, n)
			}
			sv.spread(st.body, n*(1-st.prob))
		}
	}
}

func (sv *service) query(b *database, n float64) {
	b.load += n * b.time.mean() / float64(sec)
	if !sv.internal { // an INTERNAL span asks nobody, whatever it says
		b.named += n
	}
}

// size gives every pool what it needs at so many requests per second, with more to
// spare here than there.
func (w *world) size(r *rand.Rand, rate float64) {
	need := func(busy float64, least int) int {
		return max(least, int(math.Ceil(busy/between(r, 0.15, 0.4))))
	}
	for _, sv := range w.services {
		var hold, own float64
		for _, op := range sv.ops {
			hold += rate * op.calls * op.hold / float64(sec)
			own += rate * op.calls * op.own / float64(sec)
		}
		n := float64(len(sv.instances))
		workers, cores := need(hold/n, 3), need(own/n, 2)
		for _, in := range sv.instances {
			in.workers.size, in.cores.size = workers, cores
		}
	}
	for _, t := range w.topics {
		t.workers.size = need(rate*t.op.calls*t.op.hold/float64(sec), 2)
	}
	for _, d := range w.databases {
		d.slots.size = need(rate*d.load, 4)
	}
}
