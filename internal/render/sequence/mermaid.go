package sequence

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"culprit/model"
)

// Mermaid writes a sequenceDiagram that Mermaid draws, as GitHub and GitLab do.
func Mermaid(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	s := newScript(f)
	fmt.Fprintln(out, "sequenceDiagram")
	fmt.Fprintf(out, "  title %s\n", mermaidText(s.title))
	for i, l := range s.lifelines {
		fmt.Fprintf(out, "  participant p%d as %s\n", i, mermaidText(l.name))
	}
	for _, e := range s.events {
		fmt.Fprint(out, strings.Repeat("  ", e.depth+1))
		text := mermaidText(label(&e))
		switch e.kind {
		case asks, works:
			fmt.Fprintf(out, "p%d->>p%d: %s\n", e.from, e.to, text)
		case returns:
			fmt.Fprintf(out, "p%d-->>p%d: %s\n", e.from, e.to, text)
		case hands:
			fmt.Fprintf(out, "p%d-)p%d: %s\n", e.from, e.to, text)
		case lost:
			fmt.Fprintf(out, "p%d-xp%d: %s\n", e.from, e.to, text)
		case appears, remarks:
			fmt.Fprintf(out, "Note over p%d: %s\n", e.to, text)
		case opens:
			fmt.Fprintf(out, "%s %s\n", e.block, text)
		case parts:
			fmt.Fprintf(out, "%s %s\n", map[bool]string{true: "else", false: "and"}[e.text != ""], text)
		case closes:
			fmt.Fprintln(out, "end")
		}
		for _, said := range sayings(f, &e) {
			fmt.Fprintf(out, "%sNote over p%d: %s\n", strings.Repeat("  ", e.depth+1), e.to, mermaidText(said))
		}
	}
	return out.Flush()
}

// label is what stands at an event.
func label(e *event) string {
	switch {
	case e.text == "":
		return e.time
	case e.time != "" && (e.kind == works || e.kind == hands || e.kind == lost || e.kind == appears):
		return e.text + " (" + e.time + ")"
	}
	return e.text
}

// sayings are the sentences on what is not usual at an event, and follows from nothing else.
func sayings(w *model.Workflow, e *event) []string {
	if e.step == nil {
		return nil
	}
	switch e.kind {
	case asks, works, hands, lost, appears:
	default:
		return nil
	}
	var out []string
	for _, i := range e.step.Deviations {
		if w.Deviations[i].Follows {
			continue
		}
		out = append(out, fmt.Sprintf("%d. %s", i+1, sentence(&w.Deviations[i])))
	}
	return out
}

// mermaidText escapes what Mermaid reads as notation: the end of a statement, comments,
// entities, and HTML. Mermaid has entities of its own, #59; and the like.
func mermaidText(s string) string {
	if s == "" {
		return " "
	}
	return escape(s, func(r, before rune) string {
		if strings.ContainsRune("#;<>&\\`\"$", r) || r == '%' && (before == '%' || before == 0) {
			return fmt.Sprintf("#%d;", r)
		}
		return ""
	})
}

// escape replaces runes by what fn makes of each and the one before it, "" leaves it.
func escape(s string, fn func(r, before rune) string) string {
	var b strings.Builder
	var before rune
	for _, r := range s {
		if e := fn(r, before); e != "" {
			b.WriteString(e)
		} else {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
