package graph_test

import (
	"slices"

	"culprit/graph"
	"culprit/model"
)

const tick = 1_000_000 // the times that heaps draws are whole milliseconds

// oracle is the slow, obvious version of what the assembler says about time: it looks
// at every millisecond.
type oracle struct{ *graph.Trace }

// leaves reports whether the call to span k goes through the network.
func (o oracle) leaves(k int) bool {
	p := int(o.Nodes[k].Parent)
	asked := o.Nodes[p].Role == graph.Client && o.Nodes[k].Role == graph.Server ||
		o.Nodes[p].Role == graph.Producer && o.Nodes[k].Role == graph.Consumer
	return asked || o.Spans[k].Resource != o.Spans[p].Resource
}

// runs reports whether span k runs in the millisecond after at, on p's clock.
func (o oracle) runs(p, k int, at int64, remote bool) bool {
	ps, ks := o.Spans[p], o.Spans[k]
	if at < ps.Start || at >= ps.End() {
		return false
	}
	if remote {
		for ks.Start < ps.Start { // move it inside, step by step
			ks.Start += tick
		}
		for ks.End() > ps.End() && ks.Start > ps.Start {
			ks.Start -= tick
		}
	}
	return ks.Start <= at && at < ks.End()
}

// ownTimeOracle counts own, busy and covered time out.
func ownTimeOracle(t failer, tr *graph.Trace, f *model.Fragment) {
	o := oracle{tr}
	for i := range tr.Spans {
		var waits []int
		for k, end := tr.Kids(i); k < end; k++ {
			if !tr.Nodes[k].Async {
				waits = append(waits, k)
			}
		}
		also := secondParents(tr, f, i)
		var own, busy, covered int64
		for at := tr.Spans[i].Start; at < tr.Spans[i].End(); at += tick {
			n := int64(0)
			for _, k := range waits {
				if o.runs(i, k, at, o.leaves(k)) {
					n++
				}
			}
			for _, k := range also {
				if o.runs(i, k, at, tr.Spans[k].Resource != tr.Spans[i].Resource) {
					n++
				}
			}
			busy += n * tick
			if n > 0 {
				covered += tick
			} else {
				own += tick
			}
		}
		nd := &tr.Nodes[i]
		if nd.Role == graph.Client && len(waits) == 1 && o.leaves(waits[0]) && !nd.Torn {
			own = 0
			if gap := tr.Spans[i].Duration - tr.Spans[waits[0]].Duration; !nd.HasGap || nd.Gap != gap {
				t.Fatalf("span %d has gap %d (%v), want %d", i, nd.Gap, nd.HasGap, gap)
			}
		} else if nd.HasGap {
			t.Fatalf("span %d has a gap", i)
		}
		if nd.Own != own || nd.Busy != busy || nd.Covered != covered {
			t.Fatalf("span %d: own %d, busy %d, covered %d, want %d, %d, %d", i, nd.Own, nd.Busy, nd.Covered, own, busy, covered)
		}
	}
}

// secondParents lists the spans that wait-for references hang below span p, beside its
// children.
func secondParents(tr *graph.Trace, f *model.Fragment, p int) []int {
	var out []int
	for _, r := range f.Refs {
		if r.Kind != model.RefChildOf || r.From == r.To {
			continue
		}
		for c := range tr.Spans {
			nd := &tr.Nodes[c]
			if tr.Spans[c].ID != r.From || nd.Async || int(nd.Parent) == p || nd.Parent < 0 || slices.Contains(out, c) {
				continue
			}
			if holder(tr, c, r.To) == p && !ancestor(tr, c, p) {
				out = append(out, c)
			}
		}
	}
	return out
}

// holder is the span with that ID that span c belongs to.
func holder(tr *graph.Trace, c int, id model.SpanID) int {
	best, most := -1, -1
	for i := range tr.Spans {
		if tr.Spans[i].ID != id || i == c {
			continue
		}
		points := 6 - int(tr.Spans[i].Kind) // of equals the smaller kind
		if k := tr.Spans[i].Kind; k == model.KindServer || k == model.KindConsumer {
			points += 10
		}
		if tr.Spans[i].Service == tr.Spans[c].Service {
			points += 100
		}
		if tr.Spans[i].Resource == tr.Spans[c].Resource {
			points += 1000
		}
		if points > most {
			best, most = i, points
		}
	}
	return best
}

func ancestor(tr *graph.Trace, above, below int) bool {
	for i := below; i >= 0; i = int(tr.Nodes[i].Parent) {
		if i == above {
			return true
		}
	}
	return false
}

// pathLaws checks that segments are disjoint, ordered and sum up to the main span.
func pathLaws(t failer, tr *graph.Trace, path []graph.Segment) {
	if tr.Main < 0 || tr.Spans[tr.Main].Duration == 0 {
		if len(path) > 0 {
			t.Fatalf("no time, but the path has %d segments", len(path))
		}
		return
	}
	at := tr.Spans[tr.Main].Start
	for i, s := range path {
		if s.From != at || s.To <= s.From {
			t.Fatalf("segment %d lasts from %d to %d, the one before ended at %d", i, s.From, s.To, at)
		}
		if i > 0 && path[i-1].Span == s.Span {
			t.Fatalf("segments %d and %d are one", i-1, i)
		}
		at = s.To
	}
	if end := tr.Spans[tr.Main].End(); at != end {
		t.Fatalf("the path ends at %d, the main span at %d", at, end)
	}
}
