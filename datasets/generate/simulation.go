package generate

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

// simulation runs a world for the length of a scenario. Times are ns since its start.
type simulation struct {
	agenda
	now     int64
	until   int64 // no requests come after it
	world   *world
	load    load
	effects []effect
	out     *exporter

	chance   *rand.Rand // of the work
	arrivals *rand.Rand
	dirt     *rand.Rand
	ids      *rand.Rand

	sampling float64 // share of traces that are recorded
	entryPop []float64
	crons    []cron
}

// effect changes the world at a time: a fault that begins or ends, a deploy.
type effect struct {
	at int64
	do func(*simulation)
}

// cron is a job that starts at a fixed interval.
type cron struct {
	op       *operation
	from, to int64
	every    int64
}

// drain is how long the simulation goes on after the last request, so that what is
// under way can end.
const drain = 90 * sec

// runToEnd runs the simulation to its end, or to the first error of the exporter.
func (s *simulation) runToEnd() error {
	for i := range s.effects {
		s.plan(s.effects[i].at, act{kind: actEffect, n: int32(i)})
	}
	for i := range s.crons {
		s.plan(s.crons[i].from, act{kind: actCron, n: int32(i)})
	}
	s.plan(s.load.next(s.arrivals, 0), act{kind: actArrive})
	s.plan(sec, act{kind: actFlush})
	for len(s.events) > 0 {
		e := s.next()
		if e.at > s.until+drain {
			break
		}
		s.now = e.at
		s.happen(e.act)
		if s.out.err != nil {
			return s.out.err
		}
	}
	return s.out.close()
}

func (s *simulation) happen(w act) {
	switch w.kind {
	case actArrive:
		if s.now < s.until {
			s.arrive(s.world.entries[weighted(s.arrivals, s.entryPop)].op)
			s.plan(s.load.next(s.arrivals, s.now), act{kind: actArrive})
		}
	case actCron:
		c := &s.crons[w.n]
		if s.now < c.to {
			s.arrive(c.op)
			s.plan(s.now+c.every, w)
		}
	case actFlush:
		s.out.flush(s.now)
		if s.now < s.until+drain {
			s.plan(s.now+sec, w)
		}
	case actEffect:
		s.effects[w.n].do(s)
	case actAccept:
		s.accept(w.frame)
	case actWork:
		s.work(w.frame)
	case actBurst:
		s.plan(s.now+w.frame.burst, act{kind: actBurnt, frame: w.frame})
	case actBurnt:
		w.frame.inst.cores.give(s)
		s.run(w.frame)
	case actRun:
		s.run(w.frame)
	case actConnect:
		s.connect(w.call)
	case actServe:
		s.serve(w.call)
	case actServed:
		s.served(w.call)
	case actReply:
		s.settle(w.call, w.call.result)
	case actTimeout:
		s.settle(w.call, timedOut)
	case actRetry:
		s.retry(w.call)
	case actCancel:
		s.cancel(w.frame)
	}
}

// arrive is a request from outside.
func (s *simulation) arrive(op *operation) {
	tr := &trace{
		id:      s.traceID(),
		tenant:  s.world.tenants[weighted(s.arrivals, s.world.tenantPop)],
		flags:   chance(s.arrivals, flagShare),
		sampled: true,
	}
	if s.sampling < 1 {
		tr.sampled = chance(s.dirt, s.sampling)
		tr.weight = threshold(s.sampling)
	}
	inst := s.pick(op.service)
	if inst == nil {
		return
	}
	s.accept(&frame{trace: tr, op: op, inst: inst, root: true})
}

// flagShare is the share of requests that are on the new side of feature flags.
const flagShare = 0.3

// threshold is a sampling probability as OpenTelemetry writes it into the trace state:
// the share that is rejected, in 56 bits, without trailing zeros.
func threshold(p float64) string {
	h := strconv.FormatUint(uint64((1-p)*(1<<56)), 16)
	for len(h) < 14 {
		h = "0" + h
	}
	for len(h) > 1 && h[len(h)-1] == '0' {
		h = h[:len(h)-1]
	}
	return "ot=th:" + h
}

func (s *simulation) traceID() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], s.ids.Uint64())
	binary.BigEndian.PutUint64(id[8:], s.spanID())
	return id
}

// coldness is the factor on own times of an instance that started so long ago.
func coldness(age int64) float64 {
	if age >= warm {
		return 1
	}
	return 1 + 2*(1-float64(age)/float64(warm))
}

// warm is when an instance runs at full speed after its start.
const warm = 45 * sec
