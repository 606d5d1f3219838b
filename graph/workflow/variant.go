package workflow

import (
	"cmp"
	"maps"
	"slices"

	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// maxVariants is how many shapes of one operation are told apart; of more, those with
// the smallest hashes are kept. An operation with more shapes than this has none that
// are worth a name.
const maxVariants = 256

// variant is a shape that runs took: which stages they had, which of these several times,
// and which calls nothing came of.
type variant struct {
	parts  []part
	runs   int64
	errors int64
	took   stats.Sketch
	sample model.TraceID // the one with the smallest hash
}

// part is a stage in a shape.
type part struct {
	step    *step
	several bool
	silent  bool
}

func (p part) hash() uint64 {
	h := p.step.hash + golden
	if p.several {
		h = mix(h) + golden
	}
	if p.silent {
		h = mix(h) - golden
	}
	return mix(h)
}

// hashOf is the same whatever the order of the parts.
func hashOf(parts []part) uint64 {
	var sum uint64
	for _, p := range parts {
		sum += p.hash()
	}
	return mix(sum)
}

// remember counts the shape of the run that was just added.
func (m *Model) remember(t *graph.Trace, top int) {
	if m.pruned {
		return
	}
	parts := make([]part, len(m.touched))
	for i, s := range m.touched {
		parts[i] = part{s, s.count > 1, s.spoke}
	}
	h := hashOf(parts)
	v := m.variants[h]
	if v == nil {
		v = &variant{parts: parts, sample: t.ID}
		m.variants[h] = v
	}
	v.runs++
	if top >= 0 {
		v.took.Add(stats.LogNS(t.Spans[top].Duration))
		count(&v.errors, t.Spans[top].Status == model.StatusError)
	}
	v.show(t.ID)
	if len(m.variants) > 2*maxVariants {
		m.fitVariants()
	}
}

// show offers a trace as the sample.
func (v *variant) show(id model.TraceID) {
	if c := cmp.Or(cmp.Compare(id.Hash(), v.sample.Hash()), id.Compare(v.sample)); c < 0 {
		v.sample = id
	}
}

// fitVariants keeps the shapes with the smallest hashes.
func (m *Model) fitVariants() {
	if len(m.variants) <= maxVariants {
		return
	}
	all := slices.Sorted(maps.Keys(m.variants))
	for _, h := range all[maxVariants:] {
		m.shapeless += m.variants[h].runs
		delete(m.variants, h)
	}
}

// mergeVariant adds a variant of another model whose parts are now those given.
func (m *Model) mergeVariant(parts []part, o *variant) {
	h := hashOf(parts)
	v := m.variants[h]
	if v == nil {
		v = &variant{parts: parts, sample: o.sample}
		m.variants[h] = v
	}
	v.runs += o.runs
	v.errors += o.errors
	v.took.Merge(&o.took)
	v.show(o.sample)
}
