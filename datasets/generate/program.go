package generate

import "time"

// program draws what an operation of a service does: own work, and in between calls,
// queries and messages until its budget of spans is spent.
func (b *builder) program(sv *service) program {
	r := b.r
	own := dist{median: logBetween(r, 0.6, 18) * ms, sigma: between(r, 0.25, 0.7), tail: between(r, 0, 0.02)}
	if sv.layer == 0 {
		own.median = logBetween(r, 0.8, 6) * ms
	}
	before, after := own, own
	share := between(r, 0.3, 0.7)
	before.median *= share
	after.median *= 1 - share

	prog := program{{kind: stepWork, time: before}}
	prog = append(prog, b.body(sv)...)
	prog = append(prog, step{kind: stepWork, time: after})
	if chance(r, 0.12) {
		prog = program{prog[0], {kind: stepSpan, name: "build" + title(objects[r.IntN(len(objects))]), body: prog[1:]}}
	}
	return prog
}

// body draws the middle of a program.
func (b *builder) body(sv *service) program {
	r := b.r
	budget := maxCost[min(sv.layer, len(maxCost)-1)] * between(r, 0.3, 1)
	leaf := sv.layer == len(b.layers)-1
	var prog program
	queries := 0.35
	if leaf {
		queries = 0.8
	}
	if chance(r, queries) {
		prog = append(prog, b.lookup(sv))
		budget--
	}
	if leaf {
		return prog
	}
	calls := 1 + r.IntN(4)
	if sv.layer == 0 {
		calls = 2 + r.IntN(4)
	}
	for i := 0; i < calls && budget > 0; i++ {
		st, cost := b.item(sv, budget)
		if st == nil {
			break
		}
		prog = append(prog, *st)
		budget -= cost
	}
	if chance(r, 0.2) {
		prog = append(prog, b.query(sv, true))
	}
	if chance(r, 0.3) {
		if st := b.message(sv); st != nil {
			prog = append(prog, *st)
		}
	}
	return prog
}

// item draws one thing that needs other services: a call, several at once, one with
// a condition or in a loop.
func (b *builder) item(sv *service, budget float64) (*step, float64) {
	r := b.r
	first, cost := b.call(sv, budget)
	if first == nil {
		return nil, 0
	}
	switch x := r.Float64(); {
	case x < 0.3:
		all := step{kind: stepAll, branches: []program{{*first}}}
		for range upTo(r, 1, 3) {
			st, c := b.call(sv, budget-cost)
			if st == nil {
				break
			}
			all.branches = append(all.branches, program{*st})
			cost += c
		}
		if len(all.branches) == 1 {
			return first, cost
		}
		return &all, cost
	case x < 0.45:
		p := between(r, 0.2, 0.9)
		return &step{kind: stepMaybe, prob: p, body: program{*first}}, cost * p
	case x < 0.53 && cost*3 <= budget:
		n := upTo(r, 2, 3)
		return &step{kind: stepTimes, times: n, body: program{*first}}, cost * float64(n)
	case x < 0.6 && len(b.w.databases) > 0:
		c := b.cache(sv, program{*first})
		return &c, cost
	}
	return first, cost
}

// call draws a call to a deeper service that costs at most so many spans, rather one
// that nobody calls yet.
func (b *builder) call(sv *service, budget float64) (*step, float64) {
	var fresh, known []*operation
	for l := sv.layer + 1; l < len(b.layers); l++ {
		for _, to := range b.layers[l] {
			for _, op := range to.ops {
				switch {
				case op.topic != nil || op.cost+1 > budget:
				case b.called[op]:
					known = append(known, op)
				default:
					fresh = append(fresh, op)
				}
			}
		}
	}
	from := fresh
	if len(from) == 0 || len(known) > 0 && chance(b.r, 0.4) {
		from = known
	}
	if len(from) == 0 {
		return nil, 0
	}
	op := from[b.r.IntN(len(from))]
	b.called[op] = true
	return b.callTo(sv, op), op.cost + 1
}

func (b *builder) callTo(sv *service, op *operation) *step {
	r := b.r
	st := &step{kind: stepCall, callee: op, name: clientName(sv, op), swallow: chance(r, 0.2)}
	if chance(r, 0.4) {
		st.timeout = int64(max(between(r, 8, 20)*op.hold, float64(250*time.Millisecond)))
	}
	if chance(r, 0.3) {
		st.retries = upTo(r, 1, 2)
		st.backoff = int64(between(r, 10, 60) * ms)
	}
	return st
}

// lookup draws a query, perhaps behind a cache.
func (b *builder) lookup(sv *service) step {
	q := b.query(sv, false)
	if chance(b.r, 0.35) {
		return b.cache(sv, program{q})
	}
	return q
}

func (b *builder) cache(sv *service, miss program) step {
	st := step{kind: stepCache, prob: between(b.r, 0.6, 0.95), verb: "GET", name: "GET", swallow: true, body: miss}
	if chance(b.r, 0.7) {
		st.base = b.database(sv, true)
	}
	return st
}

func (b *builder) query(sv *service, write bool) step {
	r := b.r
	base := b.database(sv, false)
	st := step{kind: stepQuery, base: base}
	if base.system == "" {
		st.name = "POST"
		st.timeout = 2 * sec
		return st
	}
	st.verb, st.table = "SELECT", tables[r.IntN(len(tables))]
	if write {
		st.verb = []string{"INSERT", "UPDATE"}[r.IntN(2)]
	}
	st.name = st.verb + " " + st.table
	if base.system == "mongodb" || base.system == "elasticsearch" {
		st.verb = map[bool]string{false: "find", true: "insert"}[write]
		st.name = st.verb + " " + st.table
	}
	return st
}

// database picks a database or a cache: a service uses few.
func (b *builder) database(sv *service, cache bool) *database {
	var fit []*database
	for _, d := range b.w.databases {
		if d.cache == cache {
			fit = append(fit, d)
		}
	}
	n := len(fit)
	return fit[(len(sv.name)+int(sv.name[0])+b.r.IntN(2))%n]
}

// message draws a message to a topic. Its consumer is an operation of a deeper
// service that does nothing else.
func (b *builder) message(sv *service) *step {
	r := b.r
	var fit []*service
	for l := sv.layer + 1; l < len(b.layers); l++ {
		fit = append(fit, b.layers[l]...)
	}
	if len(fit) == 0 {
		return nil
	}
	to := fit[r.IntN(len(fit))]
	var t *topic
	for _, known := range b.w.topics {
		if known.op.service == to {
			t = known
		}
	}
	if t == nil {
		noun := objects[r.IntN(len(objects))]
		op := &operation{service: to, slow: 1, errs: 0.001, name: "process " + to.name + "." + noun}
		op.prog = program{{kind: stepWork, time: dist{median: logBetween(r, 2, 20) * ms, sigma: 0.5, tail: 0.01}}, b.query(to, true)}
		op.expect()
		t = &topic{name: to.name + "." + noun, system: []string{"kafka", "rabbitmq"}[r.IntN(2)], op: op}
		t.poll = dist{median: logBetween(r, 1, 15) * ms, sigma: between(r, 0.4, 0.8), tail: 0.01}
		op.topic = t
		b.w.topics = append(b.w.topics, t)
		to.ops = append(to.ops, op)
	}
	b.called[t.op] = true
	return &step{kind: stepSend, topic: t, name: "send " + t.name}
}
