package workflow

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// title names a node as a sentence does. Work inside a service is named with the stage that
// it belongs to: there are many selects.
func (j *joint) title(n *node) string {
	t := j.now.title(n.some())
	if n.parent < 0 || n.hop() != local {
		return t
	}
	if up := j.nodes[n.parent].some().site; up.Service == n.some().site.Service {
		t += " (in " + j.now.table.Name(up.Operation) + ")"
	}
	return t
}

func (m *Model) title(s *step) string {
	return m.table.Name(s.site.Service) + " " + m.table.Name(s.site.Operation)
}

// of says n of so many runs.
func (j *joint) of(n, runs int64) string {
	switch {
	case runs == 1:
		return "this run"
	case n == runs:
		return fmt.Sprintf("all %d runs", runs)
	}
	return fmt.Sprintf("%d of %d runs", n, runs)
}

func percent(p float64) string {
	switch p {
	case 0:
		return "none"
	case 1:
		return "all"
	}
	return strconv.FormatFloat(100*p, 'g', 2, 64) + " %"
}

func times(n float64) string {
	switch {
	case n == 1:
		return "once"
	case n == math.Trunc(n):
		return strconv.FormatFloat(n, 'f', 0, 64) + " times"
	}
	return strconv.FormatFloat(n, 'f', 1, 64) + " times"
}

// duration is a number of ns with three digits.
func duration(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d >= 10*time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return three(ns/1e9) + " s"
	case d >= time.Millisecond:
		return three(ns/1e6) + " ms"
	}
	return three(ns/1e3) + " µs"
}

func three(x float64) string {
	digits := 2
	for y := math.Abs(x); y >= 10 && digits > 0; y /= 10 {
		digits--
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}
