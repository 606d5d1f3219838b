package sequence

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"culprit/model"
)

// PlantUML writes a sequence diagram that PlantUML draws.
func PlantUML(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	s := newScript(f)
	fmt.Fprintln(out, "@startuml")
	fmt.Fprintf(out, "title %s\n", plantText(s.title))
	for i, l := range s.lifelines {
		what := "participant"
		if l.opaque {
			what = "database"
		}
		fmt.Fprintf(out, "%s \"%s\" as p%d\n", what, plantText(l.name), i)
	}
	fmt.Fprintln(out, "hide footbox")
	for _, e := range s.events {
		indent := strings.Repeat("  ", e.depth)
		fmt.Fprint(out, indent)
		text := plantText(label(&e))
		switch e.kind {
		case asks, works:
			fmt.Fprintf(out, "p%d -> p%d : %s\n", e.from, e.to, text)
		case returns:
			fmt.Fprintf(out, "p%d --> p%d : %s\n", e.from, e.to, text)
		case hands:
			fmt.Fprintf(out, "p%d ->> p%d : %s\n", e.from, e.to, text)
		case lost:
			fmt.Fprintf(out, "p%d ->x p%d : %s\n", e.from, e.to, text)
		case appears:
			fmt.Fprintf(out, "[-> p%d : %s\n", e.to, text)
		case remarks:
			fmt.Fprintf(out, "note over p%d : %s\n", e.to, text)
		case opens:
			fmt.Fprintf(out, "%s %s\n", e.block, text)
		case parts:
			fmt.Fprintf(out, "else %s\n", text)
		case closes:
			fmt.Fprintln(out, "end")
		}
		for _, said := range sayings(f, &e) {
			fmt.Fprintf(out, "%snote over p%d #mistyrose : %s\n", indent, e.to, plantText(said))
		}
	}
	fmt.Fprintln(out, "@enduml")
	return out.Flush()
}

// plantText escapes what PlantUML reads as notation: its preprocessor's functions and
// variables, HTML, links, and doubled signs that change the style.
func plantText(s string) string {
	if s == "" {
		return " "
	}
	return escape(s, func(r, before rune) string {
		if strings.ContainsRune("<>~\\\"|&@$#![]", r) || r == before && strings.ContainsRune("/-_*=.^:%", r) || before == '%' && r != ' ' {
			return fmt.Sprintf("<U+%04X>", r)
		}
		return ""
	})
}
