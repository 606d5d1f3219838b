package graph

// mostOrphans bounds the search for what lost a child: each orphan costs a walk over
// the trace. A trace with more than that lost most of its spans, and every span with
// children is torn.
const mostOrphans = 64

const (
	below   = 1 << iota // in the orphan's own subtree
	around              // was running around the orphan
	covered             // and so was a child that it waits for
)

// tear marks the spans that may have lost the parent of an orphan.
func (a *Assembler) tear() {
	t := &a.trace
	if t.Marks&Orphans == 0 {
		return
	}
	orphans := 0
	for i := range t.Roots {
		if t.Nodes[i].Orphan {
			orphans++
		}
	}
	if orphans > mostOrphans {
		for i := range t.Nodes {
			n := &t.Nodes[i]
			n.Torn = n.Torn || n.NKids > 0
		}
		return
	}
	for i := range t.Roots {
		if t.Nodes[i].Orphan {
			a.tearAround(i)
		}
	}
}

// tearAround marks the deepest spans that were running around an orphan or, where
// there is none, every span with children that is not below the orphan.
func (a *Assembler) tearAround(o int) {
	t := &a.trace
	lost := &t.Spans[o]
	a.flags = grow(a.flags, len(t.Spans))
	for i := range t.Spans {
		s, n := &t.Spans[i], &t.Nodes[i]
		var f uint8
		switch {
		case i == o, n.Parent >= 0 && a.flags[n.Parent]&below != 0:
			f = below
		case s.Start <= lost.Start && lost.End() <= s.End():
			f = around
			if n.Parent >= 0 && !n.Async {
				a.flags[n.Parent] |= covered
			}
		}
		a.flags[i] = f
	}
	found := false
	for i, f := range a.flags {
		if f&around != 0 && f&covered == 0 {
			t.Nodes[i].Torn = true
			found = true
		}
	}
	if found {
		return
	}
	for i, f := range a.flags {
		if f&below == 0 && t.Nodes[i].NKids > 0 {
			t.Nodes[i].Torn = true
		}
	}
}
