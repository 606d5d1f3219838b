package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/graph"
	"culprit/model"
)

// mostSpans is how many spans of a trace an exhibit shows: with more a revision would not
// fit well into a message, and nobody reads them.
const mostSpans = 50

// spent is the time on the critical path by operation, ns.
type spent map[detector.Site]int64

// waterfall lays a trace out for people.
type waterfall struct {
	table   *model.Symbols
	suspect func(*graph.Trace, int) bool
	starts  []int64
	path    graph.CriticalPath
}

// of shows a trace; it also gives what the trace waited for. mostSpans spans stay: those on the
// critical path, of the suspect, and the longest, each with those above it.
func (w *waterfall) of(t *graph.Trace) (*model.ExhibitTrace, spent) {
	w.starts = t.Starts(w.starts)
	segments := make([][][2]int64, len(t.Spans))
	on := make([]int64, len(t.Spans))
	total := spent{}
	zero := t.Spans[t.Main].Start
	for _, s := range w.path.Of(t) {
		segments[s.Span] = append(segments[s.Span], [2]int64{s.From - zero, s.To - zero})
		on[s.Span] += s.To - s.From
		sp := &t.Spans[s.Span]
		total[detector.Site{Service: sp.Service, Operation: sp.Operation}] += s.To - s.From
	}
	keep := w.choose(t, on)
	out := &model.ExhibitTrace{
		ID: t.ID.String(), Start: time.Unix(0, zero).UTC(), DurationMS: millis(t.Spans[t.Main].Duration),
		Spans: []model.ExhibitSpan{}, Omitted: len(t.Spans),
	}
	at := make([]int, len(t.Spans)) // index in out.Spans
	w.walk(t, func(i, depth int) {
		at[i] = -1
		if !keep[i] {
			return
		}
		sp := &t.Spans[i]
		x := model.ExhibitSpan{
			Parent: -1, Depth: depth,
			Service: w.table.Name(sp.Service), Operation: w.table.Name(sp.Operation),
			Instance: w.table.Name(w.table.ResourceOf(sp.Resource).Instance),
			StartMS:  millis(w.starts[i] - zero), DurationMS: millis(sp.Duration),
			Failed: sp.Status == model.StatusError, Suspect: w.suspect(t, i),
			Path: [][2]model.Number{},
		}
		if p := t.Nodes[i].Parent; p >= 0 {
			x.Parent = at[p]
		}
		for _, s := range segments[i] {
			x.Path = append(x.Path, [2]model.Number{millis(s[0]), millis(s[1])})
		}
		at[i] = len(out.Spans)
		out.Spans = append(out.Spans, x)
		out.Omitted--
	})
	return out, total
}

// choose marks the spans that are shown.
func (w *waterfall) choose(t *graph.Trace, on []int64) []bool {
	order := make([]int, len(t.Spans))
	weight := make([]int64, len(t.Spans))
	for i := range order {
		order[i] = i
		weight[i] = t.Spans[i].Duration/1000 + on[i]
		if i == t.Main || w.suspect(t, i) {
			weight[i] = math.MaxInt64
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight[b], weight[a]) })
	keep := make([]bool, len(t.Spans))
	n := 0
	for _, i := range order {
		var chain []int
		for k := i; k >= 0 && !keep[k]; k = int(t.Nodes[k].Parent) {
			chain = append(chain, k)
		}
		if n+len(chain) > mostSpans {
			continue
		}
		for _, k := range chain {
			keep[k] = true
		}
		n += len(chain)
	}
	return keep
}

// walk visits the spans depth first: the main root and what is below it, then the others.
func (w *waterfall) walk(t *graph.Trace, visit func(i, depth int)) {
	type step struct{ span, depth int }
	var stack []step
	for r := t.Roots - 1; r >= 0; r-- {
		if r != t.Main {
			stack = append(stack, step{r, 0})
		}
	}
	if t.Nodes[t.Main].Parent < 0 {
		stack = append(stack, step{t.Main, 0})
	}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(s.span, s.depth)
		lo, hi := t.Kids(s.span)
		for k := hi - 1; k >= lo; k-- {
			stack = append(stack, step{k, s.depth + 1})
		}
	}
}

// mostExcess is how many operations are listed with what they took.
const mostExcess = 12

// excess compares what two traces waited for, and marks it on the spans of the first.
func excess(table *model.Symbols, now *model.ExhibitTrace, spentNow, spentNormal spent) []model.ExhibitExcess {
	sites := map[[2]string][2]int64{}
	name := func(s detector.Site) [2]string { return [2]string{table.Name(s.Service), table.Name(s.Operation)} }
	for s, ns := range spentNow {
		x := sites[name(s)]
		sites[name(s)] = [2]int64{x[0], x[1] + ns}
	}
	for s, ns := range spentNormal {
		x := sites[name(s)]
		sites[name(s)] = [2]int64{x[0] + ns, x[1]}
	}
	for i := range now.Spans {
		sp := &now.Spans[i]
		x := sites[[2]string{sp.Service, sp.Operation}]
		if more := x[1] - x[0]; more > 0 {
			own := 0.0
			for _, p := range sp.Path {
				own += float64(p[1] - p[0])
			}
			sp.ExcessMS = model.Number(own * float64(more) / float64(x[1]))
		}
	}
	type row struct {
		model.ExhibitExcess
		diff int64
	}
	rows := make([]row, 0, len(sites))
	for s, x := range sites {
		rows = append(rows, row{model.ExhibitExcess{Service: s[0], Operation: s[1], NormalMS: millis(x[0]), NowMS: millis(x[1])}, x[1] - x[0]})
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(abs(b.diff), abs(a.diff)), strings.Compare(a.Service, b.Service), strings.Compare(a.Operation, b.Operation))
	})
	out := []model.ExhibitExcess{}
	for _, r := range rows[:min(len(rows), mostExcess)] {
		out = append(out, r.ExhibitExcess)
	}
	return out
}

func abs(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}

func millis(ns int64) model.Number { return model.Number(float64(ns) / 1e6) }
