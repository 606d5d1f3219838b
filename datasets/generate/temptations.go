package generate

import (
	"maps"
	"slices"
	"time"
)

// temptations are events that look like faults and are none, by name. Each arranges
// for itself in the simulation, or reports false if the world has no place for it.
var temptations = map[string]func(*simulation, *planner) bool{
	"deploy":          deploy,
	"scale-up":        scaleUp,
	"restart":         restart,
	"flash-crowd":     flashCrowd,
	"mix-shift":       mixShift,
	"long-poll":       longPoll,
	"cron":            cronJob,
	"sampling-change": samplingChange,
	"clock-step":      clockStep,
	"gap":             collectorGap,
}

// Temptations returns the names of the events that are no faults, sorted.
func Temptations() []string { return slices.Sorted(maps.Keys(temptations)) }

func (s *simulation) at(d time.Duration, do func(*simulation)) {
	s.effects = append(s.effects, effect{int64(d), do})
}

// deploy replaces the instances of a service one by one by a new version that is no
// worse, but starts cold.
func deploy(s *simulation, p *planner) bool {
	sv := p.service(func(sv *service) bool { return len(sv.instances) >= 2 })
	if sv == nil {
		return false
	}
	version, set := nextVersion(sv.instances[0].version), letters(p.r, 9)
	step := (p.plan.To - p.plan.From) / time.Duration(len(sv.instances))
	for i := range sv.instances {
		s.at(p.plan.From+time.Duration(i)*step, func(s *simulation) {
			s.replace(sv, i, version, set).since = s.now
		})
	}
	return true
}

// scaleUp adds an instance, which starts cold, and takes it away again.
func scaleUp(s *simulation, p *planner) bool {
	sv := p.service(func(sv *service) bool { return len(sv.instances) >= 2 })
	if sv == nil {
		return false
	}
	set := letters(p.r, 9)
	n := len(sv.instances)
	s.at(p.plan.From, func(s *simulation) {
		sv.instances = append(sv.instances, sv.instances[0])
		s.replace(sv, n, sv.instances[0].version, set).since = s.now
	})
	s.at(p.plan.To, func(*simulation) { sv.instances = sv.instances[:n] })
	return true
}

// restart takes one instance of several away for a while; the others carry its load.
func restart(s *simulation, p *planner) bool {
	sv := p.service(func(sv *service) bool { return len(sv.instances) >= 3 })
	if sv == nil {
		return false
	}
	in := sv.instances[p.r.IntN(len(sv.instances))]
	s.at(p.plan.From, func(*simulation) { in.down = true })
	s.at(p.plan.To, func(s *simulation) { in.down, in.since = false, s.now })
	return true
}

// flashCrowd brings two to three times the requests, which all pools can take.
func flashCrowd(s *simulation, p *planner) bool {
	k := between(p.r, 2, 3)
	for _, sv := range p.w.services {
		for _, in := range sv.instances {
			in.workers.size = int(k*float64(in.workers.size)) + 1
			in.cores.size = int(k*float64(in.cores.size)) + 1
		}
	}
	for _, b := range p.w.databases {
		b.slots.size = int(k*float64(b.slots.size)) + 1
	}
	for _, t := range p.w.topics {
		t.workers.size = int(k*float64(t.workers.size)) + 1
	}
	p.surges = append(p.surges, surge{int64(p.plan.From), int64(p.plan.To), k})
	return true
}

// mixShift makes another kind of request the most common one.
func mixShift(s *simulation, p *planner) bool {
	if len(s.entryPop) < 2 {
		return false
	}
	least, usual := 0, slices.Clone(s.entryPop)
	for i, w := range usual {
		if w < usual[least] {
			least = i
		}
	}
	s.at(p.plan.From, func(s *simulation) { s.entryPop[least] = 3 * slices.Max(usual) })
	s.at(p.plan.To, func(s *simulation) { copy(s.entryPop, usual) })
	return true
}

// longPoll adds a kind of request that is slow by design: it waits for news, up to
// half a minute. It is there before and after, too; in the stretch there is less news.
func longPoll(s *simulation, p *planner) bool {
	front := p.w.entries[0].op.service
	op := &operation{service: front, slow: 1, errs: 0.0005}
	nameOperation(op, front.name, 5, 9) // GET .../entries
	wait := dist{median: 4000 * ms, sigma: 0.7}
	op.prog = program{
		{kind: stepWork, time: dist{median: ms, sigma: 0.3}},
		{kind: stepWait, time: wait},
		{kind: stepWork, time: dist{median: ms, sigma: 0.3}},
	}
	op.expect()
	front.ops = append(front.ops, op)
	for _, in := range front.instances {
		in.workers.size += int(4 * p.rate * op.hold / float64(sec))
	}
	p.w.entries = append(p.w.entries, entry{op, 0})
	s.entryPop = append(s.entryPop, 0.08*sum(s.entryPop))
	waits := &op.prog[1].time
	s.at(p.plan.From, func(*simulation) { waits.median *= 2 })
	s.at(p.plan.To, func(*simulation) { waits.median /= 2 })
	return true
}

func sum(list []float64) float64 {
	var s float64
	for _, x := range list {
		s += x
	}
	return s
}

// cronJob adds a job that runs for itself every few minutes: much of everything, and
// nobody waits for it.
func cronJob(s *simulation, p *planner) bool {
	var callees []*operation
	for _, sv := range p.w.services {
		for _, op := range sv.ops {
			if op.topic == nil && sv.layer > 0 && op.cost <= 6 {
				callees = append(callees, op)
			}
		}
	}
	to := pickOne(p.r, callees)
	if to == nil {
		return false
	}
	job := &service{
		name: "report-job", naming: funcs, language: "python", clientSpans: true, slow: 1,
		instances: []*instance{{
			name: "report-job-0", version: "1.0.0", host: p.w.hosts[0], slow: 1,
			workers: pool{size: 4}, cores: pool{size: 4},
		}},
	}
	job.instances[0].service = job
	op := &operation{service: job, slow: 1, name: "ReportJob.run"}
	op.prog = program{
		{kind: stepWork, time: dist{median: 40 * ms, sigma: 0.3}},
		{kind: stepTimes, times: upTo(p.r, 20, 60), body: program{
			{kind: stepCall, callee: to, name: clientName(job, to), swallow: true},
			{kind: stepWork, time: dist{median: 2 * ms, sigma: 0.5}},
		}},
	}
	job.ops = []*operation{op}
	p.w.services = append(p.w.services, job)
	s.crons = append(s.crons, cron{
		op: op, from: int64(p.plan.From), to: int64(p.plan.To), every: int64(upTo(p.r, 2, 6)) * 60 * sec,
	})
	return true
}

// samplingChange records a quarter of the traces, and says so in the trace state.
func samplingChange(s *simulation, p *planner) bool {
	usual := s.sampling
	s.at(p.plan.From, func(s *simulation) { s.sampling = usual / 4 })
	s.at(p.plan.To, func(s *simulation) { s.sampling = usual })
	return true
}

// clockStep sets the clock of one host forward or back by seconds, and right again.
func clockStep(s *simulation, p *planner) bool {
	h := p.w.hosts[p.r.IntN(len(p.w.hosts))]
	jump := micros(between(p.r, -20, 20) * float64(sec))
	s.at(p.plan.From, func(*simulation) { h.skew += jump })
	s.at(p.plan.To, func(*simulation) { h.skew -= jump })
	return true
}

// collectorGap loses all spans for a while.
func collectorGap(s *simulation, p *planner) bool {
	s.out.gaps = append(s.out.gaps, stretch{int64(p.plan.From), int64(p.plan.To)})
	return true
}
