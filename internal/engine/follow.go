package engine

import (
	"cmp"
	"maps"
	"slices"

	"culprit/detector"
	"culprit/model"
)

// followed are the charts of an open incident. They begin with the windows that were in
// memory when it opened and grow with each further one; the band stays that of the
// opening. They are part of the snapshot, so that a restart changes no chart.
type followed struct {
	charts     []model.Chart
	quantities []quantity // parallel
}

// follow adds a window (nil: none came) to the charts of the open incidents, and begins
// those of the new ones. lead is what the window at hand rests on.
func (e *Engine) follow(w *window) {
	if w == nil {
		return
	}
	for _, f := range e.following {
		for i := range f.charts {
			e.extend(&f.charts[i], f.quantities[i], w)
		}
	}
	for _, in := range e.tracker.Judged() {
		if e.following[in.ID] == nil {
			e.following[in.ID] = e.begin(&in)
		}
	}
}

// begin draws what an incident is about: what its first suspect rests on, that
// operation, and the entry point that feels it most.
func (e *Engine) begin(in *model.Incident) *followed {
	var qs []quantity
	if s := e.shown; s != nil && s.cause.Lead != nil && len(in.Suspects) > 0 && same(s.first, in.Suspects[0]) {
		if q, ok := ofLead(s.cause.Lead); ok {
			qs = append(qs, q)
		}
	}
	if len(in.Suspects) > 0 {
		first := &in.Suspects[0]
		service, operation := first.Service, first.Operation
		if operation == "" && len(first.Evidence) > 0 { // the suspect is a service: what was measured
			service, operation = first.Evidence[0].Service, first.Evidence[0].Operation
		}
		if site, ok := e.site(service, operation); ok {
			qs = append(qs, ofSite(site)...)
		}
	}
	if len(in.Impact.EntryPoints) > 0 {
		if site, ok := e.site(in.Impact.EntryPoints[0].Service, in.Impact.EntryPoints[0].Operation); ok {
			qs = append(qs, ofEntry(site)...)
		}
	}
	f := &followed{}
	for _, q := range qs {
		if c := e.chart(q); len(c.At) > 0 {
			f.charts, f.quantities = append(f.charts, c), append(f.quantities, q)
		}
	}
	return f
}

func (p *past) site(service, operation string) (detector.Site, bool) {
	svc, op, ok := p.table.Find(service, operation)
	return detector.Site{Service: svc, Operation: op}, ok
}

// forget lets go of the charts of incidents that are no longer open.
func (e *Engine) forget() {
	open := map[string]bool{}
	for _, in := range e.tracker.Judged() {
		open[in.ID] = true
	}
	maps.DeleteFunc(e.following, func(id string, _ *followed) bool { return !open[id] })
}

// copies of charts: what was published does not grow.
func (f *followed) copies() []model.Chart {
	out := slices.Clone(f.charts)
	for i := range out {
		c := &out[i]
		c.At, c.Value, c.High = slices.Clone(c.At), slices.Clone(c.Value), append([]model.Number{}, c.High...)
	}
	return out
}

// keptFollow is followed in a snapshot, with names instead of numbers.
type keptFollow struct {
	ID         string
	Charts     []model.Chart
	Quantities []keptQuantity
}

type keptQuantity struct {
	Name, Unit string
	Family     detector.Family
	Names      [7]string // site, parent, child: service and operation each; callee
}

func (e *Engine) keepFollowing() []keptFollow {
	var out []keptFollow
	for id, f := range e.following {
		k := keptFollow{ID: id, Charts: f.copies()}
		for _, q := range f.quantities {
			x := keptQuantity{Name: q.name, Unit: q.unit, Family: q.key.Family}
			for i, s := range []detector.Site{q.key.Site, q.key.Parent, q.key.Child} {
				x.Names[2*i], x.Names[2*i+1] = e.table.Name(s.Service), e.table.Name(s.Operation)
			}
			x.Names[6] = e.table.Name(q.key.Callee)
			k.Quantities = append(k.Quantities, x)
		}
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b keptFollow) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (e *Engine) restoreFollowing(kept []keptFollow) {
	e.following = map[string]*followed{}
	for _, k := range kept {
		f := &followed{charts: k.Charts}
		for _, x := range k.Quantities {
			q := quantity{name: x.Name, unit: x.Unit, key: detector.Key{Family: x.Family}}
			for i, s := range []*detector.Site{&q.key.Site, &q.key.Parent, &q.key.Child} {
				if x.Names[2*i] != "" {
					s.Service = e.table.Service(x.Names[2*i])
					s.Operation = e.table.Operation(s.Service, x.Names[2*i+1])
				}
			}
			if x.Names[6] != "" {
				q.key.Callee = e.table.Service(x.Names[6])
			}
			f.quantities = append(f.quantities, q)
		}
		e.following[k.ID] = f
	}
}
