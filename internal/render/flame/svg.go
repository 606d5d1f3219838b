package flame

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"

	"culprit/model"
)

// The measures of a drawing, in pixels.
const (
	width     = 1200
	margin    = 10
	row       = 18
	head      = 48
	letter    = 6.6 // of the monospaced font at 11 px
	narrowest = 0.5 // frames below that are left out
)

// SVG writes a drawing with the entry points on top. The width of a call is its time; in
// a difference it is the time now, or before where that was longer, and the colour says
// whether it got longer (red) or shorter (blue). Hovering shows the numbers.
func (g *Graph) SVG(w io.Writer, title string) error {
	out := bufio.NewWriter(w)
	wide := map[*frame]int64{}
	all := g.list()
	depth := map[*frame]int{}
	deepest := 0
	for _, f := range all[1:] {
		depth[f] = depth[f.up] + 1
	}
	for i := len(all) - 1; i >= 0; i-- { // a call is at least as wide as all below it
		f := all[i]
		var below int64
		for _, k := range f.kids {
			below += wide[k]
		}
		wide[f] = max(f.all.now, f.all.before, below)
	}
	total := max(wide[g.root], 1)
	unit := float64(width-2*margin) / float64(total)
	for _, f := range all {
		if float64(wide[f])*unit >= narrowest {
			deepest = max(deepest, depth[f])
		}
	}
	height := head + row*deepest + margin
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="monospace" font-size="11">`+"\n", width, height, width, height)
	fmt.Fprintf(out, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	fmt.Fprintf(out, `<text x="%d" y="20" font-size="14" fill="#222">%s</text>`+"\n", margin, text(title))
	fmt.Fprintf(out, `<text x="%d" y="38" fill="#555">%s</text>`+"\n", margin, text(g.legend()))
	left := map[*frame]float64{g.root: margin}
	for _, f := range all {
		x := left[f]
		for _, k := range f.kids {
			left[k] = x
			x += float64(wide[k]) * unit
		}
		if f == g.root || float64(wide[f])*unit < narrowest {
			continue
		}
		g.draw(out, f, left[f], float64(head+row*(depth[f]-1)), float64(wide[f])*unit)
	}
	fmt.Fprintln(out, "</svg>")
	return out.Flush()
}

func (g *Graph) legend() string {
	if g.diff {
		return fmt.Sprintf("critical time per request: %s before, %s now; red got longer, blue shorter", millis(g.root.all.before), millis(g.root.all.now))
	}
	return fmt.Sprintf("critical time per request: %s in all", millis(g.root.all.now))
}

func (g *Graph) draw(out *bufio.Writer, f *frame, x, y, w float64) {
	said := fmt.Sprintf("%s: %s, %s by itself, %.1f %% of all", f.name, millis(f.all.now), millis(f.self.now), 100*float64(f.all.now)/float64(max(g.root.all.now, 1)))
	if g.diff {
		said = fmt.Sprintf("%s: %s before, %s now; by itself %s before, %s now", f.name, millis(f.all.before), millis(f.all.now), millis(f.self.before), millis(f.self.now))
	}
	fmt.Fprintf(out, `<g><title>%s</title><rect x="%.1f" y="%.0f" width="%.1f" height="%d" fill="%s" stroke="#fff" stroke-width="0.5"/>`, text(said), x, y, w, row-1, g.colour(f))
	if fits := int((w - 6) / letter); fits >= 3 {
		label := []rune(plain(f.name))
		if len(label) > fits {
			label = append(label[:fits-1], '…')
		}
		fmt.Fprintf(out, `<text x="%.1f" y="%.0f" fill="#222">%s</text>`, x+3, y+12.5, html.EscapeString(string(label)))
	}
	fmt.Fprintln(out, "</g>")
}

// colour tells calls apart by a hash of their name or, in a difference, says by how much
// their own time has changed, of all the time now or before.
func (g *Graph) colour(f *frame) string {
	if !g.diff {
		h := model.HashString(f.name)
		return fmt.Sprintf("hsl(%d,%d%%,%d%%)", 20+h%35, 70+h>>8%20, 66+h>>16%12)
	}
	change := float64(f.self.now-f.self.before) / float64(max(g.root.all.now, g.root.all.before, 1))
	light := 92 - 42*math.Min(1, math.Sqrt(math.Abs(change)))
	switch {
	case math.Abs(change) < 0.002:
		return "#e8e8e8"
	case change > 0:
		return fmt.Sprintf("hsl(4,80%%,%.0f%%)", light)
	}
	return fmt.Sprintf("hsl(215,70%%,%.0f%%)", light)
}

func text(s string) string { return html.EscapeString(plain(s)) }

func millis(ns int64) string {
	switch ms := float64(ns) / 1e6; {
	case ms >= 10000:
		return fmt.Sprintf("%.3g s", ms/1000)
	case ms >= 0.1:
		return fmt.Sprintf("%.4g ms", ms)
	default:
		return fmt.Sprintf("%.3g µs", ms*1000)
	}
}
