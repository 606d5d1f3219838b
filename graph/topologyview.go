package graph

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"culprit/internal/stats"
	"culprit/model"
)

// View is the topology as it is published, of a stretch that the caller knows: nodes
// by name, edges by (caller, callee, async). A service that sends spans shows the
// requests that it answered; another one what its callers saw. Ask between windows,
// when no span is on its way: then it does not depend on the order of arrival.
func (p *Topology) View(from, to time.Time) model.Topology {
	all := NewTopology(p.symbols)
	all.take(p, p.symbols.Canonical)
	all.prune()
	out := model.Topology{From: from, To: to, Nodes: []model.TopologyNode{}, Edges: []model.TopologyEdge{}}
	for service, v := range all.nodes {
		out.Nodes = append(out.Nodes, all.viewNode(service, v))
	}
	for l, e := range all.edges {
		out.Edges = append(out.Edges, model.TopologyEdge{
			Caller: p.symbols.Name(l.caller), Callee: p.symbols.Name(l.callee), Async: l.async,
			Calls: e.calls, Errors: e.errors,
			P50MS: e.quantile(0.5), P95MS: e.quantile(0.95), GapMS: e.meanGap(),
		})
	}
	slices.SortFunc(out.Nodes, func(a, b model.TopologyNode) int { return strings.Compare(a.Service, b.Service) })
	slices.SortFunc(out.Edges, func(a, b model.TopologyEdge) int {
		return cmp.Or(strings.Compare(a.Caller, b.Caller), strings.Compare(a.Callee, b.Callee), compareBools(a.Async, b.Async))
	})
	return out
}

func (p *Topology) viewNode(service model.Sym, v *vertex) model.TopologyNode {
	traffic, ops, kind := &v.own, v.ops, typeService
	if !v.emits {
		traffic, ops, kind = &v.seen, v.seenOps, elected(v.votes)
	}
	n := model.TopologyNode{
		Service: p.symbols.Name(service), Type: typeNames[kind], Opaque: !v.emits,
		Requests: traffic.calls, Errors: traffic.errors,
		P50MS: traffic.quantile(0.5), P95MS: traffic.quantile(0.95),
		Operations: []string{}, Instances: []string{},
	}
	for y := range ops {
		n.Operations = append(n.Operations, p.symbols.Name(y))
	}
	for y := range v.emitters {
		if name := p.symbols.Name(p.symbols.ResourceOf(y).Instance); name != "" {
			n.Instances = append(n.Instances, name)
		}
	}
	n.Operations, n.Instances = distinct(n.Operations), distinct(n.Instances)
	return n
}

// quantile is in milliseconds, 0 without calls.
func (c *traffic) quantile(q float64) model.Number {
	if c.calls == 0 {
		return 0
	}
	return model.Number(stats.UnlogMS(c.times.Quantile(q)))
}

// meanGap is in milliseconds, 0 if no gap is known.
func (c *traffic) meanGap() model.Number {
	if c.gaps == 0 {
		return 0
	}
	return model.Number(float64(c.gapSum) / float64(c.gaps) / 1000)
}

// distinct sorts names and leaves out repetitions: two versions of an instance are two
// emitters of one name.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
