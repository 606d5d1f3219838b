package workflow_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/tracetest"
	"culprit/model"
)

// drawn is a table of names with traces drawn as text.
type drawn struct {
	t      testing.TB
	table  *model.Symbols
	serial uint64
}

func newDrawn(t testing.TB) *drawn { return &drawn{t: t, table: model.NewSymbols()} }

// site is an operation, "service operation".
func (d *drawn) site(name string) graph.Site {
	svc, op, _ := strings.Cut(name, " ")
	s := d.table.Service(svc)
	return graph.Site{Service: s, Operation: d.table.Operation(s, op)}
}

// model is the workflow of an operation of drawn traces; each drawing is a trace of its own.
func (d *drawn) model(of string, draws ...string) *workflow.Model {
	d.t.Helper()
	m := workflow.NewModel(d.table, d.site(of))
	for _, text := range draws {
		m.Add(d.assemble(text))
	}
	return m
}

func (d *drawn) assemble(text string) *graph.Trace {
	f := tracetest.Draw(d.table, text)
	d.serial++
	binary.BigEndian.PutUint64(f.Trace[:8], d.serial)
	for i := range f.Refs {
		f.Refs[i].Trace = f.Trace
	}
	return graph.NewAssembler(graph.Config{Symbols: d.table}).Assemble(f)
}

// times repeats a drawing.
func times(n int, draw string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = draw
	}
	return out
}

var arrows = map[string]string{
	model.HopEntry: "", model.HopLocal: ". ", model.HopCall: "-> ", model.HopMessage: "~> ", model.HopOpaque: "=> ", model.HopLoose: "?> ",
}

// outline writes the steps of a workflow, indented, with what is remarkable of each.
func outline(w *model.Workflow) string {
	var b strings.Builder
	depth := make([]int, len(w.Steps))
	b.WriteByte('\n')
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		fmt.Fprintf(&b, "%s%s%s %s", strings.Repeat("  ", depth[i]), arrows[s.Hop], s.Service, s.Operation)
		if s.Via != "" {
			fmt.Fprintf(&b, " (%s)", s.Via)
		}
		if f := float64(s.Frequency); math.IsNaN(f) && !s.Missing {
			b.WriteString(" ?")
		} else if f < 1 {
			fmt.Fprintf(&b, " %.0f%%", 100*f)
		}
		if s.CallsMax > 1 {
			fmt.Fprintf(&b, " x%d-%d", s.CallsMin, s.CallsMax)
		}
		if s.GroupHow != "" {
			fmt.Fprintf(&b, " %s%d", s.GroupHow, s.Group)
		}
		if s.Concurrent {
			b.WriteString(" concurrent")
		}
		if s.Unanswered > 0 {
			fmt.Fprintf(&b, " unanswered=%d", s.Unanswered)
		}
		if s.Missing {
			b.WriteString(" missing")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// said lists the deviations.
func said(w *model.Workflow) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, d := range w.Deviations {
		if d.Follows {
			b.WriteString("  ")
		}
		fmt.Fprintf(&b, "%s: %s\n", d.Kind, d.Sentence)
	}
	return b.String()
}
