package sequence

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"culprit/internal/render"
	"culprit/model"
)

const (
	// maxDrawn is how many steps a diagram shows: beyond it nobody follows a line any more,
	// and the drawing tools that read our text give up. JSON has them all.
	maxDrawn = 250
	// maxLifelines is how many services a diagram shows.
	maxLifelines = 40
	// maxName is how long a name may be in a diagram.
	maxName = 80
	// alwaysFrom is the share from which a stage counts as always there.
	alwaysFrom = 0.995
)

// kind is what an event of a script is.
type kind uint8

const (
	asks    kind = iota // a call
	returns             // and its answer
	hands               // a message that nobody waits for
	works               // something inside a service
	lost                // a call or message that nothing comes of, or that is missing
	appears             // work whose origin was not traced
	opens               // a block
	parts               // its next part
	closes              // its end
	remarks             // a remark on a lifeline
)

// The words that a block begins with, as all notations have them.
const (
	blockLoop     = "loop"
	blockOptional = "opt"
	blockParallel = "par"
	blockChoice   = "alt"
)

// event is a line of a sequence diagram, from top to bottom.
type event struct {
	kind     kind
	from, to int    // lifelines
	text     string // clean, and cut to maxName
	time     string // of asks and works: how long it takes
	block    string // of opens
	step     *model.WorkflowStep
	depth    int // of blocks around it
}

// script is a sequence diagram before it has a notation.
type script struct {
	title     string
	lifelines []lifeline
	events    []event
	left      int // steps that are not drawn
	depth     int
}

type lifeline struct {
	name   string
	opaque bool
}

// newScript turns a workflow into lines.
func newScript(w *model.Workflow) *script {
	s := &script{title: title(w)}
	d := drawing{w: w, script: s, at: map[string]int{}, kids: make([][]int, len(w.Steps)), drawn: chosen(w)}
	for i := range w.Steps {
		if !d.drawn[i] {
			s.left++
			continue
		}
		if p := w.Steps[i].Parent; p >= 0 {
			d.kids[p] = append(d.kids[p], i)
		}
	}
	for _, p := range w.Participants {
		if len(s.lifelines) < maxLifelines-1 || len(w.Participants) == maxLifelines {
			d.at[p.Service] = len(s.lifelines)
			s.lifelines = append(s.lifelines, lifeline{render.Cut(p.Service, maxName), p.Opaque})
		}
	}
	if len(w.Participants) > len(s.lifelines) {
		s.lifelines = append(s.lifelines, lifeline{name: fmt.Sprintf("(%d other services)", len(w.Participants)-len(s.lifelines))})
	}
	if len(w.Steps) > 0 {
		d.step(0)
	}
	if s.left > 0 {
		s.events = append(s.events, event{kind: remarks, text: fmt.Sprintf("%d of %d steps are left out here", s.left, len(w.Steps))})
	}
	return s
}

// title is a workflow in a line.
func title(w *model.Workflow) string {
	t := render.Cut(w.Service+" "+w.Operation, 2*maxName)
	switch {
	case w.Trace != "":
		return t + ", trace " + render.Cut(w.Trace, maxName)
	case w.Runs == 1:
		return t + ", one run"
	}
	return fmt.Sprintf("%s, %d runs", t, w.Runs)
}

// chosen says which steps are drawn: all, or those that deviate, with what leads to them,
// and then the nearest to the entry in which most time is spent.
func chosen(w *model.Workflow) []bool {
	drawn := make([]bool, len(w.Steps))
	if len(w.Steps) <= maxDrawn {
		for i := range drawn {
			drawn[i] = true
		}
		return drawn
	}
	n := 0
	draw := func(i int) {
		for ; i >= 0 && !drawn[i]; i = w.Steps[i].Parent {
			drawn[i] = true
			n++
		}
	}
	for i := range w.Deviations {
		if n < maxDrawn {
			draw(w.Deviations[i].Step)
		}
	}
	depth := make([]int, len(w.Steps))
	order := make([]int, len(w.Steps))
	below := make([]float64, len(w.Steps)) // share of the time, with all below
	for i := len(w.Steps) - 1; i >= 0; i-- {
		order[i] = i
		if share := float64(w.Steps[i].TimeShare); !math.IsNaN(share) {
			below[i] += share
		}
		if p := w.Steps[i].Parent; p >= 0 {
			below[p] += below[i]
		}
	}
	for i := range w.Steps {
		if p := w.Steps[i].Parent; p >= 0 {
			depth[i] = depth[p] + 1
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(depth[a], depth[b]), cmp.Compare(below[b], below[a]))
	})
	for _, i := range order {
		if n >= maxDrawn {
			break
		}
		draw(i)
	}
	return drawn
}

// drawing writes the script.
type drawing struct {
	*script
	w     *model.Workflow
	at    map[string]int // lifeline of a service
	kids  [][]int
	drawn []bool
}

func (d *drawing) lifeline(service string) int {
	if i, ok := d.at[service]; ok {
		return i
	}
	return len(d.lifelines) - 1
}

func (d *drawing) add(e event) {
	e.depth = d.depth
	d.events = append(d.events, e)
}

func (d *drawing) open(block, text string, at int, s *model.WorkflowStep) {
	d.add(event{kind: opens, block: block, text: text, from: at, to: at, step: s})
	d.depth++
}

func (d *drawing) close() {
	d.depth--
	d.add(event{kind: closes})
}

// step writes a step with all below it. Steps are at most as deep as the model of a
// workflow goes, so recursion is bounded.
func (d *drawing) step(i int) {
	s := &d.w.Steps[i]
	to := d.lifeline(s.Service)
	from := to
	if s.Parent >= 0 {
		from = d.lifeline(d.w.Steps[s.Parent].Service)
	}
	blocks := d.around(s, to)
	e := event{from: from, to: to, text: render.Cut(s.Operation, maxName), time: timeOf(s), step: s}
	switch {
	case s.Missing:
		e.kind, e.time = lost, "missing"
		d.add(e)
	case s.Hop == model.HopEntry:
		e.kind = appears
		d.add(e)
		d.below(i)
	case s.Hop == model.HopLoose:
		e.kind, e.from = appears, to
		e.text += " (origin not traced)"
		d.add(e)
		d.below(i)
	case s.Hop == model.HopMessage:
		e.kind = hands
		d.add(e)
		d.below(i)
	case s.Hop == model.HopLocal && from == to:
		e.kind = works
		if s.Unanswered > 0 && d.deviates(s) {
			e.kind = lost
		}
		d.add(e)
		d.below(i)
	default:
		e.kind = asks
		d.add(e)
		d.below(i)
		d.add(event{kind: returns, from: to, to: from, text: e.time, step: s})
	}
	for range blocks {
		d.close()
	}
}

func (d *drawing) deviates(s *model.WorkflowStep) bool { return len(s.Deviations) > 0 }

// around opens the blocks that a step stands in by itself.
func (d *drawing) around(s *model.WorkflowStep, at int) (blocks int) {
	if f := float64(s.Frequency); f < alwaysFrom && s.Parent >= 0 && s.GroupHow != model.GroupAlternative && !s.Missing && d.w.Runs > 1 {
		d.open(blockOptional, "in "+render.Percent(s.Frequency)+" of runs", at, s)
		blocks++
	}
	if s.CallsMax > 1 {
		text := Times(s)
		if s.Concurrent {
			text += ", several at once"
		}
		d.open(blockLoop, text, at, s)
		blocks++
	}
	return blocks
}

// below writes what a step asks for, with the groups in it.
func (d *drawing) below(i int) {
	kids := d.kids[i]
	at := d.lifeline(d.w.Steps[i].Service)
	for n := 0; n < len(kids); {
		first := &d.w.Steps[kids[n]]
		end := n + 1
		for first.Group > 0 && end < len(kids) && d.w.Steps[kids[end]].Group == first.Group {
			end++
		}
		if end == n+1 {
			d.gap(i, kids[n])
			d.step(kids[n])
			n = end
			continue
		}
		d.gap(i, kids[n])
		switch first.GroupHow {
		case model.GroupParallel:
			d.open(blockParallel, "at the same time", at, first)
		case model.GroupAlternative:
			d.open(blockChoice, "in "+render.Percent(first.Frequency)+" of runs", at, first)
		default:
			d.open(blockLoop, "in turns", at, first)
		}
		for k := n; k < end; k++ {
			s := &d.w.Steps[kids[k]]
			if k > n && first.GroupHow != model.GroupLoop {
				text := ""
				if first.GroupHow == model.GroupAlternative {
					text = "in " + render.Percent(s.Frequency) + " of runs"
				}
				d.depth--
				d.add(event{kind: parts, text: text, from: at, to: at, step: s})
				d.depth++
			}
			d.step(kids[k])
		}
		d.close()
		n = end
	}
	d.gap(i, -1)
}

// gap remarks on time in which nothing was traced, before the step that follows.
func (d *drawing) gap(i, before int) {
	s := &d.w.Steps[i]
	at := d.lifeline(s.Service)
	for _, g := range s.Gaps {
		if g.Before == before && float64(g.Share) >= worthARemark {
			d.add(event{kind: remarks, from: at, to: at, text: fmt.Sprintf("%s not traced (%s)", render.Millis(g.MS), render.Percent(g.Share)), step: s})
		}
	}
}

// worthARemark is the share of a run's time from which a gap is remarked on.
const worthARemark = 0.05

// timeOf is how long a step takes, and its part of the whole.
func timeOf(s *model.WorkflowStep) string {
	if s.Runs == 0 {
		return ""
	}
	t := render.Millis(s.P50MS)
	if float64(s.TimeShare) >= 0.01 {
		t += ", " + render.Percent(s.TimeShare)
	}
	return t
}

// Times says how often a step comes in a run: "x41", "x2-5".
func Times(s *model.WorkflowStep) string {
	if s.CallsMin == s.CallsMax {
		return fmt.Sprintf("x%d", s.CallsMax)
	}
	return fmt.Sprintf("x%d-%d", s.CallsMin, s.CallsMax)
}
