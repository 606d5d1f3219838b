package sequence

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"culprit/model"
)

// SequenceDiagramOrg writes the text that sequencediagram.org draws.
func SequenceDiagramOrg(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	s := newScript(f)
	fmt.Fprintf(out, "title %s\n", orgText(s.title))
	for i, l := range s.lifelines {
		what := "participant"
		if l.opaque {
			what = "database"
		}
		fmt.Fprintf(out, "%s \"%s\" as p%d\n", what, orgText(l.name), i)
	}
	for _, e := range s.events {
		text := orgText(label(&e))
		switch e.kind {
		case asks, works:
			fmt.Fprintf(out, "p%d->p%d:%s\n", e.from, e.to, text)
		case returns:
			fmt.Fprintf(out, "p%d-->p%d:%s\n", e.from, e.to, text)
		case hands:
			fmt.Fprintf(out, "p%d->>p%d:%s\n", e.from, e.to, text)
		case lost:
			if e.from == e.to { // it has no cross for itself
				fmt.Fprintf(out, "p%d->p%d:%s\n", e.from, e.to, text)
			} else {
				fmt.Fprintf(out, "p%d-xp%d:%s\n", e.from, e.to, text)
			}
		case appears:
			fmt.Fprintf(out, "[->p%d:%s\n", e.to, text)
		case remarks:
			fmt.Fprintf(out, "note over p%d:%s\n", e.to, text)
		case opens:
			fmt.Fprintf(out, "%s %s\n", e.block, text)
		case parts:
			fmt.Fprintf(out, "%s %s\n", map[bool]string{true: "else", false: "thread"}[e.text != ""], text)
		case closes:
			fmt.Fprintln(out, "end")
		}
		for _, said := range sayings(f, &e) {
			fmt.Fprintf(out, "note over p%d:%s\n", e.to, orgText(said))
		}
	}
	return out.Flush()
}

// orgText escapes the signs that change the style of text, and quotes.
func orgText(s string) string {
	if s == "" {
		return " "
	}
	return escape(s, func(r, before rune) string {
		switch {
		case r == '"':
			return "'"
		case strings.ContainsRune("\\<>#", r), r == before && strings.ContainsRune("/-_*+~", r):
			return "\\" + string(r)
		}
		return ""
	})
}
