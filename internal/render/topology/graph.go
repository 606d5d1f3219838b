package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"culprit/model"
)

// The marks of a service or a call in a difference.
const (
	New    = "new"
	Gone   = "gone"
	Slower = "slower"
	Faster = "faster"
)

const (
	// muchSlower is the ratio of medians from which a drawing says slower, or faster.
	muchSlower = 1.25
	// least is the difference, in ms, below which it does not.
	least = 1
)

// Graph is what is drawn.
type Graph struct {
	Nodes []Node `json:"nodes"` // by service
	Edges []Edge `json:"edges"` // by caller, callee, async
	diff  bool
}

// Node is a service. Of one stretch there is no Before.
type Node struct {
	Service string              `json:"service"`
	Type    string              `json:"type"`
	Mark    string              `json:"mark,omitempty"`
	Before  *model.TopologyNode `json:"before,omitempty"`
	Now     *model.TopologyNode `json:"now,omitempty"`
}

// Edge is calls from one service to another.
type Edge struct {
	Caller string              `json:"caller"`
	Callee string              `json:"callee"`
	Async  bool                `json:"async"`
	Mark   string              `json:"mark,omitempty"`
	Before *model.TopologyEdge `json:"before,omitempty"`
	Now    *model.TopologyEdge `json:"now,omitempty"`
}

// Of is the graph of one stretch.
func Of(now model.Topology) *Graph { return build(nil, &now) }

// Between is the graph of two stretches, with marks on what differs.
func Between(before, now model.Topology) *Graph { return build(&before, &now) }

func build(before, now *model.Topology) *Graph {
	g := &Graph{Nodes: []Node{}, Edges: []Edge{}, diff: before != nil}
	nodes := map[string]*Node{}
	node := func(service string) *Node {
		n := nodes[service]
		if n == nil {
			n = &Node{Service: service}
			nodes[service] = n
		}
		return n
	}
	type link struct {
		caller, callee string
		async          bool
	}
	edges := map[link]*Edge{}
	edge := func(e *model.TopologyEdge) *Edge {
		node(e.Caller)
		node(e.Callee)
		k := link{e.Caller, e.Callee, e.Async}
		if edges[k] == nil {
			edges[k] = &Edge{Caller: e.Caller, Callee: e.Callee, Async: e.Async}
		}
		return edges[k]
	}
	if before != nil {
		for i := range before.Nodes {
			node(before.Nodes[i].Service).Before = &before.Nodes[i]
		}
		for i := range before.Edges {
			edge(&before.Edges[i]).Before = &before.Edges[i]
		}
	}
	for i := range now.Nodes {
		node(now.Nodes[i].Service).Now = &now.Nodes[i]
	}
	for i := range now.Edges {
		edge(&now.Edges[i]).Now = &now.Edges[i]
	}
	for _, n := range nodes {
		n.Type = "service"
		for _, side := range []*model.TopologyNode{n.Before, n.Now} {
			if side != nil {
				n.Type = side.Type
			}
		}
		if g.diff {
			n.Mark = mark(n.Before != nil, n.Now != nil, func() (b, a model.Number) { return n.Before.P50MS, n.Now.P50MS })
		}
		g.Nodes = append(g.Nodes, *n)
	}
	for _, e := range edges {
		if g.diff {
			e.Mark = mark(e.Before != nil, e.Now != nil, func() (b, a model.Number) { return e.Before.P50MS, e.Now.P50MS })
		}
		g.Edges = append(g.Edges, *e)
	}
	slices.SortFunc(g.Nodes, func(a, b Node) int { return strings.Compare(a.Service, b.Service) })
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(strings.Compare(a.Caller, b.Caller), strings.Compare(a.Callee, b.Callee), strings.Compare(a.async(), b.async()))
	})
	return g
}

func (e *Edge) async() string {
	if e.Async {
		return "async"
	}
	return ""
}

// mark says how something differs.
func mark(before, now bool, medians func() (b, a model.Number)) string {
	switch {
	case !before && !now:
		return ""
	case !before:
		return New
	case !now:
		return Gone
	}
	switch b, a := medians(); {
	case a-b >= least && a >= muchSlower*b:
		return Slower
	case b-a >= least && b >= muchSlower*a:
		return Faster
	}
	return ""
}

// Label says how many calls there were and how long they took.
func (n *Node) Label() string {
	return label(n.Before != nil, n.Now != nil, func(now bool) (int64, int64, model.Number) {
		s := n.Before
		if now {
			s = n.Now
		}
		return s.Requests, s.Errors, s.P50MS
	})
}

// Label says how many calls there were and how long they took.
func (e *Edge) Label() string {
	return label(e.Before != nil, e.Now != nil, func(now bool) (int64, int64, model.Number) {
		s := e.Before
		if now {
			s = e.Now
		}
		return s.Calls, s.Errors, s.P50MS
	})
}

func label(before, now bool, of func(now bool) (calls, errors int64, p50 model.Number)) string {
	one := func(now bool) string {
		calls, errors, p50 := of(now)
		s := fmt.Sprintf("%s x %s", count(calls), millis(p50))
		if errors > 0 {
			s += fmt.Sprintf(", %s fail", percent(float64(errors)/float64(max(calls, 1))))
		}
		return s
	}
	switch {
	case before && now:
		_, _, was := of(false)
		return one(true) + " (was " + millis(was) + ")"
	case before:
		return "was " + one(false)
	case now:
		return one(true)
	}
	return ""
}

func count(n int64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

func percent(x float64) string {
	if x < 0.001 {
		return "<0.1 %"
	}
	return fmt.Sprintf("%.3g %%", 100*x)
}

func millis(ms model.Number) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.3g s", float64(ms)/1000)
	case ms >= 0.1:
		return fmt.Sprintf("%.3g ms", float64(ms))
	}
	return fmt.Sprintf("%.3g µs", float64(ms)*1000)
}
