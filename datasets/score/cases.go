package score

import (
	"cmp"
	"slices"
	"time"

	"culprit/datasets"
)

const (
	// grace is how long after a fault nothing is healthy yet. The services of the
	// recordings here need up to half of it to drain their queues.
	grace = time.Minute
	// before is how much of a snippet before its fault is healthy: its files begin up
	// to a minute before the minute of the fault.
	before = 100 * time.Second
	// mostHealthy is how many healthy windows a continuous recording is given: a
	// quarter of an hour at the default window. Older ones are another time of day.
	mostHealthy = 30
	// fewestHealthy is the fewest windows before a fault that will do.
	fewestHealthy = 3
)

// Case is one fault and the stretches on which methods are compared.
type Case struct {
	Fault   datasets.Fault
	Now     datasets.Stretch
	Healthy []datasets.Stretch // sorted, apart from each other
	// Also are other faults that last at the same time.
	Also []datasets.Fault
}

// Cases lists the visible faults of a recording, in the order of their labels. starts
// are the beginnings of its traces in ns, sorted; windows are aligned to 1970.
// healthy limits the healthy windows of a case to so many, the nearest; 0 is no limit
// beyond the protocol's own.
func Cases(l datasets.Labels, starts []int64, window time.Duration, healthy int) []Case {
	p := planner{labels: l, starts: starts, step: window.Nanoseconds()}
	limit := mostHealthy
	if healthy > 0 {
		limit = healthy
	}
	snippets := !p.continuous()
	var out []Case
	for i, f := range l.Faults {
		if !f.Visible {
			continue
		}
		c := Case{Fault: f, Now: f.Stretch}
		switch {
		case !snippets:
			c.Healthy = p.nearest(f, limit)
		case healthy > 0:
			c.Healthy = p.closest(p.snippets(), f, healthy)
		default:
			c.Healthy = p.snippets()
		}
		for k, o := range l.Faults {
			if k != i && o.From.Before(f.To) && f.From.Before(o.To) {
				c.Also = append(c.Also, o)
			}
		}
		out = append(out, c)
	}
	return out
}

type planner struct {
	labels datasets.Labels
	starts []int64
	step   int64
}

// holds counts the traces that begin in [from, to).
func (p *planner) holds(from, to int64) int {
	lo, _ := slices.BinarySearch(p.starts, from)
	hi, _ := slices.BinarySearch(p.starts, to)
	return hi - lo
}

// continuous reports whether two of three windows hold traces.
func (p *planner) continuous() bool {
	if len(p.starts) == 0 {
		return false
	}
	first, last := floorTo(p.starts[0], p.step), floorTo(p.starts[len(p.starts)-1], p.step)
	held, seen := int64(0), int64(-1)
	for _, s := range p.starts {
		if w := floorTo(s, p.step); w != seen || held == 0 {
			seen = w
			held++
		}
	}
	return 3*held >= 2*((last-first)/p.step+1)
}

// touches reports whether [from, to) meets a fault or the minute after it.
func (p *planner) touches(from, to int64) bool {
	for _, f := range p.labels.Faults {
		if from < f.To.Add(grace).UnixNano() && f.From.UnixNano() < to {
			return true
		}
	}
	return false
}

// nearest returns up to n healthy windows before the fault, and after it as far as
// they are too few.
func (p *planner) nearest(f datasets.Fault, n int) []datasets.Stretch {
	if len(p.starts) == 0 {
		return nil
	}
	var out []datasets.Stretch
	take := func(from int64) {
		if p.holds(from, from+p.step) > 0 && !p.touches(from, from+p.step) {
			out = append(out, stretch(from, from+p.step))
		}
	}
	first, last := floorTo(p.starts[0], p.step), p.starts[len(p.starts)-1]
	for from := floorTo(f.From.UnixNano(), p.step) - p.step; from >= first && len(out) < n; from -= p.step {
		take(from)
	}
	few := min(n, fewestHealthy)
	for from := floorTo(f.To.UnixNano(), p.step); from <= last && len(out) < few; from += p.step {
		take(from)
	}
	return union(out)
}

// Watched is when the live engine begins to watch a recording, ns: so many windows that hold
// traces before that of the first fault. With 0, without a fault, and where there are no so
// many it is the beginning of the recording. starts are the beginnings of its traces, sorted.
func Watched(l datasets.Labels, starts []int64, window time.Duration, healthy int) int64 {
	if len(starts) == 0 {
		return 0
	}
	begin := starts[0]
	if healthy == 0 || len(l.Faults) == 0 {
		return begin
	}
	p := planner{labels: l, starts: starts, step: window.Nanoseconds()}
	first := slices.MinFunc(l.Faults, func(a, b datasets.Fault) int { return a.From.Compare(b.From) })
	for from := floorTo(first.From.UnixNano(), p.step); from > begin && healthy > 0; {
		from -= p.step
		if p.holds(from, from+p.step) > 0 {
			healthy--
		}
		if healthy == 0 {
			begin = max(begin, from)
		}
	}
	return begin
}

// snippets are the labelled baseline and what lies before each fault.
func (p *planner) snippets() []datasets.Stretch {
	all := slices.Clone(p.labels.Baseline)
	for _, f := range p.labels.Faults {
		all = append(all, datasets.Stretch{From: f.From.Add(-before), To: f.From})
	}
	out := union(all)
	for _, f := range p.labels.Faults {
		out = without(out, datasets.Stretch{From: f.From, To: f.To.Add(grace)})
	}
	return out
}

// closest returns the n windows of the stretches that hold traces and are nearest to
// the fault; of two equally near ones the earlier.
func (p *planner) closest(healthy []datasets.Stretch, f datasets.Fault, n int) []datasets.Stretch {
	var parts []datasets.Stretch
	for _, h := range healthy {
		from, to := h.From.UnixNano(), h.To.UnixNano()
		for at := from; at < to; {
			end := min(floorTo(at, p.step)+p.step, to)
			if p.holds(at, end) > 0 {
				parts = append(parts, stretch(at, end))
			}
			at = end
		}
	}
	away := func(s datasets.Stretch) time.Duration {
		if s.From.Before(f.From) {
			return f.From.Sub(s.To)
		}
		return s.From.Sub(f.To)
	}
	slices.SortFunc(parts, func(a, b datasets.Stretch) int {
		return cmp.Or(cmp.Compare(away(a), away(b)), a.From.Compare(b.From))
	})
	return union(parts[:min(n, len(parts))])
}

// union sorts stretches and joins those that meet.
func union(all []datasets.Stretch) []datasets.Stretch {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b datasets.Stretch) int { return a.From.Compare(b.From) })
	var out []datasets.Stretch
	for _, s := range all {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// without takes cut out of the stretches.
func without(all []datasets.Stretch, cut datasets.Stretch) []datasets.Stretch {
	var out []datasets.Stretch
	for _, s := range all {
		if !s.From.Before(cut.To) || !cut.From.Before(s.To) {
			out = append(out, s)
			continue
		}
		if s.From.Before(cut.From) {
			out = append(out, datasets.Stretch{From: s.From, To: cut.From})
		}
		if cut.To.Before(s.To) {
			out = append(out, datasets.Stretch{From: cut.To, To: s.To})
		}
	}
	return out
}

func stretch(from, to int64) datasets.Stretch {
	return datasets.Stretch{From: time.Unix(0, from).UTC(), To: time.Unix(0, to).UTC()}
}

func floorTo(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
