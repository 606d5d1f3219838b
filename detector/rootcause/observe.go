package rootcause

import (
	"culprit/detector"
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// observation is one span's value of the quantity that a cause rests on, and the
// dimensions it may depend on.
type observation struct {
	trace model.TraceID
	x     float64
	dims  []model.Attr
}

// The dimensions that come from the emitter of a span. Instance is a level of its
// own; the others are named as attributes.
const (
	instanceKey = "\x00instance"
	versionKey  = "service.version"
	hostKey     = "host.name"
)

// observe collects the values of a cause's leading quantity from sampled traces.
func (s *Scene) observe(traces []*model.Fragment, c *Cause) []observation {
	var out []observation
	keys := emitterKeys{s.Table.Key(instanceKey), s.Table.Key(versionKey), s.Table.Key(hostKey)}
	s.each(traces, func(t *graph.Trace) {
		for i := range t.Spans {
			x, who, ok := s.value(t, i, c)
			if !ok {
				continue
			}
			out = append(out, observation{t.ID, x, s.dims(t, i, who, keys)})
		}
	})
	return out
}

// value is what span i says about the quantity, and which span's emitter it is the
// business of; ok is false if it says nothing.
func (s *Scene) value(t *graph.Trace, i int, c *Cause) (x float64, who int, ok bool) {
	n, sp := &t.Nodes[i], &t.Spans[i]
	site := detector.Site{Service: sp.Service, Operation: sp.Operation}
	k := &c.Lead.Key
	switch k.Family {
	case detector.OwnTime, detector.Tail:
		if n.Opaque {
			if n.Callee != k.Site.Service || s.Table.Name(sp.Operation) != s.Table.Name(k.Site.Operation) {
				return 0, 0, false
			}
			return nats(n.Own), -1, true
		}
		return nats(n.Own), i, site == k.Site && !n.HasGap && !n.Torn
	case detector.EdgeGap:
		if !n.HasGap || sp.Service != c.Site.Service && n.Callee != c.Site.Service {
			return 0, 0, false
		}
		who = i
		if n.Callee == c.Site.Service {
			who = int(n.Kids)
		}
		return nats(max(0, n.Gap)), who, true
	case detector.Errors:
		if n.Opaque && n.Callee == k.Site.Service && s.Table.Name(sp.Operation) == s.Table.Name(k.Site.Operation) {
			return failed(sp), -1, true
		}
		return failed(sp), i, site == k.Site
	case detector.Concurrency:
		if site != k.Site || n.NKids < 2 || n.Covered == 0 {
			return 0, 0, false
		}
		return nats(n.Busy) - nats(n.Covered), i, true
	case detector.Calls, detector.Repeats:
		if site != k.Site || parentOf(t, i) != k.Parent || t.Marks&(graph.Orphans|graph.NoRoot) != 0 {
			return 0, 0, false
		}
		lo, hi := t.Kids(i)
		for j := lo; j < hi; j++ {
			if reached(t, j) == k.Child {
				x++
				if k.Family == detector.Calls {
					break
				}
			}
		}
		return x, i, true
	}
	return 0, 0, false
}

// reached is the operation that a call reached, as [detector.Observer] counts it; a
// callee without spans keeps its caller's name here.
func reached(t *graph.Trace, i int) detector.Site {
	if t.Nodes[i].HasGap {
		i = int(t.Nodes[i].Kids)
	}
	return detector.Site{Service: t.Spans[i].Service, Operation: t.Spans[i].Operation}
}

func parentOf(t *graph.Trace, i int) detector.Site {
	p := t.Nodes[i].Parent
	if p < 0 {
		return detector.Site{}
	}
	return detector.Site{Service: t.Spans[p].Service, Operation: t.Spans[p].Operation}
}

func nats(ns int64) float64 { return float64(stats.LogNS(ns)) / stats.LogOne }

func failed(s *model.Span) float64 {
	if s.Status == model.StatusError {
		return 1
	}
	return 0
}

type emitterKeys struct{ instance, version, host model.Sym }

// dims lists what a span's value may depend on: its emitter, its attributes, and the
// attributes of the spans above it in the trace (the happened-before join of Pivot
// Tracing, Mace, Roelke and Fonseca, SOSP 2015). The nearest value of a key counts.
func (s *Scene) dims(t *graph.Trace, i, who int, keys emitterKeys) []model.Attr {
	var out []model.Attr
	add := func(k, v model.Sym) {
		if v == 0 || s.Table.Unbounded(k) || !s.conditions(k) {
			return
		}
		for _, d := range out {
			if d.Key == k {
				return
			}
		}
		out = append(out, model.Attr{Key: k, Value: v})
	}
	if who >= 0 {
		r := s.Table.ResourceOf(t.Spans[who].Resource)
		add(keys.instance, r.Instance)
		add(keys.version, r.Version)
		add(keys.host, r.Host)
	}
	if who > i { // the server's span knows more than its caller's
		for _, a := range t.AttrsOf(who) {
			add(a.Key, a.Value)
		}
	}
	for at := i; at >= 0; at = int(t.Nodes[at].Parent) {
		for _, a := range t.AttrsOf(at) {
			add(a.Key, a.Value)
		}
	}
	return out
}

// outcomes are attributes that a fault changes rather than depends on, and names of
// the callee that the topology knows already: none of them is a condition under which
// a fault appears.
var outcomes = map[string]bool{
	"error": true, "error.type": true, "exception.type": true,
	"http.response.status_code": true, "http.status_code": true, "http.status_text": true,
	"rpc.grpc.status_code": true, "grpc.status_code": true, "rpc.response.status_code": true,
	"otel.status_code": true, "status.code": true, "db.response.status_code": true,
	"http.response.body.size": true, "db.response.returned_rows": true,
	"server.address": true, "server.port": true, "net.peer.name": true, "net.peer.port": true,
	"peer.service": true, "peer.hostname": true, "peer.address": true, "network.peer.address": true,
	"messaging.destination.name": true, "messaging.destination": true,
}

// conditions reports whether an attribute can be a condition of a fault.
func (s *Scene) conditions(key model.Sym) bool {
	if s.outcome == nil {
		s.outcome = map[model.Sym]bool{}
	}
	is, ok := s.outcome[key]
	if !ok {
		is = outcomes[s.Table.Name(key)]
		s.outcome[key] = is
	}
	return !is
}
