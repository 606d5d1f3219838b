package sequence

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"culprit/internal/render"
	"culprit/model"
)

// DOT writes the workflow as a graph for Graphviz: a box for each step, in the order in
// which they follow each other.
func DOT(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	drawn := chosen(f)
	fmt.Fprintf(out, "digraph workflow {\n  label=%s; labelloc=t; rankdir=LR; ordering=out;\n", dotText(title(f)))
	fmt.Fprintln(out, `  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10]; edge [fontname="sans-serif", fontsize=9];`)
	for i := range f.Steps {
		s := &f.Steps[i]
		if !drawn[i] {
			continue
		}
		lines := []string{render.Cut(s.Service, maxName), render.Cut(s.Operation, maxName)}
		if t := timeOf(s); t != "" {
			lines = append(lines, t)
		}
		style := ""
		switch {
		case len(s.Deviations) > 0 && s.Missing:
			style = `, color=red, style="rounded,dashed"`
		case len(s.Deviations) > 0:
			style = ", color=red, penwidth=2"
		case s.Hop == model.HopOpaque:
			style = ", shape=cylinder, style=solid"
		}
		fmt.Fprintf(out, "  s%d [label=%s%s];\n", i, dotText(strings.Join(lines, "\n")), style)
		if s.Parent < 0 {
			continue
		}
		var words []string
		if fr := float64(s.Frequency); fr < alwaysFrom && f.Runs > 1 && !s.Missing {
			words = append(words, render.Percent(s.Frequency))
		}
		if s.CallsMax > 1 {
			words = append(words, Times(s))
		}
		switch {
		case s.Missing:
			words = append(words, "missing")
			style = ", style=dashed, color=red"
		case s.Hop == model.HopMessage:
			style = ", style=dashed, arrowhead=open"
		case s.Hop == model.HopLoose:
			style = ", style=dotted"
		case s.Hop == model.HopLocal:
			style = ", arrowhead=none"
		default:
			style = ""
		}
		fmt.Fprintf(out, "  s%d -> s%d [label=%s%s];\n", s.Parent, i, dotText(strings.Join(words, " ")), style)
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

// dotText is a quoted string of DOT: in it only quotes and backslashes mean something.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`).Replace(s) + `"`
}
