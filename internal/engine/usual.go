package engine

import (
	"time"

	"culprit/graph"
	"culprit/model"
)

// usually is who called whom in the last healthy windows in memory.
type usually struct {
	windows int
	nodes   map[string]*model.Usual
	edges   map[model.TopologyEdge]*model.Usual // by caller, callee and async only
	all     model.Topology                      // of those windows together
}

// usual puts the topology of the last healthy windows together.
func (p *past) usual() *usually {
	u := &usually{nodes: map[string]*model.Usual{}, edges: map[model.TopologyEdge]*model.Usual{}}
	all := graph.NewTopology(p.table)
	for i := len(p.retained) - 1; i >= 0 && u.windows < healthyWindows; i-- {
		if p.calm[p.retained[i].sum.From] {
			all.Merge(p.retained[i].topo)
			u.windows++
		}
	}
	seconds := float64(u.windows) * p.cfg.Window.Seconds()
	v := all.View(time.Time{}, time.Time{})
	u.all = v
	for _, n := range v.Nodes {
		u.nodes[n.Service] = usualOf(u.windows, seconds, n.Requests, n.Errors, n.P50MS, n.P95MS)
	}
	for _, c := range v.Edges {
		u.edges[edgeName(c)] = usualOf(u.windows, seconds, c.Calls, c.Errors, c.P50MS, c.P95MS)
	}
	return u
}

func edgeName(c model.TopologyEdge) model.TopologyEdge {
	return model.TopologyEdge{Caller: c.Caller, Callee: c.Callee, Async: c.Async}
}

func usualOf(windows int, seconds float64, calls, errors int64, p50, p95 model.Number) *model.Usual {
	return &model.Usual{
		Windows: windows, PerSecond: model.Number(float64(calls) / seconds), ErrorRate: model.Number(float64(errors) / float64(max(calls, 1))),
		P50MS: p50, P95MS: p95,
	}
}

// topology is that of a window beside what is usual.
func (p *past) topology(w *window, u *usually) model.Topology {
	v := w.topo.View(time.Unix(0, w.sum.From).UTC(), time.Unix(0, w.sum.To).UTC())
	for i := range v.Nodes {
		v.Nodes[i].Usual = u.nodes[v.Nodes[i].Service]
	}
	for i := range v.Edges {
		v.Edges[i].Usual = u.edges[edgeName(v.Edges[i])]
	}
	return v
}
