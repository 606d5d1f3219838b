package engine

import (
	"time"

	"culprit/graph"
	"culprit/model"
)

// usually is who called whom in the last healthy windows in memory.
type usually struct {
	judgedTo int64 // when it was put together
	windows  int
	nodes    map[string]*model.Usual
	edges    map[model.TopologyEdge]*model.Usual // by caller, callee and async only
}

// usual puts the topology of the last healthy windows together, once for each window
// that was judged.
func (e *Engine) usual() *usually {
	if u := e.lately; u != nil && u.judgedTo == e.judgedTo {
		return u
	}
	u := &usually{judgedTo: e.judgedTo, nodes: map[string]*model.Usual{}, edges: map[model.TopologyEdge]*model.Usual{}}
	all := graph.NewTopology(e.table)
	for i := len(e.retained) - 1; i >= 0 && u.windows < healthyWindows; i-- {
		if e.calm[e.retained[i].sum.From] {
			all.Merge(e.retained[i].topo)
			u.windows++
		}
	}
	seconds := float64(u.windows) * e.cfg.Window.Seconds()
	v := all.View(time.Time{}, time.Time{})
	for _, n := range v.Nodes {
		u.nodes[n.Service] = usualOf(u.windows, seconds, n.Requests, n.Errors, n.P50MS, n.P95MS)
	}
	for _, c := range v.Edges {
		u.edges[edgeName(c)] = usualOf(u.windows, seconds, c.Calls, c.Errors, c.P50MS, c.P95MS)
	}
	e.lately = u
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

// view is the topology of a window beside what is usual.
func (e *Engine) view(w *window) model.Topology {
	v := w.topo.View(time.Unix(0, w.sum.From).UTC(), time.Unix(0, w.sum.To).UTC())
	u := e.usual()
	for i := range v.Nodes {
		v.Nodes[i].Usual = u.nodes[v.Nodes[i].Service]
	}
	for i := range v.Edges {
		v.Edges[i].Usual = u.edges[edgeName(v.Edges[i])]
	}
	return v
}
