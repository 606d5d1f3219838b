package graph

import (
	"cmp"
	"maps"
	"slices"

	"culprit/model"
)

// mostEdges bounds what hostile names can cost: an edge takes 0.2 to 6 KB. A system of
// 2,000 services has some 10,000 edges.
const mostEdges = 20_000

// Merge adds what other has seen and leaves other as it was. Both must number their
// names in the same symbols.
func (p *Topology) Merge(other *Topology) {
	if p.symbols != other.symbols {
		panic("graph: merging topologies of different symbols")
	}
	p.take(other, func(y model.Sym) model.Sym { return y })
	if len(p.edges) > 2*mostEdges {
		p.prune()
	}
}

// take adds what other has seen, under the numbers that num gives.
func (p *Topology) take(other *Topology, num func(model.Sym) model.Sym) {
	for service, o := range other.nodes {
		v := p.node(num(service))
		v.emits = v.emits || o.emits
		v.own.merge(&o.own)
		v.seen.merge(&o.seen)
		for i := range v.votes {
			v.votes[i] += o.votes[i]
		}
		for y := range o.ops {
			v.ops[num(y)] = struct{}{}
		}
		for y := range o.seenOps {
			v.seenOps[num(y)] = struct{}{}
		}
		for y := range o.emitters {
			v.emitters[num(y)] = struct{}{}
		}
	}
	for l, o := range other.edges {
		p.edge(link{num(l.caller), num(l.callee), l.async}).merge(o)
	}
}

func (c *traffic) merge(o *traffic) {
	c.calls += o.calls
	c.errors += o.errors
	c.times.Merge(&o.times)
	c.gaps += o.gaps
	c.gapSum += o.gapSum
}

// prune keeps the mostEdges edges that are smallest by (hash, names), whichever came
// first. An edge that is kept in the end was never dropped on the way, so its counts
// are whole.
func (p *Topology) prune() {
	if len(p.edges) <= mostEdges {
		return
	}
	type ranked struct {
		link
		names string
		hash  uint64
	}
	all := make([]ranked, 0, len(p.edges))
	for l := range maps.Keys(p.edges) {
		names := p.symbols.Name(l.caller) + "\x00" + p.symbols.Name(l.callee)
		if l.async {
			names += "\x00"
		}
		all = append(all, ranked{l, names, model.HashString(names)})
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.names, b.names))
	})
	for _, r := range all[mostEdges:] {
		delete(p.edges, r.link)
	}
}
