package workflow_test

import (
	"fmt"
	"testing"

	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/tracetest"
	"culprit/model"
)

// huge is a trace of n spans: parent says under which one span i hangs, name which of the
// operations it is.
func huge(table *model.Symbols, n int, parent, name func(i int) int) *model.Fragment {
	f := &model.Fragment{Trace: model.TraceID{1}}
	svc := table.Service("s")
	for i := range n {
		s := model.Span{ID: tracetest.ID(i + 1), Start: int64(i), Duration: int64(2 * (n - i)), Service: svc, Operation: table.Operation(svc, fmt.Sprint("o", name(i)))}
		if i > 0 {
			s.Parent = tracetest.ID(parent(i))
		}
		f.Spans = append(f.Spans, s)
	}
	return f
}

// Traces of 100,000 spans of any shape have a workflow within bounds. That it ends at all
// is the test: what grew with the square of the spans would run into the time limit of tests.
func TestHugeTraces(t *testing.T) {
	const n = 100_000
	for name, c := range map[string]struct {
		parent, name func(i int) int
		warning      string
		steps        int
	}{
		"a chain of one operation":              {func(i int) int { return i }, func(i int) int { return min(i, 1) }, "deep", 65},
		"a star of one operation":               {func(int) int { return 1 }, func(i int) int { return min(i, 1) }, "", 2},
		"a star of many operations":             {func(int) int { return 1 }, func(i int) int { return i % 1999 }, "", 1999 + 1},
		"a tree of ever other ways":             {func(i int) int { return (i + 1) / 2 }, func(i int) int { return i % 1500 }, "many-steps", 2048},
		"everybody below nobody":                {func(i int) int { return n + i }, func(i int) int { return min(i, 1) }, "orphan-spans", 2},
		"spans that are each other's ancestors": {func(i int) int { return (i+1)%n + 1 }, func(i int) int { return i % 7 }, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrawn(t)
			f := huge(d.table, n, c.parent, c.name)
			m := workflow.NewModel(d.table, d.site("s o0"))
			m.Add(graph.NewAssembler(graph.Config{Symbols: d.table}).Assemble(f))
			w := m.View(nil)
			if len(w.Steps) > 2048 || c.steps > 0 && len(w.Steps) != c.steps {
				t.Errorf("%d steps, want %d", len(w.Steps), c.steps)
			}
			found := c.warning == ""
			for _, x := range w.Warnings {
				found = found || x.Kind == c.warning
			}
			if !found {
				t.Errorf("warnings %v, want %s", w.Warnings, c.warning)
			}
		})
	}
}

// One span, no duration, a clock of hours ago: there is an answer.
func TestOddTraces(t *testing.T) {
	for name, draw := range map[string]string{
		"one span":        "web GET 0ms 0ms",
		"no duration":     "web GET 0ms 0ms\n  cart list 0ms 0ms\n  cart list 0ms 0ms",
		"hours of skew":   "web GET 0ms 100ms host=a kind=server\n  web call 10ms 50ms kind=client host=a\n    cart list -7200s 40ms kind=server host=b",
		"its own parent":  "web GET 0ms 100ms parent=1",
		"orphans and all": "web GET 0ms 100ms\ncart list 10ms 5ms parent=ff\ncart list 20ms 5ms parent=fe",
	} {
		t.Run(name, func(t *testing.T) {
			w := newDrawn(t).model("web GET", draw).View(nil)
			if w.Runs != 1 || len(w.Steps) == 0 || w.Steps[0].Operation != "GET" {
				t.Errorf("%d runs%s", w.Runs, outline(&w))
			}
		})
	}
}

// What the runs of an operation cost does not grow with them.
func BenchmarkAdd(b *testing.B) {
	d := newDrawn(b)
	tr := d.assemble(boot)
	m := workflow.NewModel(d.table, d.site("api POST/servers"))
	b.ReportAllocs()
	for b.Loop() {
		m.Add(tr)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(tr.Spans)), "ns/span")
}
