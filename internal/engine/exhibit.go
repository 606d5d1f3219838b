package engine

import (
	"slices"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/graph"
	"culprit/model"
)

// shown is what the window at hand says, for as long as it is at hand.
type shown struct {
	scene *rootcause.Scene
	cause rootcause.Cause
	first model.Suspect
}

// exhibit gives the revisions that a window caused what they are shown with. A revision
// whose first suspect was measured in this window gets traces, topology and attributes;
// each gets the charts so far, so that the last one shows it all.
func (e *Engine) exhibit(events []model.Incident, w *window) {
	e.follow(w)
	e.lately = nil
	for i := range events {
		in := &events[i]
		if len(in.Suspects) == 0 {
			continue
		}
		x := &model.Exhibit{Excess: []model.ExhibitExcess{}, Charts: []model.Chart{}, Attributes: []model.AttributeSplit{}}
		if s := e.shown; s != nil && in.State == model.StateOpen && same(s.first, in.Suspects[0]) {
			e.showTraces(x, s)
			x.Attributes = rootcause.Breakdown(s.scene, &s.cause)
			x.Topology = e.around(w, in)
		}
		if f := e.following[in.ID]; f != nil {
			x.Charts = f.copies()
		}
		in.Exhibit = x
	}
	e.forget()
}

func same(a, b model.Suspect) bool {
	return a.Service == b.Service && a.Operation == b.Operation && a.Kind == b.Kind
}

// showTraces shows a trace with the fault beside the healthy one most like it.
func (e *Engine) showTraces(x *model.Exhibit, s *shown) {
	t := exemplar(s)
	if t == nil || t.Main < 0 {
		return
	}
	fall := &waterfall{table: e.table, suspect: func(t *graph.Trace, i int) bool {
		sp := &t.Spans[i]
		svc, op := e.table.Name(sp.Service), e.table.Name(sp.Operation)
		if t.Nodes[i].Opaque && e.table.Name(t.Nodes[i].Callee) == s.first.Service {
			svc = s.first.Service
		}
		return svc == s.first.Service && (s.first.Operation == "" || op == s.first.Operation)
	}}
	var now, normal spent
	x.Trace, now = fall.of(t)
	twin := e.twin(shapeOf(t), s.scene.Healthy)
	if twin == nil {
		return
	}
	x.Normal, normal = fall.of(twin)
	x.Excess = excess(e.table, x.Trace, now, normal)
}

// exemplar is the sampled trace that shows a cause best; where none does, the first
// sampled one that touches its service, or the first at all.
func exemplar(s *shown) *graph.Trace {
	all := s.scene.Traces.All
	for _, id := range s.cause.Level.Exemplars {
		if i := slices.IndexFunc(all, func(t *graph.Trace) bool { return t.ID == id }); i >= 0 {
			return all[i]
		}
	}
	if touch := s.scene.Traces.With(func(of detector.Site) bool { return of.Service == s.cause.Site.Service }); len(touch) > 0 {
		return all[touch[0]]
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// mostAround is how many services the topology of an incident shows.
const mostAround = 40

// withSilent adds a service that the window has not heard of, and who called it, as they
// usually are: one that does not answer any more would otherwise be missing from what it
// is the cause of.
func (u *usually) withSilent(t *model.Topology, service string) {
	if slices.ContainsFunc(t.Nodes, func(n model.TopologyNode) bool { return n.Service == service }) {
		return
	}
	for _, n := range u.all.Nodes {
		if n.Service != service {
			continue
		}
		n.Requests, n.Errors, n.P50MS, n.P95MS = 0, 0, number(0, false), number(0, false)
		n.Usual = u.nodes[service]
		t.Nodes = append(t.Nodes, n)
	}
	for _, c := range u.all.Edges {
		if c.Callee != service {
			continue
		}
		c.Calls, c.Errors, c.P50MS, c.P95MS, c.GapMS = 0, 0, number(0, false), number(0, false), number(0, false)
		c.Usual = u.edges[edgeName(c)]
		t.Edges = append(t.Edges, c)
	}
}

// around is the part of the topology between those who feel an incident and its cause,
// with whom the cause calls. The cause is marked; lists of names are left out.
func (e *Engine) around(w *window, in *model.Incident) *model.Topology {
	if e.lately == nil {
		e.lately = e.usual()
	}
	all := e.topology(w, e.lately)
	cause := in.Service()
	e.lately.withSilent(&all, cause)
	keep := map[string]bool{}
	for _, s := range in.Affected {
		keep[s] = true
	}
	keep[cause] = true
	for _, c := range all.Edges {
		if c.Caller == cause {
			keep[c.Callee] = true
		}
	}
	out := model.Topology{From: all.From, To: all.To, Nodes: []model.TopologyNode{}, Edges: []model.TopologyEdge{}}
	there := map[string]bool{}
	for _, n := range all.Nodes {
		if !keep[n.Service] || len(out.Nodes) == mostAround && n.Service != cause {
			continue
		}
		n.Suspect = n.Service == cause
		n.Operations, n.Instances = []string{}, []string{}
		there[n.Service] = true
		out.Nodes = append(out.Nodes, n)
	}
	for _, c := range all.Edges {
		if there[c.Caller] && there[c.Callee] && len(out.Edges) < 4*mostAround {
			out.Edges = append(out.Edges, c)
		}
	}
	return &out
}
