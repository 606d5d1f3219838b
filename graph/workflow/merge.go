package workflow

import (
	"culprit/graph"
)

// Merge adds what other has seen and leaves other as it was. Both must be of the same
// operation and number their names in the same symbols.
func (m *Model) Merge(other *Model) {
	if m.table != other.table || m.root.site != other.root.site {
		panic("workflow: merging models of different operations")
	}
	m.take(other, func(s graph.Site) graph.Site { return s })
	if m.steps > 2*maxSteps {
		m.prune()
	}
	if len(m.variants) > 2*maxVariants {
		m.fitVariants()
	}
}

// settled is the model as it is shown: within its bounds, and with names beyond theirs
// counted as [model.OtherName]. Ask when no span is on its way: then it does not depend
// on the order of arrival.
func (m *Model) settled() *Model {
	num := func(s graph.Site) graph.Site {
		return graph.Site{Service: m.table.Canonical(s.Service), Operation: m.table.Canonical(s.Operation)}
	}
	all := NewModel(m.table, num(m.root.site))
	all.take(m, num)
	all.prune()
	all.fitPairs()
	all.fitVariants()
	return all
}

// take adds what o has seen, under the sites that num gives.
func (m *Model) take(o *Model, num func(graph.Site) graph.Site) {
	if o.began > 0 {
		if m.began == 0 {
			m.from, m.to = o.from, o.to
		}
		m.from, m.to = min(m.from, o.from), max(m.to, o.to)
	}
	m.began += o.began
	m.failed += o.failed
	m.took.Merge(&o.took)
	m.shapeless += o.shapeless
	m.doubts.merge(o.doubts)

	became := map[*step]*step{}
	o.walk(func(s *step) {
		to := m.root
		if s.parent != nil {
			to = m.child(became[s.parent], num(s.site))
		}
		became[s] = to
		to.merge(s, num)
		m.fitVias(to)
	})
	o.walk(func(s *step) {
		for p, x := range s.pairs {
			a, b := became[s].kids[num(p.a)], became[s].kids[num(p.b)]
			switch {
			case a == nil || b == nil:
			case a.hash > b.hash:
				became[s].order(pair{b.site, a.site}).mergeTurned(x)
			default:
				became[s].order(pair{a.site, b.site}).merge(x)
			}
		}
	})
	if m.pruned = m.pruned || o.pruned; m.pruned {
		m.variants = map[uint64]*variant{}
		return
	}
	for _, v := range o.variants {
		parts := make([]part, len(v.parts))
		for i, p := range v.parts {
			parts[i] = part{became[p.step], p.several, p.silent}
		}
		m.mergeVariant(distinct(parts), v)
	}
}

func (o *order) mergeTurned(x *order) {
	y := x.turned()
	o.merge(&y)
}

// distinct leaves out repetitions: two names beyond the bound have become one stage.
func distinct(parts []part) []part {
	at := map[*step]int{}
	out := parts[:0]
	for _, p := range parts {
		if i, ok := at[p.step]; ok {
			out[i].several = true
			out[i].silent = out[i].silent || p.silent
			continue
		}
		at[p.step] = len(out)
		out = append(out, p)
	}
	return out
}

func (d *doubts) merge(o doubts) {
	d.torn += o.torn
	d.loose += o.loose
	d.skewed += o.skewed
	d.cyclic += o.cyclic
	d.cut += o.cut
	d.deep += o.deep
	d.untimed += o.untimed
}
