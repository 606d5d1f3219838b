package bottleneck

import (
	"cmp"
	"slices"

	"culprit/model"
)

// Merge adds what other has seen and leaves other as it was. Both must number their names
// in the same symbols.
func (p *Profile) Merge(other *Profile) {
	if p.table != other.table {
		panic("bottleneck: merging profiles of different symbols")
	}
	for site, o := range other.entries {
		e := p.entry(site)
		e.requests += o.requests
		e.errors += o.errors
		e.durNS += o.durNS
		e.times.Merge(&o.times)
		for service, s := range o.services {
			e.spread(service).Merge(s)
		}
		e.take(p, o.root)
		if e.nodes > 2*mostNodes {
			e.prune()
		}
	}
}

// take adds a tree to that of the entry point.
func (e *entry) take(p *Profile, from *node) {
	type pair struct{ to, from *node }
	todo := []pair{{e.root, from}}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		at.to.absorb(at.from)
		for k, kid := range at.from.kids {
			todo = append(todo, pair{e.below(p, at.to, k), kid})
		}
	}
}

// absorb adds the numbers of another node.
func (n *node) absorb(o *node) {
	n.self += o.self
	n.calls += o.calls
	for _, c := range o.cells {
		have := n.cell(c.resource)
		have.self += c.self
		have.calls += c.calls
	}
}

// prune keeps the mostNodes nodes that are smallest by hash, whichever came first; the
// time of the others counts for the nearest node above that is kept. No node has a
// smaller hash than the one above it, so what is kept is a tree, and what is kept in the
// end was never dropped on the way.
func (e *entry) prune() {
	if e.nodes <= mostNodes {
		return
	}
	all := e.walk()
	hashes := make([]uint64, len(all))
	for i, n := range all {
		hashes[i] = n.hash
	}
	slices.Sort(hashes)
	limit := hashes[mostNodes]
	for i := len(all) - 1; i > 0; i-- { // children before parents
		n := all[i]
		if n.hash < limit {
			continue
		}
		n.up.self += n.self
		for _, c := range n.cells {
			have := n.up.cell(c.resource)
			have.self += c.self
		}
		delete(n.up.kids, nodeKey{n.site, n.kind})
		e.nodes--
	}
}

// walk lists the nodes of an entry point, parents before children, in no other order.
func (e *entry) walk() []*node {
	all := []*node{e.root}
	for i := 0; i < len(all); i++ {
		for _, kid := range all[i].kids {
			all = append(all, kid)
		}
	}
	return all
}

// ordered lists the nodes of an entry point as [entry.walk] does, siblings by name.
func (e *entry) ordered(table *model.Symbols) []*node {
	all := []*node{e.root}
	for i := 0; i < len(all); i++ {
		begin := len(all)
		for _, kid := range all[i].kids {
			all = append(all, kid)
		}
		slices.SortFunc(all[begin:], func(a, b *node) int {
			return cmp.Or(cmp.Compare(table.Name(a.site.Service), table.Name(b.site.Service)),
				cmp.Compare(table.Name(a.site.Operation), table.Name(b.site.Operation)), cmp.Compare(a.kind, b.kind))
		})
	}
	return all
}
