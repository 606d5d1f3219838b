package generate

import (
	"fmt"

	"culprit/datasets"
)

// instanceLoss loses packets of one pod of several.
func instanceLoss(p *planner) *fault {
	sv := p.service(func(sv *service) bool {
		n := len(sv.instances)
		return n >= 2 && sv.layer > 0 && sv.requests()*p.rate/float64(n) >= minRate
	})
	if sv == nil {
		return nil
	}
	in, loss := sv.instances[p.r.IntN(len(sv.instances))], between(p.r, 0.15, 0.4)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name, Instance: in.name}},
		on:       func(*simulation) { in.loss = loss },
		off:      func(*simulation) { in.loss = 0 },
		carrying: func(sp *span) bool { return sp.inst == in && sp.op != nil && sp.op.topic == nil },
		note:     fmt.Sprintf("%.0f %% of messages to or from one of %d instances are sent again after 200 ms", 100*loss, len(sv.instances)),
	}
}

// requests are the calls of the service that somebody waits for, per request from outside.
func (sv *service) requests() float64 {
	var n float64
	for _, op := range sv.ops {
		if op.topic == nil {
			n += op.calls
		}
	}
	return n
}

// connectionLoss loses first packets: whoever asks the service may wait a second for a
// connection, or three.
func connectionLoss(p *planner) *fault {
	sv := p.service(func(sv *service) bool { return sv.layer > 0 && sv.requests()*p.rate >= minRate })
	if sv == nil {
		return nil
	}
	share := between(p.r, 0.06, 0.15)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.unheard = share },
		off:      func(*simulation) { sv.unheard = 0 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("%.0f %% of connections to it are made after a second or more", 100*share),
	}
}

// refusals has a service refuse a part of the connections: no file handles are left, its
// queue of connections is full.
func refusals(p *planner) *fault {
	sv := p.service(func(sv *service) bool { return sv.layer > 0 && sv.requests()*p.rate >= minRate })
	if sv == nil {
		return nil
	}
	share := between(p.r, 0.3, 0.7)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.refuses = share },
		off:      func(*simulation) { sv.refuses = 0 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("refuses %.0f %% of connections", 100*share),
	}
}

// nameless leaves a service unable to find out the addresses of others, most of the time.
func nameless(p *planner) *fault {
	calls := func(st *step) bool { return st.kind == stepCall }
	asks := func(sv *service) (callees map[*service]bool) {
		callees = map[*service]bool{}
		for _, op := range sv.ops {
			if op.calls*p.rate >= p.least {
				for _, st := range op.find(calls) {
					callees[st.callee.service] = true
				}
			}
		}
		return callees
	}
	sv := p.service(func(sv *service) bool { return !sv.silent && len(asks(sv)) >= 2 })
	if sv == nil {
		return nil
	}
	share := between(p.r, 0.5, 0.95)
	return &fault{
		causes:   []datasets.RootCause{{Service: sv.name}},
		on:       func(*simulation) { sv.lost = share },
		off:      func(*simulation) { sv.lost = 0 },
		carrying: spansBy(sv),
		note:     fmt.Sprintf("does not find %.0f %% of those whom it asks", 100*share),
	}
}

// unreachable draws whether a call gets as far as an instance of the callee.
func (s *simulation) unreachable(from, to *service) bool {
	return from.lost > 0 && chance(s.chance, from.lost) || to.refuses > 0 && chance(s.chance, to.refuses)
}

// dialAgainAfter is when TCP asks for a connection again that nobody answered; it doubles.
const dialAgainAfter = sec

// detained is what a message to or from an instance waits for beyond the way between the
// services; connects says that it is the first of a connection.
func (s *simulation) detained(in *instance, connects bool) int64 {
	var d int64
	if in.loss > 0 {
		d += s.resend(in.loss)
	}
	if connects && in.service.unheard > 0 {
		for i := 0; i < 2 && chance(s.chance, in.service.unheard); i++ {
			d += dialAgainAfter << i
		}
	}
	return d
}
