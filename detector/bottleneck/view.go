package bottleneck

import (
	"cmp"
	"slices"
	"strings"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

// mostInstances bounds the instances that are listed for an entry point.
const mostInstances = 200

// View lists the entry points, most time first, without predictions. only, if not nil,
// says which ones.
func (p *Profile) View(only func(service, operation string) bool) []model.EntryPaths {
	out := []model.EntryPaths{}
	for site, e := range p.entries {
		service, operation := p.table.Name(site.Service), p.table.Name(site.Operation)
		if only == nil || only(service, operation) {
			out = append(out, p.viewEntry(service, operation, e))
		}
	}
	slices.SortFunc(out, func(a, b model.EntryPaths) int {
		return cmp.Or(cmp.Compare(float64(b.MeanMS)*float64(b.Requests), float64(a.MeanMS)*float64(a.Requests)),
			strings.Compare(a.Service, b.Service), strings.Compare(a.Operation, b.Operation))
	})
	return out
}

func (p *Profile) viewEntry(service, operation string, e *entry) model.EntryPaths {
	e.prune()
	v := model.EntryPaths{
		Service: service, Operation: operation, Requests: e.requests, Errors: e.errors,
		MeanMS: e.perRequest(e.durNS),
		P50MS:  model.Number(e.quantile(0.5)),
		P95MS:  model.Number(e.quantile(0.95)),
		P99MS:  model.Number(e.quantile(0.99)),

		Predictions: []model.PathPrediction{},
	}
	all := e.ordered(p.table)
	v.Operations = p.operations(e, all)
	v.Instances = p.instances(e, all)
	v.Edges = p.edges(e, all)
	v.Stacks = p.stacks(e, all)
	return v
}

// quantile is of the durations of requests, in ms.
func (e *entry) quantile(q float64) float64 {
	if e.requests == 0 {
		return 0
	}
	return stats.UnlogMS(e.times.Quantile(q))
}

func (e *entry) perRequest(ns int64) model.Number {
	return model.Number(float64(ns) / float64(max(e.requests, 1)) / 1e6)
}

func (e *entry) share(ns int64) model.Number {
	return model.Number(float64(ns) / float64(max(e.durNS, 1)))
}

func (e *entry) each(n int64) model.Number {
	return model.Number(float64(n) / float64(max(e.requests, 1)))
}

func (p *Profile) operations(e *entry, all []*node) []model.PathOperation {
	sums := map[nodeKey]*cell{}
	var order []nodeKey
	for _, n := range all {
		k := nodeKey{n.site, n.kind}
		s := sums[k]
		if s == nil {
			s = &cell{}
			sums[k] = s
			order = append(order, k)
		}
		s.self += n.self
		s.calls += n.calls
	}
	out := []model.PathOperation{}
	for _, k := range order {
		s := sums[k]
		if s.self == 0 {
			continue // calls only, which have lines of their own
		}
		out = append(out, model.PathOperation{
			Service: p.table.Name(k.site.Service), Operation: p.table.Name(k.site.Operation), Kind: k.kind.String(),
			MS: e.perRequest(s.self), Share: e.share(s.self), Calls: e.each(s.calls),
		})
	}
	slices.SortFunc(out, func(a, b model.PathOperation) int {
		return cmp.Or(cmp.Compare(b.MS, a.MS), strings.Compare(a.Service, b.Service), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Kind, b.Kind))
	})
	return out
}

func (p *Profile) instances(e *entry, all []*node) []model.PathInstance {
	type key struct {
		site     detector.Site
		instance model.Sym
	}
	sums := map[key]cell{}
	for _, n := range all {
		for _, c := range n.cells {
			k := key{n.site, p.table.ResourceOf(c.resource).Instance}
			if k.instance == 0 {
				continue
			}
			s := sums[k]
			s.self += c.self
			s.calls += c.calls
			sums[k] = s
		}
	}
	out := []model.PathInstance{}
	for k, s := range sums {
		out = append(out, model.PathInstance{
			Service: p.table.Name(k.site.Service), Operation: p.table.Name(k.site.Operation), Instance: p.table.Name(k.instance),
			MS: e.perRequest(s.self), Share: e.share(s.self), Calls: e.each(s.calls),
		})
	}
	slices.SortFunc(out, func(a, b model.PathInstance) int {
		return cmp.Or(cmp.Compare(b.MS, a.MS), strings.Compare(a.Service, b.Service), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Instance, b.Instance))
	})
	return out[:min(len(out), mostInstances)]
}

// edges adds up the calls that go from one service to another: from the last operation of
// the caller that is no client span to the first of the callee.
func (p *Profile) edges(e *entry, all []*node) []model.PathEdge {
	type key struct{ caller, callee detector.Site }
	type sum struct{ ms, between, calls int64 }
	below := map[*node]int64{}
	for i := len(all) - 1; i >= 0; i-- {
		n := all[i]
		below[n] += n.self
		if n.up != nil {
			below[n.up] += below[n]
		}
	}
	sums := map[key]*sum{}
	for _, n := range all {
		up := n.up
		if up == nil || up.site.Service == n.site.Service {
			continue
		}
		between, whole := int64(0), below[n]
		if up.kind == Network { // its client span belongs to the call
			between, whole = up.self, below[up]
			if up.up != nil {
				up = up.up
			}
		}
		k := key{up.site, n.site}
		s := sums[k]
		if s == nil {
			s = &sum{}
			sums[k] = s
		}
		s.ms += whole
		s.between += between
		s.calls += n.calls
	}
	out := []model.PathEdge{}
	for k, s := range sums {
		out = append(out, model.PathEdge{
			Caller: p.table.Name(k.caller.Service), CallerOperation: p.table.Name(k.caller.Operation),
			Callee: p.table.Name(k.callee.Service), CalleeOperation: p.table.Name(k.callee.Operation),
			MS: e.perRequest(s.ms), BetweenMS: e.perRequest(s.between), Share: e.share(s.ms), Calls: e.each(s.calls),
		})
	}
	slices.SortFunc(out, func(a, b model.PathEdge) int {
		return cmp.Or(cmp.Compare(b.MS, a.MS), strings.Compare(a.Caller, b.Caller), strings.Compare(a.CallerOperation, b.CallerOperation),
			strings.Compare(a.Callee, b.Callee), strings.Compare(a.CalleeOperation, b.CalleeOperation))
	})
	return out
}

// mostStacks bounds the stacks that are listed: the rest has less time than any of them.
const mostStacks = 5000

func (p *Profile) stacks(e *entry, all []*node) []model.PathStack {
	frames := make(map[*node][]string, len(all))
	out := []model.PathStack{}
	for _, n := range all {
		var own []string
		if n.up != nil {
			own = frames[n.up]
		}
		own = append(slices.Clip(own), p.frame(n))
		frames[n] = own
		if n.self > 0 {
			out = append(out, model.PathStack{Frames: own, MS: e.perRequest(n.self)})
		}
	}
	slices.SortStableFunc(out, func(a, b model.PathStack) int { return cmp.Compare(b.MS, a.MS) })
	return out[:min(len(out), mostStacks)]
}

// frame names a node as a flame graph shows it.
func (p *Profile) frame(n *node) string {
	name := p.table.Name(n.site.Service)
	if op := p.table.Name(n.site.Operation); op != "" {
		name += " " + op
	}
	if n.kind == Network {
		name += " (network)"
	}
	return name
}
