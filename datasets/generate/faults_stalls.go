package generate

import (
	"fmt"
	"maps"
	"slices"

	"culprit/datasets"
)

// stalls are what stops an instance again and again: a collector of garbage with hardly any
// memory left, a disk that does not answer.
type stalls struct {
	every, long int64 // ns; long of every is lost
	phase       int64
}

// wait is how long what begins now has to wait until the instance goes on.
func (st stalls) wait(now int64) int64 {
	if st.every == 0 {
		return 0
	}
	return max(0, st.long-(now+st.phase)%st.every)
}

// pauses stop all that a service does, each instance at its own times.
func pauses(p *planner) *fault {
	sv := p.service(func(sv *service) bool { return sv.meanOwn() >= ms/2 })
	if sv == nil {
		return nil
	}
	long, every := int64(between(p.r, 0.3, 1.2)*float64(sec)), int64(between(p.r, 4, 8)*float64(sec))
	phases := make([]int64, len(sv.instances))
	for i := range phases {
		phases[i] = p.r.Int64N(every)
	}
	return &fault{
		causes: []datasets.RootCause{{Service: sv.name}},
		on: func(*simulation) {
			for i, in := range sv.instances {
				in.stalls = stalls{every, long, phases[i]}
			}
		},
		off: func(*simulation) {
			for _, in := range sv.instances {
				in.stalls = stalls{}
			}
		},
		carrying: spansBy(sv),
		note:     fmt.Sprintf("each instance stops for %.1f s every %.0f s", float64(long)/float64(sec), float64(every)/float64(sec)),
	}
}

// tableLock makes the queries on one table of a database wait.
func tableLock(p *planner) *fault {
	tables := map[*database]map[string]bool{}
	for _, op := range p.busy(func(*operation) bool { return true }) {
		if op.service.internal {
			continue
		}
		for _, st := range op.find(queries) {
			if tables[st.base] == nil {
				tables[st.base] = map[string]bool{}
			}
			tables[st.base][st.table] = true
		}
	}
	b := p.database(func(b *database) bool { return !b.cache && len(tables[b]) > 0 })
	if b == nil {
		return nil
	}
	names := slices.Sorted(maps.Keys(tables[b]))
	table, wait := names[p.r.IntN(len(names))], between(p.r, 0.1, 0.6)*float64(sec)
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name}},
		on:       func(*simulation) { b.locked, b.lock = table, wait },
		off:      func(*simulation) { b.locked, b.lock = "", 0 },
		carrying: func(sp *span) bool { return b.carries()(sp) && sp.step.table == table },
		note:     fmt.Sprintf("queries on %s wait %.0f ms for a lock on average", table, wait/ms),
	}
}

// cacheDown stops a cache; those who ask it do without.
func cacheDown(p *planner) *fault {
	b := p.database(func(b *database) bool { return b.cache })
	if b == nil {
		return nil
	}
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name}},
		on:       func(*simulation) { b.down = true },
		off:      func(*simulation) { b.down = false },
		carrying: b.carries(),
		note:     "refuses connections; callers go to the database",
	}
}

// impatience sets the patience of a caller below what its callee usually takes.
func impatience(p *planner) *fault {
	patient := func(st *step) bool { return st.kind == stepCall && st.timeout > 0 && st.callee.hold >= 4*ms }
	op := p.operation(func(op *operation) bool { return !op.service.silent && op.has(patient) })
	if op == nil {
		return nil
	}
	st := pickOne(p.r, op.find(patient))
	usual, less := st.timeout, int64(between(p.r, 0.5, 0.9)*st.callee.hold)
	return &fault{
		causes:   op.places(st),
		on:       func(*simulation) { st.timeout = less },
		off:      func(*simulation) { st.timeout = usual },
		carrying: spansOf(op),
		note:     fmt.Sprintf("waits %.0f ms for %s of %s, which takes %.0f ms", float64(less)/ms, st.callee.name, st.target(), st.callee.hold/ms),
	}
}
