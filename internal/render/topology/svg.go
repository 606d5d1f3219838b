package topology

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"slices"
	"unicode/utf8"
)

// The measures of a drawing, in pixels.
const (
	boxHeight = 40
	between   = 14  // boxes of a layer
	gap       = 130 // layers
	wideGap   = 200 // layers, where numbers stand beside the calls
	loop      = 40  // room for a call to oneself
	margin    = 20
	head      = 40
	letter    = 7  // of the font at 12 px
	passing   = 10 // height that a passing call takes
	narrowest = 90
	widest    = 260
)

var svgColours = map[string]string{"": "#607d8b", New: "#2e7d32", Gone: "#c62828", Slower: "#ef6c00", Faster: "#1565c0"}

var svgFills = map[string]string{"database": "#fff8e1", "cache": "#fff8e1", "queue": "#f3e5f5", "external": "#eeeeee"}

// SVG writes a drawing. Hovering over a call shows its numbers; up to a dozen services they
// stand beside it.
func (g *Graph) SVG(w io.Writer, title string) error {
	out := bufio.NewWriter(w)
	l := lay(g)
	widths := make([]float64, len(l.layers))
	height := 0.0
	for k, layer := range l.layers {
		sum := 0.0
		for _, p := range layer {
			if n := l.all[p].node; n >= 0 {
				widths[k] = max(widths[k], g.width(n))
			}
			sum += l.height(p) + between
		}
		height = max(height, sum)
	}
	space := float64(gap)
	if len(g.Nodes) <= fewNodes {
		space = wideGap
	}
	x := float64(margin)
	for k, layer := range l.layers {
		sum := 0.0
		for _, p := range layer {
			sum += l.height(p) + between
		}
		y := head + (height-sum)/2
		for _, p := range layer {
			l.all[p].x, l.all[p].y = x, y
			y += l.height(p) + between
		}
		x += widths[k] + space
	}
	width := max(x-space+loop+margin, 500)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12">`+"\n", width, height+head+margin, width, height+head+margin)
	fmt.Fprintln(out, `<rect width="100%" height="100%" fill="#fff"/>`)
	fmt.Fprintf(out, `<text x="%d" y="22" font-size="14" fill="#222">%s</text>`+"\n", margin, text(title))
	for _, mark := range []string{"", New, Gone, Slower, Faster} {
		fmt.Fprintf(out, `<marker id="a%s" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="%s"/></marker>`+"\n", mark, svgColours[mark])
	}
	var most int64 = 1
	for i := range g.Edges {
		most = max(most, g.Edges[i].calls())
	}
	for i := range g.Edges {
		g.drawEdge(out, l, i, widths, most)
	}
	for p := range g.Nodes {
		g.drawNode(out, &l.all[p], widths)
	}
	fmt.Fprintln(out, "</svg>")
	return out.Flush()
}

func (g *Graph) width(n int) float64 {
	letters := max(utf8.RuneCountInString(g.Nodes[n].Service), utf8.RuneCountInString(g.Nodes[n].Label())*9/10)
	return min(max(float64(letters*letter+16), narrowest), widest)
}

func (l *layout) height(p int) float64 {
	if l.all[p].node < 0 {
		return passing
	}
	return boxHeight
}

func (g *Graph) drawNode(out *bufio.Writer, p *placed, widths []float64) {
	n := &g.Nodes[p.node]
	w := widths[p.layer]
	fill, ok := svgFills[n.Type]
	if !ok {
		fill = "#e3f2fd"
	}
	dash := ""
	if n.Mark == Gone {
		dash = ` stroke-dasharray="4 3"`
	}
	said := n.Service + " (" + n.Type + "): " + n.Label()
	if n.Mark != "" {
		said += ", " + n.Mark
	}
	fmt.Fprintf(out, `<g><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="6" fill="%s" stroke="%s" stroke-width="%s"%s/>`,
		text(said), p.x, p.y, w, boxHeight, fill, svgColours[n.Mark], strokeOf(n.Mark), dash)
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" fill="#222">%s</text>`, p.x+8, p.y+16, text(fit(n.Service, w, letter)))
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" fill="#555" font-size="10">%s</text></g>`+"\n", p.x+8, p.y+31, text(fit(n.Label(), w, 5.8)))
}

func strokeOf(mark string) string {
	if mark == "" {
		return "1.2"
	}
	return "2.5"
}

// fit cuts a name to a width.
func fit(s string, width, letter float64) string {
	r := []rune(plain(s))
	if most := int((width - 12) / letter); len(r) > most && most > 1 {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

// fewNodes is up to how many services the numbers of calls stand beside them.
const fewNodes = 12

func (g *Graph) drawEdge(out *bufio.Writer, l *layout, i int, widths []float64, most int64) {
	e := &g.Edges[i]
	route := l.routes[i]
	dash := ""
	if e.Async || e.Mark == Gone {
		dash = ` stroke-dasharray="5 4"`
	}
	said := e.Caller + " -> " + e.Callee + ": " + e.Label()
	if e.Mark != "" {
		said += ", " + e.Mark
	}
	first, last := &l.all[route[0]], &l.all[route[len(route)-1]]
	var path string
	var lx, ly float64 // of the label
	switch {
	case first == last: // it calls itself
		x, y := first.x+widths[first.layer], first.y
		path = fmt.Sprintf("M%.1f %.1fc30 -14 30 30 2 22", x, y+8)
		lx, ly = x+24, y+10
	case first.layer == last.layer:
		x := first.x + widths[first.layer]
		path = fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x, first.y+boxHeight/2, x+40, first.y+boxHeight/2, x+40, last.y+boxHeight/2, x, last.y+boxHeight/2)
		lx, ly = x+32, (first.y+last.y)/2+boxHeight/2
	default:
		back := last.layer < first.layer
		points := make([][4]float64, 0, len(route)) // where it comes in and goes out of each layer
		for _, at := range route {
			p := &l.all[at]
			y := p.y + l.height(at)/2
			points = append(points, [4]float64{p.x, y, p.x + widths[p.layer], y})
		}
		if back {
			for k := range points {
				points[k][0], points[k][2] = points[k][2], points[k][0]
			}
		}
		path = fmt.Sprintf("M%.1f %.1f", points[0][2], points[0][3])
		for k := 1; k < len(points); k++ {
			a, b := points[k-1], points[k]
			mid := (a[2] + b[0]) / 2
			path += fmt.Sprintf("C%.1f %.1f %.1f %.1f %.1f %.1f", mid, a[3], mid, b[1], b[0], b[1])
			if k < len(points)-1 {
				path += fmt.Sprintf("L%.1f %.1f", b[2], b[3])
			}
		}
		a, b := points[0], points[1]
		lx, ly = min(a[2], b[0])+14, (a[3]+3*b[1])/4-4
	}
	width := 1 + 3*float64(e.calls())/float64(most)
	fmt.Fprintf(out, `<g><title>%s</title><path d="%s" fill="none" stroke="%s" stroke-width="%.1f" stroke-opacity="0.8" marker-end="url(#a%s)"%s/>`,
		text(said), path, svgColours[e.Mark], width, e.Mark, dash)
	if len(g.Nodes) <= fewNodes {
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" font-size="9" fill="#444" paint-order="stroke" stroke="#fff" stroke-width="3">%s</text>`, lx, ly, text(e.Label()))
	}
	fmt.Fprintln(out, "</g>")
}

func (e *Edge) calls() int64 {
	var n []int64
	if e.Before != nil {
		n = append(n, e.Before.Calls)
	}
	if e.Now != nil {
		n = append(n, e.Now.Calls)
	}
	if len(n) == 0 {
		return 0
	}
	return slices.Max(n)
}

func text(s string) string { return html.EscapeString(plain(s)) }
