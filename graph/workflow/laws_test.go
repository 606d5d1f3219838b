package workflow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/tracetest"
	"culprit/model"
)

// heaps draws traces with everything that may be wrong with them, of few names, so that
// stages meet.
func heaps(table *model.Symbols) *rapid.Generator[*model.Fragment] {
	return rapid.Custom(func(t *rapid.T) *model.Fragment {
		f := &model.Fragment{Trace: model.TraceID{1: byte(rapid.IntRange(0, 255).Draw(t, "trace")), 15: byte(rapid.IntRange(1, 255).Draw(t, "more"))}}
		n := rapid.IntRange(1, 16).Draw(t, "spans")
		for i := range n {
			service := rapid.IntRange(0, 2).Draw(t, "service")
			s := model.Span{
				ID: tracetest.ID(i + 1), Start: tracetest.Epoch + rapid.Int64Range(0, 60).Draw(t, "start")*1_000_000,
				Duration: rapid.Int64Range(0, 40).Draw(t, "duration") * 1_000_000,
				Service:  table.Service(fmt.Sprint("s", service)),
				Kind:     model.Kind(rapid.IntRange(0, 5).Draw(t, "kind")),
				Status:   model.Status(rapid.IntRange(0, 2).Draw(t, "status")),
			}
			s.Operation = table.Operation(s.Service, fmt.Sprint("o", rapid.IntRange(0, 2).Draw(t, "operation")))
			s.Resource = table.Resource(fmt.Sprint("s", service), fmt.Sprint("i", rapid.IntRange(0, 1).Draw(t, "instance")), "", "")
			switch rapid.IntRange(0, 9).Draw(t, "parent") {
			case 0:
			case 1:
				s.Parent = tracetest.ID(rapid.IntRange(1, n+1).Draw(t, "any"))
			default:
				if i > 0 {
					s.Parent = tracetest.ID(rapid.IntRange(1, i).Draw(t, "earlier"))
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "peer") == 0 {
				s.Peer = table.Service("s2")
			}
			f.Spans = append(f.Spans, s)
		}
		return f
	})
}

func published(t interface{ Fatal(...any) }, w model.Workflow) string {
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The order of spans and of traces does not matter, and merging equals having seen both,
// for the workflow and for what deviates from it.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := model.NewSymbols()
		var traces []*model.Fragment
		for range rapid.IntRange(1, 12).Draw(t, "traces") {
			traces = append(traces, heaps(table).Draw(t, "trace"))
		}
		svc := table.Service("s0")
		of := graph.Site{Service: svc, Operation: table.Operation(svc, "o0")}
		a := graph.NewAssembler(graph.Config{Symbols: table})
		usual := workflow.NewModel(table, of)
		for _, f := range traces {
			usual.Add(a.Assemble(f))
		}
		whole := workflow.NewModel(table, of)
		whole.Follow(usual)
		parts := [3]*workflow.Model{}
		for i := range parts {
			parts[i] = workflow.NewModel(table, of)
			parts[i].Follow(usual)
		}
		for _, f := range traces {
			whole.Add(a.Assemble(f))
		}
		want := published(t, whole.View(usual))
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		r.Shuffle(len(traces), func(i, j int) { traces[i], traces[j] = traces[j], traces[i] })
		for _, f := range traces {
			r.Shuffle(len(f.Spans), func(i, j int) { f.Spans[i], f.Spans[j] = f.Spans[j], f.Spans[i] })
			parts[r.IntN(len(parts))].Add(a.Assemble(f))
		}
		parts[1].Merge(parts[2])
		parts[0].Merge(parts[1])
		if got := published(t, parts[0].View(usual)); got != want {
			t.Fatalf("merged and shuffled\n%s\nwant\n%s", got, want)
		}
		if got := published(t, parts[0].View(usual)); got != want {
			t.Fatalf("asked again\n%s\nwant\n%s", got, want)
		}
	})
}

// A workflow holds together: parents stand before what is below them, shares are shares,
// the time of all steps is that of the runs, and nothing deviates from itself.
func TestViewHoldsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := model.NewSymbols()
		svc := table.Service("s0")
		m := workflow.NewModel(table, graph.Site{Service: svc, Operation: table.Operation(svc, "o0")})
		a := graph.NewAssembler(graph.Config{Symbols: table})
		for range rapid.IntRange(1, 12).Draw(t, "traces") {
			m.Add(a.Assemble(heaps(table).Draw(t, "trace")))
		}
		w := m.View(m)
		if m.Runs() == 0 {
			return
		}
		var spent float64
		for i, s := range w.Steps {
			if s.ID != i || s.Parent >= i || (s.Parent < 0) != (i == 0) {
				t.Fatalf("step %d has ID %d and parent %d", i, s.ID, s.Parent)
			}
			if f := float64(s.Frequency); f < 0 || f > 1 {
				t.Fatalf("step %d is there in a share of %v", i, f)
			}
			if s.Runs > w.Runs || s.CallsMin > s.CallsMax || s.CallsMin < 1 {
				t.Fatalf("step %d: %d of %d runs, %d to %d calls", i, s.Runs, w.Runs, s.CallsMin, s.CallsMax)
			}
			spent += float64(s.TimeShare)
		}
		if spent != 0 && (spent < 0.999 || spent > 1.001) {
			t.Fatalf("the steps take %v of the time", spent)
		}
		var runs int64
		for _, v := range w.Variants {
			runs += v.Runs
		}
		if runs != w.Runs {
			t.Fatalf("%d runs have a shape, of %d", runs, w.Runs)
		}
		if len(w.Deviations) > 0 {
			t.Fatalf("a workflow deviates from itself: %v", w.Deviations)
		}
	})
}
