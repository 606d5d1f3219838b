package engine

import (
	"fmt"
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/bottleneck"
	"culprit/detector/compare"
	"culprit/graph"
	"culprit/model"
)

// newestWindows is how many windows are looked at where nobody says which are meant.
const newestWindows = 10

// Compare says what changed from one stretch to another, in whole windows that are still in
// memory: counts and times from all traces, effects on requests from the sampled ones.
func (v *View) Compare(before, now Stretch) (model.Comparison, error) {
	sides := [2]*compare.Side{}
	for i, at := range []Stretch{before, now} {
		windows, err := v.within(at)
		if err != nil {
			return model.Comparison{}, fmt.Errorf("comparing: %w", err)
		}
		slices := make([]compare.Slice, len(windows))
		for k, w := range windows {
			slices[k] = compare.Slice{Sum: w.sum, Paths: v.profile(w.traces().All)}
		}
		sides[i] = compare.SideOf(v.table, slices)
	}
	return compare.Compare(sides[0], sides[1], compare.Options{Before: "before", Now: "now"}), nil
}

// Correlate says which attributes set the chosen requests of an operation apart from the
// rest, by the sampled traces of a stretch that are still in memory. Zero times are no limit.
// Of an operation that none of these holds it says so in a warning.
func (v *View) Correlate(service, operation string, at Stretch, chosen compare.Choice) (model.Correlation, error) {
	svc, op, known := v.table.Find(service, operation)
	if !known {
		return model.Correlation{}, fmt.Errorf("%s %s: %w", service, operation, ErrUnknown)
	}
	windows, err := v.within(at)
	if err != nil {
		return model.Correlation{}, fmt.Errorf("correlating: %w", err)
	}
	out := compare.Correlate(v.table, traces(windows), detector.Site{Service: svc, Operation: op}, chosen, 0)
	out.From, out.To = bounds(windows)
	if out.Selected+out.Rest == 0 && !slices.Contains(v.Operations(service), operation) {
		return out, fmt.Errorf("%s %s: %w", service, operation, ErrUnknown)
	}
	return out, nil
}

// Paths is what sampled requests of a stretch spent their time in: the profile, and the
// traces to be replayed. With two zero times it is that of the newest windows.
func (v *View) Paths(at Stretch) (profile *bottleneck.Profile, sampled []*graph.Trace, from, to time.Time, err error) {
	windows, err := v.within(at)
	if err != nil {
		return nil, nil, from, to, fmt.Errorf("critical paths: %w", err)
	}
	if at.From.IsZero() && at.To.IsZero() {
		windows = windows[max(0, len(windows)-newestWindows):]
	}
	sampled = traces(windows)
	from, to = bounds(windows)
	return v.profile(sampled), sampled, from, to, nil
}

// Symbols numbers the names of what the engine answers with.
func (v *View) Symbols() *model.Symbols { return v.table }

// within lists the retained windows that a stretch touches, oldest first; zero times are
// no limit.
func (p *past) within(at Stretch) ([]*window, error) {
	var out []*window
	for _, w := range p.retained {
		if (at.From.IsZero() || w.sum.To > at.From.UnixNano()) && (at.To.IsZero() || w.sum.From < at.To.UnixNano()) {
			out = append(out, w)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	if len(p.retained) == 0 {
		return nil, fmt.Errorf("no window has been judged yet: %w", ErrNotRetained)
	}
	first, last := p.retained[0], p.retained[len(p.retained)-1]
	return nil, fmt.Errorf("%s to %s: have %s to %s: %w", at.From.Format(time.RFC3339), at.To.Format(time.RFC3339), stamp(first.sum.From), stamp(last.sum.To), ErrNotRetained)
}

func bounds(windows []*window) (from, to time.Time) {
	return time.Unix(0, windows[0].sum.From).UTC(), time.Unix(0, windows[len(windows)-1].sum.To).UTC()
}

func traces(windows []*window) []*graph.Trace {
	var out []*graph.Trace
	for _, w := range windows {
		out = append(out, w.traces().All...)
	}
	return out
}

// profile lays sampled traces over each other.
func (p *past) profile(sampled []*graph.Trace) *bottleneck.Profile {
	out := bottleneck.New(p.table)
	for _, t := range sampled {
		out.Add(t)
	}
	return out
}
