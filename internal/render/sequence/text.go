package sequence

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"culprit/internal/render"
	"culprit/model"
)

const (
	// width is how many columns the text takes at most.
	width = 100
	// wStage is the width of the column of stages; the others have what is left.
	wStage = 58
	// mostListed is how many deviations and variants the text lists.
	mostListed = 10
)

// Text writes the workflow for a terminal of 100 columns: what deviates first, then the
// steps as a tree.
func Text(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	heading(out, f)
	differences(out, f)
	tree(out, f)
	variants(out, f)
	return out.Flush()
}

func heading(out io.Writer, f *model.Workflow) {
	fmt.Fprintln(out, render.Cut(title(f), width))
	if f.Runs == 0 {
		return
	}
	fmt.Fprintf(out, "  %s to %s: p50 %s, p95 %s%s\n", clock(f.From), clock(f.To), render.Millis(f.P50MS), render.Millis(f.P95MS), failures(f.Errors))
	if u := f.Usual; u != nil {
		fmt.Fprintf(out, "  usually %s to %s: p50 %s, p95 %s, %d runs\n", clock(u.From), clock(u.To), render.Millis(u.P50MS), render.Millis(u.P95MS), u.Runs)
	}
	fmt.Fprintln(out)
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func failures(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d failed", n)
}

// differences lists what is not usual; what follows from it is only counted.
func differences(out io.Writer, f *model.Workflow) {
	if f.Usual == nil || f.Runs == 0 {
		return
	}
	if len(f.Deviations) == 0 {
		fmt.Fprint(out, "Nothing deviates from what is usual.\n\n")
		return
	}
	fmt.Fprintln(out, "NOT AS USUAL")
	listed, follow := 0, 0
	for i := range f.Deviations {
		d := &f.Deviations[i]
		switch {
		case d.Follows:
			follow++
		case listed < mostListed:
			listed++
			wrap(out, fmt.Sprintf("%3d. ", i+1), sentence(d))
		}
	}
	if more := len(f.Deviations) - listed - follow; more > 0 {
		fmt.Fprintf(out, "     and %d more\n", more)
	}
	if follow > 0 {
		fmt.Fprintf(out, "     what follows from these: %d more\n", follow)
	}
	fmt.Fprintln(out)
}

// sentence is a deviation for a person.
func sentence(d *model.WorkflowDeviation) string {
	const most = 300
	return render.Cut(d.Sentence, most)
}

// wrap writes text in lines of the width, the first after a mark, the others indented.
// Words that do not fit a line are broken.
func wrap(out io.Writer, mark, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(mark))
	line, used := mark, utf8.RuneCountInString(mark)
	empty := true
	flush := func() {
		fmt.Fprintln(out, line)
		line, used, empty = indent, utf8.RuneCountInString(indent), true
	}
	for _, word := range strings.Fields(text) {
		r := []rune(word)
		if !empty && used+1+len(r) > width {
			flush()
		}
		if !empty {
			line, used = line+" ", used+1
		}
		for used+len(r) > width {
			n := max(1, width-used)
			line += string(r[:n])
			r = r[n:]
			flush()
		}
		line, used, empty = line+string(r), used+len(r), false
	}
	fmt.Fprintln(out, line)
}

// tree writes the steps.
func tree(out io.Writer, f *model.Workflow) {
	fmt.Fprintf(out, "%-*s %6s %7s %8s %8s %6s\n", wStage, "STAGE", "IN", "CALLS", "P50", "SELF", "TIME")
	ends := lastOf(f)
	rails := make([]string, len(f.Steps)) // what stands left of a step's kids
	for i := range f.Steps {
		s := &f.Steps[i]
		branch := ""
		if s.Parent >= 0 {
			branch = rails[s.Parent] + "├─"
			rails[i] = rails[s.Parent] + "│ "
			if ends[i] {
				branch = rails[s.Parent] + "└─"
				rails[i] = rails[s.Parent] + "  "
			}
		}
		const mostRails = 24 // of a deep workflow the left part goes, not the names
		if r := []rune(branch); len(r) > mostRails {
			branch = "…" + string(r[len(r)-mostRails+1:])
		}
		figures := fmt.Sprintf(" %6s %7s %8s %8s %6s", often(f, s), calls(s), millis(s, s.P50MS), millis(s, s.SelfMS), spent(s))
		room := min(wStage, width-utf8.RuneCountInString(figures))
		tail := notes(f, s)
		name := render.Cut(branch+marks(s)+stage(s), room-utf8.RuneCountInString(tail)) + tail
		gap := strings.Repeat(" ", max(0, room-utf8.RuneCountInString(name)))
		fmt.Fprintln(out, strings.TrimRight(name+gap+figures, " "))
		for _, g := range s.Gaps {
			if float64(g.Share) < worthARemark {
				continue
			}
			where := "after the last stage"
			if g.Before >= 0 {
				where = "before " + stage(&f.Steps[g.Before])
			}
			line := rails[i]
			if r := []rune(line); len(r) > mostRails {
				line = "…" + string(r[len(r)-mostRails+1:])
			}
			fmt.Fprintf(out, "%s\n", render.Cut(fmt.Sprintf("%s· %s not traced %s", line, render.Millis(g.MS), where), width))
		}
	}
	legend(out, f)
}

// legend explains the signs that were used.
func legend(out io.Writer, f *model.Workflow) {
	used := map[string]bool{}
	for i := range f.Steps {
		s := &f.Steps[i]
		used[s.Hop] = true
		used[s.GroupHow] = true
		used["//"] = used["//"] || s.Concurrent
		used["!"] = used["!"] || len(s.Deviations) > 0
	}
	var words []string
	for _, sign := range []struct{ what, text string }{
		{model.HopCall, "-> call"}, {model.HopMessage, "~> message"}, {model.HopOpaque, "=> callee without spans"},
		{model.HopLoose, "?> origin not traced"}, {model.GroupParallel, "par at the same time"},
		{model.GroupAlternative, "alt one of them"}, {model.GroupLoop, "loop in turns"}, {"//", "// several at once"},
		{"!", "!n see above"},
	} {
		if used[sign.what] {
			words = append(words, sign.text)
		}
	}
	if len(words) > 0 {
		wrap(out, "", strings.Join(words, ", "))
	}
}

// lastOf says of each step whether it is the last of its parent.
func lastOf(f *model.Workflow) []bool {
	out := make([]bool, len(f.Steps))
	seen := make([]bool, len(f.Steps))
	for i := len(f.Steps) - 1; i > 0; i-- {
		p := f.Steps[i].Parent
		if p >= 0 && !seen[p] {
			seen[p], out[i] = true, true
		}
	}
	return out
}

func marks(s *model.WorkflowStep) string {
	switch s.Hop {
	case model.HopCall:
		return "-> "
	case model.HopMessage:
		return "~> "
	case model.HopOpaque:
		return "=> "
	case model.HopLoose:
		return "?> "
	}
	return ""
}

// stage names a step; inside a service the service goes without saying.
func stage(s *model.WorkflowStep) string {
	if s.Hop == model.HopLocal && s.Caller == s.Service {
		return s.Operation
	}
	return s.Service + " " + s.Operation
}

// notes are what stands behind a name: its group, and where it deviates.
func notes(f *model.Workflow, s *model.WorkflowStep) string {
	var b strings.Builder
	switch s.GroupHow {
	case model.GroupParallel:
		fmt.Fprintf(&b, " par%d", s.Group)
	case model.GroupAlternative:
		fmt.Fprintf(&b, " alt%d", s.Group)
	case model.GroupLoop:
		fmt.Fprintf(&b, " loop%d", s.Group)
	}
	if s.Concurrent {
		b.WriteString(" //")
	}
	for _, d := range s.Deviations {
		if !f.Deviations[d].Follows {
			fmt.Fprintf(&b, " !%d", d+1)
		}
	}
	return b.String()
}

func often(f *model.Workflow, s *model.WorkflowStep) string {
	switch {
	case s.Missing:
		return "none"
	case s.Parent < 0 || f.Runs == 1:
		return ""
	case float64(s.Frequency) >= alwaysFrom:
		return "all"
	}
	return strings.ReplaceAll(render.Percent(s.Frequency), " ", "")
}

func calls(s *model.WorkflowStep) string {
	if s.CallsMax <= 1 {
		return ""
	}
	return Times(s)
}

func millis(s *model.WorkflowStep, ms model.Number) string {
	if s.Runs == 0 {
		return ""
	}
	return render.Millis(ms)
}

func spent(s *model.WorkflowStep) string {
	if s.Runs == 0 || float64(s.TimeShare) < 0.0005 {
		return ""
	}
	return render.Percent(s.TimeShare)
}

// variants lists the shapes, if there are several.
func variants(out io.Writer, f *model.Workflow) {
	if len(f.Variants) < 2 {
		return
	}
	fmt.Fprintf(out, "\nVARIANTS\n%6s %7s %8s %8s  %s\n", "RUNS", "SHARE", "P50", "P95", "DIFFERS FROM THE FIRST")
	for i := range f.Variants[:min(mostListed, len(f.Variants))] {
		v := &f.Variants[i]
		text := strings.Join(v.Differs, "; ")
		if i == 0 {
			text = "-"
		}
		mark := fmt.Sprintf("%6d %7s %8s %8s  ", v.Runs, render.Percent(v.Share), render.Millis(v.P50MS), render.Millis(v.P95MS))
		wrap(out, mark, render.Cut(text, 3*width))
	}
	if more := len(f.Variants) - mostListed; more > 0 {
		fmt.Fprintf(out, "       and %d more\n", more)
	}
}
