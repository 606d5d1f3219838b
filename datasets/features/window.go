package features

import (
	"math"
	"slices"

	"culprit/detector"
	"culprit/internal/stats"
)

// Window gives the rows of a window, by operation and caller: what was measured and, from the
// judgement, what was unusual about it.
func (t *Table) Window(s *detector.Summary, j detector.Judgement) []Row {
	names := detector.NamesOf(t.table)
	keys := make([]detector.ContextKey, 0, len(s.Contexts))
	for k := range s.Contexts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b detector.ContextKey) int {
		if c := names.Compare(a.Site, b.Site); c != 0 {
			return c
		}
		return names.Compare(a.Parent, b.Parent)
	})
	gaps := map[detector.Site]*stats.Moments{}
	for k, e := range s.Edges {
		m := gaps[k.Site]
		if m == nil {
			m = &stats.Moments{}
			gaps[k.Site] = m
		}
		m.Merge(e.Gap)
	}
	found := index(j)
	out := make([]Row, 0, len(keys))
	for _, k := range keys {
		r := t.operation(s.From, k, s.Contexts[k])
		if m := gaps[k.Site]; m != nil && s.Contexts[k].Client && m.N > 0 {
			r.GapMeanMS = ptr(stats.UnlogMS(m.Mean()))
		}
		found.fill(&r, k)
		out = append(out, r)
	}
	return out
}

// operation is what was measured of an operation below a caller.
func (t *Table) operation(from int64, k detector.ContextKey, c *detector.Context) Row {
	r := t.row(KindOperation, from, k.Site.Service, k.Site.Operation)
	if k.Parent != (detector.Site{}) {
		r.ParentService, r.ParentOperation = ptr(t.table.Name(k.Parent.Service)), ptr(t.table.Name(k.Parent.Operation))
	}
	r.Uninstrumented, r.Client = &c.Opaque, &c.Client
	r.Spans, r.Traces = &c.Spans, &c.Groups
	r.ErrorSpans, r.ErrorStarts, r.Timeouts = &c.Errors, &c.Starts, &c.Timeouts
	r.Callees = ptr(int64(len(c.Calls)))
	if c.Own.N > 0 {
		r.OwnMeanMS = ptr(stats.UnlogMS(c.Own.Mean()))
		r.OwnSpread = ptr(math.Sqrt(c.Own.Var()))
		r.OwnP50MS = ptr(stats.UnlogMS(c.Sketch.Quantile(0.5)))
		r.OwnP95MS = ptr(stats.UnlogMS(c.Sketch.Quantile(0.95)))
		r.OwnTotalMS = ptr(float64(c.OwnNS) / 1e6)
	}
	if c.Conc.N > 0 {
		r.AtOnce = ptr(math.Exp(c.Conc.Mean()))
	}
	return r
}

// judged is evidence by where it belongs: families that are measured for an operation
// below each caller go by the context, the others by the operation.
type judged map[detector.Key]*detector.Evidence

// families are where the evidence of a family is written.
var families = map[detector.Family]struct {
	column  detector.Family // families in one column share the first of them
	context bool
}{
	detector.OwnTime:     {detector.OwnTime, false},
	detector.EdgeGap:     {detector.EdgeGap, false},
	detector.Errors:      {detector.Errors, false},
	detector.Tail:        {detector.Tail, false},
	detector.Calls:       {detector.Calls, true},
	detector.Stops:       {detector.Calls, true},
	detector.Answers:     {detector.Calls, true},
	detector.Repeats:     {detector.Calls, true},
	detector.Concurrency: {detector.Concurrency, true},
}

// index keeps the largest evidence, in size, of each column and operation.
func index(j detector.Judgement) judged {
	out := judged{}
	for i := range j.Evidence {
		e := &j.Evidence[i]
		f, ok := families[e.Key.Family]
		if !ok {
			continue
		}
		k := detector.Key{Family: f.column, Site: e.Key.Site}
		if f.context {
			k.Parent = e.Key.Parent
		}
		if have := out[k]; have == nil || math.Abs(e.Shift.Z) > math.Abs(have.Shift.Z) {
			out[k] = e
		}
	}
	return out
}

// fill writes the evidence about a context into its row.
func (d judged) fill(r *Row, k detector.ContextKey) {
	at := func(f detector.Family, z, effect **float64) {
		key := detector.Key{Family: f, Site: k.Site}
		if families[f].context {
			key.Parent = k.Parent
		}
		if e := d[key]; e != nil {
			*z = ptr(e.Shift.Z)
			if effect != nil {
				*effect = ptr(e.Shift.Effect)
			}
		}
	}
	at(detector.OwnTime, &r.OwnTimeZ, &r.OwnTimeEffect)
	at(detector.EdgeGap, &r.EdgeZ, &r.EdgeEffect)
	at(detector.Errors, &r.ErrorZ, &r.ErrorEffect)
	at(detector.Tail, &r.TailZ, nil)
	at(detector.Calls, &r.StructureZ, nil)
	at(detector.Concurrency, &r.ConcurrencyZ, nil)
}
