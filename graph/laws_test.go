package graph_test

import (
	"cmp"
	"encoding/binary"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// heaps draws piles of spans with everything that may be wrong with them: parents that
// are missing, later, shared or in a circle; clocks that differ; references. Times are
// small, so that the slow oracles can count them out.
func heaps() *rapid.Generator[*model.Fragment] {
	return rapid.Custom(func(t *rapid.T) *model.Fragment {
		f := &model.Fragment{Trace: model.TraceID{1}}
		n := rapid.IntRange(1, 14).Draw(t, "spans")
		id := rapid.IntRange(1, n+1) // n+1 is never there
		for i := range n {
			s := model.Span{
				ID:       tracetest.ID(i + 1),
				Start:    rapid.Int64Range(0, 60).Draw(t, "start") * 1_000_000,
				Duration: rapid.Int64Range(0, 40).Draw(t, "duration") * 1_000_000,
				Service:  model.Sym(rapid.IntRange(1, 3).Draw(t, "service")),
				Kind:     model.Kind(rapid.IntRange(0, 5).Draw(t, "kind")),
			}
			s.Resource = 10*s.Service + model.Sym(rapid.IntRange(0, 1).Draw(t, "instance"))
			s.Operation = s.Resource
			if i > 0 {
				switch rapid.IntRange(0, 9).Draw(t, "parent") {
				case 0:
				case 1:
					s.Parent = tracetest.ID(id.Draw(t, "parent ID"))
				default:
					s.Parent = tracetest.ID(rapid.IntRange(1, i).Draw(t, "earlier ID"))
				}
				if rapid.IntRange(0, 9).Draw(t, "shared") == 0 {
					s.ID = f.Spans[i-1].ID
				}
			}
			switch rapid.IntRange(0, 9).Draw(t, "mark") {
			case 0:
				s.Flags = model.FollowsFrom
			case 1:
				s.Peer = 3
			case 2:
				f.Refs = append(f.Refs, model.Ref{
					From: s.ID, Trace: f.Trace, To: tracetest.ID(id.Draw(t, "refers to")),
					Kind: model.RefKind(rapid.IntRange(1, 3).Draw(t, "reference")),
				})
			}
			f.Spans = append(f.Spans, s)
		}
		return f
	})
}

// snapshot copies what the next call would overwrite.
func snapshot(t *graph.Trace) graph.Trace {
	c := *t
	c.Spans, c.Nodes = slices.Clone(t.Spans), slices.Clone(t.Nodes)
	c.Attrs, c.Refs = nil, nil
	return c
}

// The order of spans and references does not matter.
func TestOrderDoesNotMatter(t *testing.T) {
	a := graph.NewAssembler(graph.Config{MaxSpans: 12})
	rapid.Check(t, func(t *rapid.T) {
		f := heaps().Draw(t, "heap")
		want := snapshot(a.Assemble(f))
		shuffle(f, rapid.Uint64().Draw(t, "seed"))
		if d := gocmp.Diff(want, snapshot(a.Assemble(f))); d != "" {
			t.Fatalf("another order gives another trace (-want +got):\n%s", d)
		}
	})
}

// Copies do not matter, shorter ones included.
func TestCopiesDoNotMatter(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	rapid.Check(t, func(t *rapid.T) {
		f := heaps().Draw(t, "heap")
		want := snapshot(a.Assemble(f))
		for range rapid.IntRange(1, 5).Draw(t, "copies") {
			s := f.Spans[rapid.IntRange(0, len(f.Spans)-1).Draw(t, "of")]
			if same(f.Spans, s) > 1 {
				continue // it has copies that differ: which one is kept is another law
			}
			s.Duration -= rapid.Int64Range(0, s.Duration).Draw(t, "shorter by")
			f.Spans = append(f.Spans, s)
			want.Dups++
			want.Marks |= graph.Duplicates
		}
		shuffle(f, rapid.Uint64().Draw(t, "seed"))
		if d := gocmp.Diff(want, snapshot(a.Assemble(f))); d != "" {
			t.Fatalf("copies change the trace (-want +got):\n%s", d)
		}
	})
}

func same(spans []model.Span, s model.Span) (n int) {
	for i := range spans {
		if spans[i].ID == s.ID && spans[i].Kind == s.Kind && spans[i] != s {
			n++
		}
	}
	return n + 1
}

// Assembling leaves the fragment alone.
func TestAssembleOnlyReads(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	rapid.Check(t, func(t *rapid.T) {
		f := heaps().Draw(t, "heap")
		before := slices.Clone(f.Spans)
		a.Assemble(f)
		if !slices.Equal(before, f.Spans) {
			t.Fatal("the fragment has changed")
		}
	})
}

// Whatever comes in, the trace keeps the promises of its type.
func TestLaws(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	var c graph.CriticalPath
	rapid.Check(t, func(t *rapid.T) {
		f := heaps().Draw(t, "heap")
		tr := a.Assemble(f)
		laws(t, f, tr)
		ownTimeOracle(t, tr, f)
		pathLaws(t, tr, c.Of(tr))
	})
}

// failer is what rapid, fuzz and plain tests have in common.
type failer interface{ Fatalf(string, ...any) }

// laws checks what the comments of Trace and Node promise.
func laws(t failer, f *model.Fragment, tr *graph.Trace) {
	n := len(tr.Spans)
	if n+tr.Dups > len(f.Spans) || n+tr.Dups < len(f.Spans) && tr.Marks&graph.Truncated == 0 {
		t.Fatalf("%d spans and %d copies came of %d spans", n, tr.Dups, len(f.Spans))
	}
	if n != len(tr.Nodes) || tr.Roots > n || n > 0 && (tr.Roots < 1 || tr.Main < 0 || tr.Main >= n) {
		t.Fatalf("%d spans, %d nodes, %d roots, main %d", n, len(tr.Nodes), tr.Roots, tr.Main)
	}
	next := int32(tr.Roots) // children of the spans so far end here
	var marks graph.Marks
	roots := 0
	for i := range tr.Spans {
		s, nd := &tr.Spans[i], &tr.Nodes[i]
		if nd.Kids != next || nd.NKids < 0 {
			t.Fatalf("children of span %d begin at %d, want %d", i, nd.Kids, next)
		}
		next += nd.NKids
		if (nd.Parent < 0) != (i < tr.Roots) || int(nd.Parent) >= i {
			t.Fatalf("span %d of %d roots has parent %d", i, tr.Roots, nd.Parent)
		}
		if nd.Parent >= 0 {
			if lo, hi := tr.Kids(int(nd.Parent)); i < lo || i >= hi {
				t.Fatalf("span %d is not among the children of its parent %d", i, nd.Parent)
			}
		}
		if i > 0 && tr.Nodes[i-1].Parent == nd.Parent && earlier(&tr.Spans[i-1], s) >= 0 {
			t.Fatalf("siblings %d and %d are out of order", i-1, i)
		}
		if nd.Orphan {
			marks |= graph.Orphans
			if nd.Parent >= 0 || s.Parent.IsZero() {
				t.Fatalf("span %d is an orphan with parent %d", i, nd.Parent)
			}
		}
		if nd.Parent < 0 && s.Parent.IsZero() {
			roots++
		}
		if nd.Own < 0 || nd.Own > s.Duration || nd.Covered < 0 || nd.Covered > s.Duration || nd.Busy < nd.Covered {
			t.Fatalf("span %d of %d ns: own %d, covered %d, busy %d", i, s.Duration, nd.Own, nd.Covered, nd.Busy)
		}
		if !nd.HasGap && nd.Own+nd.Covered != s.Duration {
			t.Fatalf("span %d of %d ns: own %d and covered %d do not add up", i, s.Duration, nd.Own, nd.Covered)
		}
		if nd.HasGap && (nd.Role != graph.Client || nd.Own != 0 || nd.Torn) || !nd.HasGap && nd.Gap != 0 {
			t.Fatalf("span %d has gap %d with %+v", i, nd.Gap, nd)
		}
		if nd.Opaque && (nd.Role != graph.Client || nd.NKids > 0 || nd.Callee == 0) {
			t.Fatalf("span %d is opaque with %+v", i, nd)
		}
	}
	if roots > 1 {
		marks |= graph.ManyRoots
	}
	if roots == 0 && n > 0 {
		marks |= graph.NoRoot
	}
	if got := tr.Marks & (graph.ManyRoots | graph.NoRoot); got != marks&^graph.Orphans {
		t.Fatalf("marks %b, want %b", tr.Marks, marks)
	}
	if marks&^tr.Marks != 0 {
		t.Fatalf("marks %b lack some of %b", tr.Marks, marks)
	}
	for i := range tr.Spans {
		isRoot := tr.Nodes[i].Parent < 0 && tr.Spans[i].Parent.IsZero()
		if (isRoot || roots == 0) && earlier(&tr.Spans[i], &tr.Spans[tr.Main]) < 0 {
			t.Fatalf("span %d is an earlier main span than %d", i, tr.Main)
		}
	}
}

func earlier(s, o *model.Span) int {
	return cmp.Or(cmp.Compare(s.Start, o.Start), s.ID.Compare(o.ID), cmp.Compare(s.Kind, o.Kind))
}

// Below one root on one host, with children inside their parents and one after the
// other, own times add up to the root's duration, and each span's time on the critical
// path is its own time.
func TestOwnTimesAddUp(t *testing.T) {
	a := graph.NewAssembler(graph.Config{})
	var c graph.CriticalPath
	rapid.Check(t, func(t *rapid.T) {
		f := &model.Fragment{Spans: []model.Span{{ID: tracetest.ID(1), Duration: 1000, Service: 1, Resource: 1}}}
		free := []int64{0}
		for range rapid.IntRange(0, 30).Draw(t, "spans") {
			p := rapid.IntRange(0, len(f.Spans)-1).Draw(t, "parent")
			end := f.Spans[p].End()
			from := rapid.Int64Range(free[p], end).Draw(t, "from")
			to := rapid.Int64Range(from, end).Draw(t, "to")
			free[p] = to
			free = append(free, from)
			f.Spans = append(f.Spans, model.Span{
				ID: tracetest.ID(len(f.Spans) + 1), Parent: f.Spans[p].ID, Start: from, Duration: to - from,
				Service: 1, Resource: 1, Kind: model.KindInternal,
			})
		}
		tr := a.Assemble(f)
		onPath := make([]int64, len(tr.Spans))
		for _, s := range c.Of(tr) {
			onPath[s.Span] += s.To - s.From
		}
		var sum int64
		for i := range tr.Nodes {
			sum += tr.Nodes[i].Own
			if onPath[i] != tr.Nodes[i].Own {
				t.Fatalf("span %d is on the path for %d ns, its own time is %d", i, onPath[i], tr.Nodes[i].Own)
			}
		}
		if sum != 1000 {
			t.Fatalf("own times add up to %d, want 1000", sum)
		}
	})
}

// FuzzAssemble feeds spans made of raw bytes: the laws hold for them too.
func FuzzAssemble(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 3*rawSpan))
	f.Add(binary.BigEndian.AppendUint64(make([]byte, rawSpan), 1<<63))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fr := fragmentOf(raw)
		tr := graph.NewAssembler(graph.Config{MaxSpans: 50}).Assemble(fr)
		laws(t, fr, tr)
		var c graph.CriticalPath
		pathLaws(t, tr, c.Of(tr))
	})
}

const rawSpan = 22

// fragmentOf reads spans from bytes: any times, few IDs.
func fragmentOf(raw []byte) *model.Fragment {
	f := &model.Fragment{}
	for ; len(raw) >= rawSpan && len(f.Spans) < 200; raw = raw[rawSpan:] {
		s := model.Span{
			Start:    int64(binary.BigEndian.Uint64(raw)),
			Duration: int64(binary.BigEndian.Uint64(raw[8:])),
			ID:       tracetest.ID(int(raw[16]) + 1), Parent: tracetest.ID(int(raw[17])),
			Service: model.Sym(raw[18]%4 + 1), Resource: model.Sym(raw[18]), Peer: model.Sym(raw[19] % 4),
			Kind: model.Kind(raw[20] % 6), Flags: model.SpanFlags(raw[20] >> 5),
		}
		if raw[21] > 128 {
			f.Refs = append(f.Refs, model.Ref{From: s.ID, To: tracetest.ID(int(raw[21])), Kind: model.RefKind(raw[21]%3 + 1)})
		}
		f.Spans = append(f.Spans, s)
	}
	return f
}
