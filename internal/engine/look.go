package engine

import (
	"slices"
	"strings"

	"culprit/detector"
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// look is what the sampled traces of a window show of a site.
type look struct {
	site             detector.Site
	durations        stats.Sketch
	callers, callees map[string]*peer
	traces           int
	exemplars        []string
}

type peer struct {
	service, operation string
	calls, errors      int64
	durations          stats.Sketch
}

func newLook(s detector.Site) *look {
	return &look{site: s, callers: map[string]*peer{}, callees: map[string]*peer{}}
}

func (p *past) lookAt(traces []*graph.Trace, l *look) {
	for _, t := range traces {
		seen := false
		for i := range t.Spans {
			sp := &t.Spans[i]
			if (detector.Site{Service: sp.Service, Operation: sp.Operation}) != l.site {
				continue
			}
			seen = true
			l.durations.Add(stats.LogNS(sp.Duration))
			if parent := int(t.Nodes[i].Parent); parent >= 0 {
				p.meet(l.callers, &t.Spans[parent], sp)
			}
			lo, hi := t.Kids(i)
			for k := lo; k < hi; k++ {
				p.meet(l.callees, &t.Spans[k], &t.Spans[k])
			}
		}
		if seen {
			l.traces++
			if len(l.exemplars) < 3 {
				l.exemplars = append(l.exemplars, t.ID.String())
			}
		}
	}
}

// meet counts a call with another operation; timed is the span whose duration it took.
func (p *past) meet(m map[string]*peer, other, timed *model.Span) {
	svc, op := p.table.Name(other.Service), p.table.Name(other.Operation)
	x := m[svc+"\x00"+op]
	if x == nil {
		x = &peer{service: svc, operation: op}
		m[svc+"\x00"+op] = x
	}
	x.calls++
	if timed.Status == model.StatusError {
		x.errors++
	}
	x.durations.Add(stats.LogNS(timed.Duration))
}

// peers lists who called or was called, now or usually, with the calls per trace of
// the site.
func peers(now, usual map[string]*peer, traces, usualTraces int) []model.OperationPeer {
	out := []model.OperationPeer{}
	add := func(p *peer) *model.OperationPeer {
		out = append(out, model.OperationPeer{Service: p.service, Operation: p.operation})
		return &out[len(out)-1]
	}
	for key, p := range now {
		x := add(p)
		x.Calls, x.Errors = p.calls, p.errors
		x.P50MS, x.P95MS = percentiles(&p.durations)
		x.Now = model.Number(float64(p.calls) / float64(max(traces, 1)))
		if u := usual[key]; u != nil {
			x.Normal = model.Number(float64(u.calls) / float64(max(usualTraces, 1)))
		}
	}
	for key, u := range usual {
		if now[key] == nil {
			add(u).Normal = model.Number(float64(u.calls) / float64(max(usualTraces, 1)))
		}
	}
	slices.SortFunc(out, func(a, b model.OperationPeer) int {
		return strings.Compare(a.Service+"\x00"+a.Operation, b.Service+"\x00"+b.Operation)
	})
	return out
}
