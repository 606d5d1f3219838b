package detector

import (
	"strings"

	"culprit/graph"
	"culprit/model"
)

// routes are attributes that say which kind of request a span serves, best first.
var routes = []string{"http.route", "url.template"}

// Contexts says below what a span stands. It belongs to one goroutine.
type Contexts struct {
	table *model.Symbols
	keys  []model.Sym
}

// NewContexts returns the contexts of spans whose names are in table.
func NewContexts(table *model.Symbols) *Contexts {
	c := &Contexts{table: table}
	for _, name := range routes {
		c.keys = append(c.keys, table.Key(name))
	}
	return c
}

// Parent is the operation above span i of a trace. An entry point that is named after
// its method alone ("GET") serves many kinds of requests; each stands below its own
// route, or a changed mix of requests would look like changed behaviour. Zero for
// every other entry point.
func (c *Contexts) Parent(t *graph.Trace, i int) Site {
	if p := t.Nodes[i].Parent; p >= 0 {
		return Site{Service: t.Spans[p].Service, Operation: t.Spans[p].Operation}
	}
	sp := &t.Spans[i]
	for _, key := range c.keys {
		for _, a := range t.AttrsOf(i) {
			if a.Key != key {
				continue
			}
			if route := c.table.Name(a.Value); !strings.Contains(c.table.Name(sp.Operation), route) {
				return Site{Service: sp.Service, Operation: c.table.Operation(sp.Service, route)}
			}
			return Site{}
		}
	}
	return Site{}
}
