package topology_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"culprit/internal/render/topology"
	"culprit/model"
)

func services(names ...string) (out []model.TopologyNode) {
	for _, n := range names {
		out = append(out, model.TopologyNode{Service: n, Type: "service", Requests: 10, P50MS: 5})
	}
	return out
}

func calls(p50 model.Number, pairs ...string) (out []model.TopologyEdge) {
	for _, p := range pairs {
		a, b, _ := strings.Cut(p, ">")
		out = append(out, model.TopologyEdge{Caller: a, Callee: b, Calls: 10, P50MS: p50})
	}
	return out
}

var (
	before = model.Topology{Nodes: services("web", "cart", "route", "pay"), Edges: calls(5, "web>cart", "web>route", "cart>pay")}
	now    = model.Topology{Nodes: services("web", "cart", "pay", "mail"), Edges: append(calls(5, "web>cart", "web>mail"), calls(50, "cart>pay")...)}
)

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func drawn(t *testing.T, g *topology.Graph) string {
	t.Helper()
	return written(t, func(w io.Writer) error { return g.SVG(w, "title") })
}

func TestMarks(t *testing.T) {
	g := topology.Between(before, now)
	var said []string
	for _, n := range g.Nodes {
		said = append(said, strings.TrimSpace(n.Service+" "+n.Mark))
	}
	for _, e := range g.Edges {
		said = append(said, strings.TrimSpace(e.Caller+">"+e.Callee+" "+e.Mark))
	}
	want := "cart, mail new, pay, route gone, web, cart>pay slower, web>cart, web>mail new, web>route gone"
	if got := strings.Join(said, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, n := range topology.Of(now).Nodes {
		if n.Mark != "" {
			t.Errorf("one stretch has no marks: %+v", n)
		}
	}
}

// Names from outside stay names.
func TestHostileNames(t *testing.T) {
	const name = "a\"]; b -> c [label=\"x\n<script>alert(1)</script>|\\\x00\u202e"
	g := topology.Of(model.Topology{Nodes: services(name, "web"), Edges: calls(1, "web>"+name)})
	dot := written(t, g.DOT)
	if strings.Count(dot, "\n") != 8 || strings.Contains(dot, "\x00") {
		t.Errorf("DOT has another shape:\n%s", dot)
	}
	if m := written(t, g.Mermaid); strings.Contains(m, "<script") || strings.Contains(m, "a\"") || strings.Count(m, "\n") != 4 {
		t.Errorf("Mermaid:\n%s", m)
	}
	readXML(t, drawn(t, g))
}

func readXML(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "script" {
			t.Fatal("a script came through")
		}
	}
}

// Any graph is drawn: circles, calls to oneself, none at all, fifty services and more.
func TestAnyGraphIsDrawn(t *testing.T) {
	var many []string
	for i := range 120 {
		for k := 1; k <= 3; k++ {
			many = append(many, fmt.Sprintf("s%d>s%d", i, (i*k+7*k)%120))
		}
	}
	var names []string
	for i := range 120 {
		names = append(names, fmt.Sprintf("s%d", i))
	}
	for name, view := range map[string]model.Topology{
		"nothing":     {},
		"alone":       {Nodes: services("web")},
		"itself":      {Nodes: services("web"), Edges: calls(1, "web>web")},
		"circle":      {Nodes: services("a", "b", "c"), Edges: calls(1, "a>b", "b>c", "c>a")},
		"both ways":   {Nodes: services("a", "b"), Edges: calls(1, "a>b", "b>a")},
		"120":         {Nodes: services(names...), Edges: calls(1, many...)},
		"unknown end": {Nodes: services("a"), Edges: calls(1, "a>ghost")},
	} {
		g := topology.Of(view)
		svg := drawn(t, g)
		readXML(t, svg)
		for i := range g.Nodes {
			if !strings.Contains(svg, ">"+g.Nodes[i].Service+"<") {
				t.Errorf("%s: %s is not drawn", name, g.Nodes[i].Service)
			}
		}
		if svg != drawn(t, topology.Of(view)) {
			t.Errorf("%s: drawn differently the second time", name)
		}
	}
}

// Callers stand left of those that they call, as far as there is no circle.
func TestLayers(t *testing.T) {
	svg := drawn(t, topology.Of(model.Topology{Nodes: services("z", "m", "a"), Edges: calls(1, "z>m", "m>a", "z>a")}))
	at := func(name string) (x float64) {
		i := strings.Index(svg, "<title>"+name+" (service)")
		if _, err := fmt.Sscanf(svg[i+strings.Index(svg[i:], `<rect x="`):], `<rect x="%f"`, &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	if !(at("z") < at("m") && at("m") < at("a")) {
		t.Errorf("z at %v, m at %v, a at %v", at("z"), at("m"), at("a"))
	}
}
