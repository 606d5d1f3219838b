package topology

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

var dotColours = map[string]string{New: "#2e7d32", Gone: "#c62828", Slower: "#ef6c00", Faster: "#1565c0"}

// shapes of services by type, in DOT.
var dotShapes = map[string]string{"database": "cylinder", "cache": "cylinder", "queue": "cds", "external": "ellipse"}

// DOT writes the graph for Graphviz.
func (g *Graph) DOT(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "digraph services {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];")
	for i := range g.Nodes {
		n := &g.Nodes[i]
		attrs := []string{"label=" + dotText(n.Service+"\n"+n.Label())}
		if s, ok := dotShapes[n.Type]; ok {
			attrs = append(attrs, "shape="+s)
		}
		fmt.Fprintf(out, "  %s [%s];\n", dotText(n.Service), strings.Join(append(attrs, dotMark(n.Mark)...), ", "))
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		attrs := []string{"label=" + dotText(e.Label())}
		if e.Async && e.Mark != Gone {
			attrs = append(attrs, "style=dashed")
		}
		fmt.Fprintf(out, "  %s -> %s [%s];\n", dotText(e.Caller), dotText(e.Callee), strings.Join(append(attrs, dotMark(e.Mark)...), ", "))
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

func dotMark(mark string) []string {
	if mark == "" {
		return nil
	}
	attrs := []string{fmt.Sprintf("color=%q", dotColours[mark]), fmt.Sprintf("fontcolor=%q", dotColours[mark])}
	if mark == Gone {
		attrs = append(attrs, "style=dotted")
	}
	return attrs
}

// dotText quotes foreign text: in a quoted string only the quote and the backslash mean
// anything.
func dotText(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(plain(lines[i]))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// Mermaid writes the graph as a flowchart, as GitHub and many wikis show it.
func (g *Graph) Mermaid(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "flowchart LR")
	ids := map[string]string{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		id := "s" + strconv.Itoa(i)
		ids[n.Service] = id
		open, shut := `["`, `"]`
		switch n.Type {
		case "database", "cache":
			open, shut = `[("`, `")]`
		case "queue":
			open, shut = `>"`, `"]`
		case "external":
			open, shut = `(["`, `"])`
		}
		fmt.Fprintf(out, "  %s%s%s<br/>%s%s\n", id, open, mermaidText(n.Service), mermaidText(n.Label()), shut)
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		arrow := "-->"
		if e.Async || e.Mark == Gone {
			arrow = "-.->"
		}
		fmt.Fprintf(out, "  %s %s|\"%s\"| %s\n", ids[e.Caller], arrow, mermaidText(e.Label()), ids[e.Callee])
	}
	for i := range g.Nodes {
		if c, ok := dotColours[g.Nodes[i].Mark]; ok {
			fmt.Fprintf(out, "  style s%d stroke:%s,stroke-width:3px\n", i, c)
		}
	}
	for i := range g.Edges {
		if c, ok := dotColours[g.Edges[i].Mark]; ok {
			fmt.Fprintf(out, "  linkStyle %d stroke:%s,stroke-width:3px\n", i, c)
		}
	}
	return out.Flush()
}

// mermaidText writes everything that could mean something as a numbered character.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		if r > 127 || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,:/_-+%()", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

// plain is foreign text without what is no text: control characters and what turns the
// direction of writing.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || 0x2028 <= r && r <= 0x2029 || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
}
