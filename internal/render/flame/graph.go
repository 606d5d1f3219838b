package flame

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"culprit/internal/render"
	"culprit/model"
)

// Graph is a tree of calls. Times are ns per request.
type Graph struct {
	root *frame
	diff bool
}

// frame is a call below a chain of others.
type frame struct {
	name string
	up   *frame
	kids []*frame // by name
	self values
	all  values // with everything below
}

// values are the times before and now.
type values struct{ before, now int64 }

func (v *values) add(o values) { v.before += o.before; v.now += o.now }

// New makes a graph of one stretch.
func New(now []model.PathStack) *Graph {
	g := &Graph{root: &frame{}}
	g.add(now, func(ns int64) values { return values{now: ns} })
	g.sum()
	return g
}

// Compare makes a graph of what changed between two stretches.
func Compare(before, now []model.PathStack) *Graph {
	g := &Graph{root: &frame{}, diff: true}
	g.add(before, func(ns int64) values { return values{before: ns} })
	g.add(now, func(ns int64) values { return values{now: ns} })
	g.sum()
	return g
}

func (g *Graph) add(stacks []model.PathStack, as func(ns int64) values) {
	for _, s := range stacks {
		at := g.root
		for _, name := range s.Frames {
			at = at.below(name)
		}
		at.self.add(as(int64(float64(s.MS) * 1e6)))
	}
}

func (f *frame) below(name string) *frame {
	i, ok := slices.BinarySearchFunc(f.kids, name, func(k *frame, name string) int { return cmp.Compare(k.name, name) })
	if !ok {
		f.kids = slices.Insert(f.kids, i, &frame{name: name, up: f})
	}
	return f.kids[i]
}

// sum adds up what lies below each call.
func (g *Graph) sum() {
	all := g.list()
	for i := len(all) - 1; i >= 0; i-- {
		f := all[i]
		f.all.add(f.self)
		if f.up != nil {
			f.up.all.add(f.all)
		}
	}
}

// list gives all calls, callers before callees.
func (g *Graph) list() []*frame {
	all := []*frame{g.root}
	for i := 0; i < len(all); i++ {
		all = append(all, all[i].kids...)
	}
	return all
}

// stack names the calls from the entry point to f.
func (f *frame) stack() []string {
	var names []string
	for ; f.up != nil; f = f.up {
		names = append(names, f.name)
	}
	slices.Reverse(names)
	return names
}

// ordered gives the calls as they stand in a drawing: depth first, siblings by name.
func (g *Graph) ordered() []*frame {
	var out []*frame
	todo := slices.Clone(g.root.kids)
	slices.Reverse(todo)
	for len(todo) > 0 {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		out = append(out, f)
		for _, k := range slices.Backward(f.kids) {
			todo = append(todo, k)
		}
	}
	return out
}

// Folded writes a line for each stack: the calls, joined by semicolons, and the time in
// microseconds per request. Of two stretches it writes both times, as FlameGraph's
// difffolded.pl does.
func (g *Graph) Folded(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, f := range g.ordered() {
		before, now := micros(f.self.before), micros(f.self.now)
		if before == 0 && now == 0 {
			continue
		}
		names := f.stack()
		for i := range names {
			names[i] = strings.ReplaceAll(plain(names[i]), ";", ":")
		}
		fmt.Fprint(out, strings.Join(names, ";"))
		if g.diff {
			fmt.Fprintf(out, " %d", before)
		}
		fmt.Fprintf(out, " %d\n", now)
	}
	return out.Flush()
}

func micros(ns int64) int64 { return (ns + 500) / 1000 }

// plain is foreign text without what is no text.
func plain(s string) string { return render.Line(s) }
