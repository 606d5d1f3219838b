package sequence

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"culprit/internal/render"
	"culprit/model"
)

// HTML writes a page of its own: what is not as usual, the drawing, the steps with their
// figures, and the variants. It asks nothing of any network, runs no script, and its
// content security policy allows only its own style.
func HTML(w io.Writer, f *model.Workflow) error {
	out := bufio.NewWriter(w)
	style := drawingStyle + pageStyle
	fmt.Fprintf(out, `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title><style>%s</style></head><body>
`, policy(style), xmlText(title(f)), style)
	fmt.Fprintf(out, "<h1>%s</h1>\n", xmlText(render.Cut(f.Service+" "+f.Operation, 2*maxName)))
	pageHead(out, f)
	pageDeviations(out, f)
	fmt.Fprint(out, "<h2>How it travels</h2>\n<div class=\"wide\">")
	draw(out, f, "")
	fmt.Fprint(out, "</div>\n<p class=\"quiet\">Solid arrows wait for an answer, dashed ones with an open tip do not. The bars show who works; the warmer, the more of the time. Point at an arrow for its figures.</p>\n")
	pageSteps(out, f)
	pageVariants(out, f)
	if len(f.Warnings) > 0 {
		fmt.Fprint(out, "<h2>Why to doubt it</h2>\n<ul>")
		for _, x := range f.Warnings {
			fmt.Fprintf(out, "<li>%s</li>", xmlText(render.Cut(x.String(), 400)))
		}
		fmt.Fprint(out, "</ul>\n")
	}
	fmt.Fprint(out, "</body></html>\n")
	return out.Flush()
}

func pageHead(out io.Writer, f *model.Workflow) {
	what := fmt.Sprintf("%d runs", f.Runs)
	if f.Trace != "" {
		what = "trace " + render.Cut(f.Trace, maxName)
	}
	fmt.Fprintf(out, "<p>%s, %s to %s: p50 %s, p95 %s%s</p>\n", xmlText(what), clock(f.From), clock(f.To), render.Millis(f.P50MS), render.Millis(f.P95MS), failures(f.Errors))
	if u := f.Usual; u != nil {
		fmt.Fprintf(out, "<p class=\"quiet\">Usual are %d runs, %s to %s: p50 %s, p95 %s</p>\n", u.Runs, clock(u.From), clock(u.To), render.Millis(u.P50MS), render.Millis(u.P95MS))
	}
}

func pageDeviations(out io.Writer, f *model.Workflow) {
	if f.Usual == nil {
		return
	}
	fmt.Fprint(out, "<h2>Not as usual</h2>\n")
	if len(f.Deviations) == 0 {
		fmt.Fprint(out, "<p>Nothing deviates from what is usual.</p>\n")
		return
	}
	fmt.Fprint(out, "<ol class=\"bad\">\n")
	for i := range f.Deviations {
		d := &f.Deviations[i]
		class := ""
		if d.Follows {
			class = ` class="follows"`
		}
		fmt.Fprintf(out, "<li%s><a href=\"#s%d\">%s</a></li>\n", class, d.Step, xmlText(sentence(d)))
	}
	fmt.Fprint(out, "</ol>\n")
	for i := range f.Deviations {
		if f.Deviations[i].Follows {
			fmt.Fprint(out, "<p class=\"quiet\">What is grey follows from what stands above it.</p>\n")
			break
		}
	}
}

func pageSteps(out io.Writer, f *model.Workflow) {
	fmt.Fprint(out, "<h2>Stages</h2>\n<div class=\"wide\"><table><tr><th>stage</th><th>in</th><th>calls</th><th>p50</th><th>p95</th><th>itself, a run</th><th>of the time</th><th>failed</th></tr>\n")
	depth := make([]int, len(f.Steps))
	for i := range f.Steps {
		s := &f.Steps[i]
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		class := ""
		for _, d := range s.Deviations {
			if !f.Deviations[d].Follows {
				class = ` class="unusual"`
			}
		}
		bad := ""
		if s.Errors > 0 {
			bad = fmt.Sprint(s.Errors)
		}
		name := strings.Repeat("  ", min(depth[i], 20)) + marks(s) + stage(s) + notes(f, s)
		fmt.Fprintf(out, "<tr%s><td class=\"name\">%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
			class, xmlText(render.Cut(name, 2*maxName)), often(f, s), calls(s), millis(s, s.P50MS), millis(s, s.P95MS), millis(s, s.SelfMS), spent(s), bad)
	}
	fmt.Fprint(out, "</table></div>\n")
}

func pageVariants(out io.Writer, f *model.Workflow) {
	if len(f.Variants) < 2 {
		return
	}
	fmt.Fprint(out, "<h2>Variants</h2>\n<table><tr><th>runs</th><th>share</th><th>p50</th><th>p95</th><th>failed</th><th class=\"words\">trace</th><th class=\"words\">differs from the first</th></tr>\n")
	for i := range f.Variants {
		v := &f.Variants[i]
		fmt.Fprintf(out, "<tr><td>%d</td><td>%s</td><td>%s</td><td>%s</td><td>%d</td><td class=\"words\">%s</td><td class=\"words\">%s</td></tr>\n",
			v.Runs, render.Percent(v.Share), render.Millis(v.P50MS), render.Millis(v.P95MS), v.Errors, xmlText(render.Cut(v.Exemplar, 40)),
			xmlText(render.Cut(strings.Join(v.Differs, "; "), 600)))
	}
	fmt.Fprint(out, "</table>\n")
}
