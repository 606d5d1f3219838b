package sequence

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"

	"culprit/internal/render"
	"culprit/model"
)

// Measures of the drawing, in pixels.
const (
	left     = 24  // of the first lifeline's box
	column   = 168 // from one lifeline to the next
	boxWide  = 152
	boxHigh  = 34
	charWide = 6 // of a letter, roughly
)

// SVG draws the sequence diagram. The drawing holds its own style, light or dark as the
// reader's system is.
func SVG(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	draw(out, f, "<style>"+drawingStyle+"</style>")
	return out.Flush()
}

// canvas is the drawing while it grows downwards.
type canvas struct {
	f      *model.Workflow
	s      *script
	y      int
	right  int // of the longest text
	under  strings.Builder
	over   strings.Builder
	blocks []frame
	busy   []activity
}

// frame is a block that is open: where it began and which lifelines it holds.
type frame struct {
	event
	top      int
	from, to int
	parts    []int
}

// activity is a stage at work on its lifeline.
type activity struct {
	step *model.WorkflowStep
	at   int
	top  int
}

// draw writes the whole drawing; head stands before anything else in it.
func draw(w io.Writer, f *model.Workflow, head string) {
	c := &canvas{f: f, s: newScript(f), y: boxHigh + 14}
	for i := range c.s.events {
		c.event(&c.s.events[i])
	}
	for len(c.busy) > 0 {
		c.rest()
	}
	wide := max(left+len(c.s.lifelines)*column, c.right) + 12
	high := c.y + 16
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="sequence" role="img" width="%d" height="%d" viewBox="0 0 %d %d" aria-label="%s">`,
		wide, high, wide, high, xmlText(c.s.title))
	fmt.Fprintf(w, "<title>%s</title>%s\n", xmlText(c.s.title), head)
	fmt.Fprintf(w, `<rect class="paper" width="%d" height="%d"/>`+"\n", wide, high)
	for i := range c.s.lifelines {
		x := c.x(i)
		fmt.Fprintf(w, `<line class="life" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", x, boxHigh, x, high-8)
	}
	fmt.Fprint(w, c.under.String())
	for i, l := range c.s.lifelines {
		class := "box"
		if l.opaque {
			class = "box opaque"
		}
		fmt.Fprintf(w, `<g class="%s"><title>%s</title><rect x="%d" y="2" width="%d" height="%d" rx="5"/><text x="%d" y="%d">%s</text></g>`+"\n",
			class, xmlText(l.name), c.x(i)-boxWide/2, boxWide, boxHigh-4, c.x(i), boxHigh/2+4, xmlText(render.Cut(l.name, boxWide/charWide-2)))
	}
	fmt.Fprint(w, c.over.String())
	fmt.Fprint(w, "</svg>\n")
}

// x is where a lifeline stands.
func (c *canvas) x(lifeline int) int { return left + boxWide/2 + lifeline*column }

func (c *canvas) event(e *event) {
	switch e.kind {
	case opens:
		c.widen(e.from, e.to)
		c.blocks = append(c.blocks, frame{event: *e, top: c.y, from: e.from, to: e.to})
		c.y += 24
		return
	case parts:
		b := &c.blocks[len(c.blocks)-1]
		b.parts = append(b.parts, c.y)
		if e.text != "" {
			fmt.Fprintf(&c.over, `<text class="tag" x="%d" y="%d">[%s]</text>`+"\n", c.x(b.from)-14, c.y+14, xmlText(e.text))
			c.y += 10
		}
		c.y += 8
		return
	case closes:
		c.close()
		return
	}
	if len(c.s.lifelines) == 0 {
		return
	}
	c.widen(min(e.from, e.to), max(e.from, e.to))
	switch e.kind {
	case asks, hands, lost:
		c.message(e)
	case returns:
		c.back(e)
	case works:
		c.self(e)
	case appears:
		c.enter(e)
	case remarks:
		fmt.Fprintf(&c.over, `<text class="remark" x="%d" y="%d">%s</text>`+"\n", c.x(e.to)+10, c.y+13, xmlText(e.text))
		c.reach(c.x(e.to)+10, e.text)
		c.y += 20
	}
	for _, said := range sayings(c.f, e) {
		c.say(e, said)
	}
}

// widen makes the open blocks hold these lifelines.
func (c *canvas) widen(from, to int) {
	for i := range c.blocks {
		b := &c.blocks[i]
		b.from, b.to = min(b.from, from), max(b.to, to)
	}
}

// reach takes note of how far to the right a text goes.
func (c *canvas) reach(x int, text string) {
	c.right = max(c.right, x+charWide*len([]rune(text))+8)
}

// begin opens the group of an event: linked to from the list of deviations, and marked if
// its step deviates.
func (c *canvas) begin(e *event, class string) {
	id := ""
	if e.step != nil && e.kind != returns {
		id = fmt.Sprintf(` id="s%d"`, e.step.ID)
		if c.unusual(e.step) {
			class += " unusual"
		}
	}
	fmt.Fprintf(&c.over, `<g%s class="%s">`, id, class)
	if e.step != nil {
		fmt.Fprintf(&c.over, "<title>%s</title>", xmlText(hint(e.step)))
	}
}

func (c *canvas) unusual(s *model.WorkflowStep) bool {
	for _, d := range s.Deviations {
		if !c.f.Deviations[d].Follows {
			return true
		}
	}
	return false
}

// hint is all that is known of a step, for who points at it.
func hint(s *model.WorkflowStep) string {
	t := render.Cut(s.Service+" "+s.Operation, 2*maxName)
	if s.Via != "" {
		t += ", asked for as " + render.Cut(s.Via, maxName)
	}
	if s.Runs == 0 {
		return t + ": not there"
	}
	t += fmt.Sprintf(": in %d runs", s.Runs)
	if s.CallsMax > 1 {
		t += ", " + Times(s) + " a run"
	}
	t += fmt.Sprintf(", p50 %s, p95 %s, itself %s a run, %s of the time", render.Millis(s.P50MS), render.Millis(s.P95MS), render.Millis(s.SelfMS), render.Percent(s.TimeShare))
	if s.Errors > 0 {
		t += fmt.Sprintf(", %d failed", s.Errors)
	}
	return t
}

// label writes the name of a stage and how long it takes.
func (c *canvas) label(x, y int, e *event) {
	text := e.text
	fmt.Fprintf(&c.over, `<text x="%d" y="%d">%s`, x, y, xmlText(text))
	if e.time != "" {
		fmt.Fprintf(&c.over, `<tspan class="time" dx="6">%s</tspan>`, xmlText(e.time))
		text += "  " + e.time
	}
	c.over.WriteString("</text>")
	c.reach(x, text)
}

// message is an arrow to another lifeline; one to its own bends back.
func (c *canvas) message(e *event) {
	if e.from == e.to {
		c.self(e)
		return
	}
	class := map[kind]string{asks: "call", hands: "hand", lost: "lost"}[e.kind]
	from, to := c.x(e.from), c.x(e.to)
	dir := sign(to - from)
	c.begin(e, class)
	c.label(min(from, to)+8, c.y+14, e)
	y := c.y + 20
	fmt.Fprintf(&c.over, `<line x1="%d" y1="%d" x2="%d" y2="%d"/>`, from, y, to-dir*4, y)
	c.head(e.kind, to-dir*4, y, dir)
	c.over.WriteString("</g>\n")
	c.y += 26
	if e.kind == asks {
		c.busy = append(c.busy, activity{e.step, e.to, y})
	}
}

// head is the tip of an arrow that points in a direction.
func (c *canvas) head(k kind, x, y, dir int) {
	switch k {
	case lost:
		fmt.Fprintf(&c.over, `<path class="cross" d="M%d %d l8 8 m0 -8 l-8 8"/>`, x-4-dir*4, y-4)
	case hands:
		fmt.Fprintf(&c.over, `<path class="open" d="M%d %d L%d %d L%d %d"/>`, x-dir*8, y-4, x, y, x-dir*8, y+4)
	default:
		fmt.Fprintf(&c.over, `<path class="tip" d="M%d %d L%d %d L%d %dZ"/>`, x, y, x-dir*8, y-4, x-dir*8, y+4)
	}
}

// back is the answer to a call: its end on the lifeline.
func (c *canvas) back(e *event) {
	if e.from != e.to {
		from, to := c.x(e.from), c.x(e.to)
		dir := sign(to - from)
		c.begin(e, "return")
		y := c.y + 6
		fmt.Fprintf(&c.over, `<line x1="%d" y1="%d" x2="%d" y2="%d"/>`, from, y, to-dir*4, y)
		c.head(hands, to-dir*4, y, dir)
		c.over.WriteString("</g>\n")
	}
	c.y += 12
	if n := len(c.busy); n > 0 && c.busy[n-1].step == e.step {
		c.rest()
	}
}

// rest ends the innermost activity.
func (c *canvas) rest() {
	a := c.busy[len(c.busy)-1]
	c.busy = c.busy[:len(c.busy)-1]
	fmt.Fprintf(&c.under, `<rect class="work%s" x="%d" y="%d" width="8" height="%d"/>`+"\n", warmth(a.step), c.x(a.at)-4, a.top, max(6, c.y-a.top-6))
}

// warmth is the class of a stage by its share of the time.
func warmth(s *model.WorkflowStep) string {
	switch share := float64(s.TimeShare); {
	case share >= 0.3:
		return " hot3"
	case share >= 0.1:
		return " hot2"
	case share >= 0.03:
		return " hot1"
	}
	return ""
}

// self is work inside a service: an arrow that comes back.
func (c *canvas) self(e *event) {
	x := c.x(e.to)
	class := "self"
	if e.kind == lost {
		class = "lost"
	}
	c.begin(e, class)
	fmt.Fprintf(&c.over, `<path class="bend" d="M%d %d h16 v10 h-12"/>`, x+4, c.y+6)
	c.head(e.kind, x+8, c.y+16, -1)
	c.label(x+26, c.y+15, e)
	c.over.WriteString("</g>\n")
	c.y += 22
	if e.kind == asks {
		c.busy = append(c.busy, activity{e.step, e.to, c.y - 12})
	}
}

// enter is work that comes from outside the drawing.
func (c *canvas) enter(e *event) {
	x := c.x(e.to)
	c.begin(e, "call")
	fmt.Fprintf(&c.over, `<line x1="%d" y1="%d" x2="%d" y2="%d"/>`, x-boxWide/2-10, c.y+20, x-4, c.y+20)
	c.head(asks, x-4, c.y+20, 1)
	c.label(x+10, c.y+18, e)
	c.over.WriteString("</g>\n")
	c.y += 28
}

// say is a sentence on what is not usual, below its event.
func (c *canvas) say(e *event, text string) {
	const most = 110
	x := c.x(min(e.from, e.to)) + 12
	shown := render.Cut(text, most)
	fmt.Fprintf(&c.over, `<g class="say"><title>%s</title><rect x="%d" y="%d" width="%d" height="18" rx="3"/><text x="%d" y="%d">%s</text></g>`+"\n",
		xmlText(text), x, c.y+2, charWide*len([]rune(shown))+14, x+6, c.y+15, xmlText(shown))
	c.reach(x+14, shown)
	c.y += 24
}

// close draws the frame of the innermost block, below what is in it.
func (c *canvas) close() {
	b := c.blocks[len(c.blocks)-1]
	c.blocks = c.blocks[:len(c.blocks)-1]
	inset := min(4*len(c.blocks), 40) // inner frames stand inside outer ones
	x := c.x(b.from) - boxWide/2 + inset
	wide := c.x(b.to) + boxWide/2 - inset - x
	c.y += 6
	fmt.Fprintf(&c.under, `<rect class="frame" x="%d" y="%d" width="%d" height="%d"/>`, x, b.top+2, wide, c.y-b.top-4)
	for _, y := range b.parts {
		fmt.Fprintf(&c.under, `<line class="part" x1="%d" y1="%d" x2="%d" y2="%d"/>`, x, y, x+wide, y)
	}
	tab := charWide*len(b.block) + 12
	fmt.Fprintf(&c.under, `<path class="tab" d="M%d %d h%d v10 l-5 5 h-%d z"/>`, x, b.top+2, tab, tab-5)
	c.under.WriteByte('\n')
	fmt.Fprintf(&c.over, `<text class="tag" x="%d" y="%d">%s</text>`, x+5, b.top+13, b.block)
	if b.text != "" {
		fmt.Fprintf(&c.over, `<text class="tag when" x="%d" y="%d">[%s]</text>`, x+tab+6, b.top+13, xmlText(b.text))
	}
	c.over.WriteByte('\n')
	c.y += 4
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// xmlText escapes text for XML and HTML, in elements and quoted attributes.
func xmlText(s string) string { return html.EscapeString(s) }
