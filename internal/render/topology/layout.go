package topology

import (
	"cmp"
	"slices"
)

// sweeps is how often the order in the layers is improved; more changes little.
const sweeps = 8

// placed is a service, or the place where a call passes a layer.
type placed struct {
	node  int // of Graph.Nodes; -1: a passing call
	layer int
	x, y  float64
	in    []int // places of the layer before
	out   []int // and of the next one
	bary  float64
}

// layout is a graph with places.
type layout struct {
	all    []placed
	layers [][]int // places from top to bottom
	routes [][]int // by edge: the places it goes through
}

// lay puts the graph into layers.
func lay(g *Graph) *layout {
	index := map[string]int{}
	for i := range g.Nodes {
		index[g.Nodes[i].Service] = i
	}
	callees := make([][]int, len(g.Nodes))
	calls := make([]int, len(g.Nodes)) // by how many others a service is called
	for i := range g.Edges {
		a, b := index[g.Edges[i].Caller], index[g.Edges[i].Callee]
		if a != b && !slices.Contains(callees[a], b) {
			callees[a] = append(callees[a], b)
			calls[b]++
		}
	}
	layer := layersOf(callees, calls)
	l := &layout{}
	for i := range g.Nodes {
		l.add(placed{node: i, layer: layer[i]})
	}
	for i := range g.Edges {
		a, b := index[g.Edges[i].Caller], index[g.Edges[i].Callee]
		route := []int{a}
		step := 1
		if layer[b] < layer[a] {
			step = -1
		}
		for at := layer[a] + step; a != b && layer[a] != layer[b] && at != layer[b]; at += step {
			l.add(placed{node: -1, layer: at})
			route = append(route, len(l.all)-1)
		}
		l.routes = append(l.routes, append(route, b))
		last := l.routes[i]
		for k := 1; k < len(last); k++ {
			from, to := last[k-1], last[k]
			if step < 0 {
				from, to = to, from
			}
			if l.all[from].layer != l.all[to].layer {
				l.all[from].out = append(l.all[from].out, to)
				l.all[to].in = append(l.all[to].in, from)
			}
		}
	}
	for s := range sweeps {
		l.sweep(s%2 == 0)
	}
	return l
}

func (l *layout) add(p placed) {
	for len(l.layers) <= p.layer {
		l.layers = append(l.layers, nil)
	}
	l.layers[p.layer] = append(l.layers[p.layer], len(l.all))
	l.all = append(l.all, p)
}

// layersOf gives each service the length of the longest way to it, calls back left out. A
// walk in depth begins at what nobody calls, then at what few call.
func layersOf(callees [][]int, calls []int) []int {
	n := len(callees)
	begin := make([]int, n)
	for i := range begin {
		begin[i] = i
	}
	slices.SortStableFunc(begin, func(a, b int) int {
		return cmp.Or(cmp.Compare(min(calls[a], 1), min(calls[b], 1)), cmp.Compare(len(callees[b]), len(callees[a])))
	})
	const (
		fresh = iota
		open
		done
	)
	state := make([]int, n)
	back := map[[2]int]bool{}
	var order []int // callees before callers
	type step struct{ at, next int }
	for _, root := range begin {
		if state[root] != fresh {
			continue
		}
		state[root] = open
		walk := []step{{root, 0}}
		for len(walk) > 0 {
			s := &walk[len(walk)-1]
			if s.next == len(callees[s.at]) {
				state[s.at] = done
				order = append(order, s.at)
				walk = walk[:len(walk)-1]
				continue
			}
			to := callees[s.at][s.next]
			s.next++
			switch state[to] {
			case fresh:
				state[to] = open
				walk = append(walk, step{to, 0})
			case open:
				back[[2]int{s.at, to}] = true
			}
		}
	}
	layer := make([]int, n)
	for _, at := range slices.Backward(order) {
		for _, to := range callees[at] {
			if !back[[2]int{at, to}] {
				layer[to] = max(layer[to], layer[at]+1)
			}
		}
	}
	return layer
}

// sweep orders each layer by where its neighbours in the layer before it, or after it,
// stand on average.
func (l *layout) sweep(forward bool) {
	rank := make([]float64, len(l.all))
	for _, layer := range l.layers {
		for i, p := range layer {
			rank[p] = float64(i) - float64(len(layer))/2
		}
	}
	for k := range l.layers {
		if !forward {
			k = len(l.layers) - 1 - k
		}
		layer := l.layers[k]
		for _, p := range layer {
			near := l.all[p].in
			if !forward {
				near = l.all[p].out
			}
			l.all[p].bary = rank[p]
			if len(near) > 0 {
				var sum float64
				for _, q := range near {
					sum += rank[q]
				}
				l.all[p].bary = sum / float64(len(near))
			}
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(l.all[a].bary, l.all[b].bary) })
		for i, p := range layer {
			rank[p] = float64(i) - float64(len(layer))/2
		}
	}
}
