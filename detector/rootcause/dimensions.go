package rootcause

import (
	"culprit/graph"
	"culprit/model"
)

// The dimensions that come from the emitter of a span. Instance is a level of its
// own; the others are named as attributes.
const (
	instanceKey = "\x00instance"
	versionKey  = "service.version"
	hostKey     = "host.name"
)

// Dimensions lists what a span's behaviour may depend on: who emitted it and its
// attributes. It belongs to one goroutine.
type Dimensions struct {
	table                   *model.Symbols
	instance, version, host model.Sym
	outcome                 map[model.Sym]bool // attribute keys that are no conditions
}

// NewDimensions returns the dimensions of spans whose names are in table.
func NewDimensions(table *model.Symbols) *Dimensions {
	return &Dimensions{
		table: table, instance: table.Key(instanceKey), version: table.Key(versionKey), host: table.Key(hostKey),
		outcome: map[model.Sym]bool{},
	}
}

// KeyName is the name of a dimension as it is published.
func (d *Dimensions) KeyName(key model.Sym) string {
	if key == d.instance {
		return "instance"
	}
	return d.table.Name(key)
}

// Each yields the emitter and the attributes of span i that can be conditions.
func (d *Dimensions) Each(t *graph.Trace, i int, yield func(key, value model.Sym)) {
	d.emitter(t, i, yield)
	d.attributes(t, i, yield)
}

func (d *Dimensions) emitter(t *graph.Trace, i int, yield func(key, value model.Sym)) {
	r := d.table.ResourceOf(t.Spans[i].Resource)
	d.condition(d.instance, r.Instance, yield)
	d.condition(d.version, r.Version, yield)
	d.condition(d.host, r.Host, yield)
}

func (d *Dimensions) attributes(t *graph.Trace, i int, yield func(key, value model.Sym)) {
	for _, a := range t.AttrsOf(i) {
		d.condition(a.Key, a.Value, yield)
	}
}

func (d *Dimensions) condition(key, value model.Sym, yield func(key, value model.Sym)) {
	if value != 0 && !d.table.Unbounded(key) && d.conditions(key) {
		yield(key, value)
	}
}

// Above lists what the behaviour of span i may depend on: the emitter of span who (none if
// negative), its attributes, and the attributes of the spans above it in the trace (the
// happened-before join of Pivot Tracing, Mace, Roelke and Fonseca, SOSP 2015). The nearest
// value of a key counts. Below a lost span nobody knows what stood above but the entry of
// the trace.
func (d *Dimensions) Above(t *graph.Trace, i, who int) []model.Attr {
	var out []model.Attr
	add := func(k, v model.Sym) {
		for _, have := range out {
			if have.Key == k {
				return
			}
		}
		out = append(out, model.Attr{Key: k, Value: v})
	}
	if who >= 0 {
		d.emitter(t, who, add)
	}
	if who > i { // the server's span knows more than its caller's
		d.attributes(t, who, add)
	}
	top := top(t, i)
	for at := i; at >= 0; at = int(t.Nodes[at].Parent) {
		d.attributes(t, at, add)
	}
	if t.Nodes[top].Orphan && t.Main >= 0 && t.Main != top {
		d.attributes(t, t.Main, add)
	}
	return out
}

// top is the span that stands highest above span i.
func top(t *graph.Trace, i int) int {
	for t.Nodes[i].Parent >= 0 {
		i = int(t.Nodes[i].Parent)
	}
	return i
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
func (d *Dimensions) conditions(key model.Sym) bool {
	is, ok := d.outcome[key]
	if !ok {
		is = outcomes[d.table.Name(key)]
		d.outcome[key] = is
	}
	return !is
}
