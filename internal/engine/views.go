package engine

import (
	"errors"
	"fmt"
	"time"

	"culprit/detector"
	"culprit/model"
)

// ErrNotRetained says that a stretch is no longer, or not yet, in memory.
var ErrNotRetained = errors.New("outside what is kept in memory")

// Rank ranks the causes of what happened in [from, to), in whole windows, among the
// windows still in memory. Without healthy stretches the windows before from are
// taken to be healthy, or those after to where none is before.
func (v *View) Rank(from, to time.Time, healthy []Stretch) (model.Ranking, error) {
	at := Stretch{from, to}
	var now, before, after, given []*detector.Summary
	for _, w := range v.retained {
		s := w.sum
		switch {
		case at.holds(s.From):
			now = append(now, s)
		case s.From < from.UnixNano():
			before = append(before, s)
		default:
			after = append(after, s)
		}
		for _, h := range healthy {
			if h.holds(s.From) && !at.holds(s.From) {
				given = append(given, s)
				break
			}
		}
	}
	if len(now) == 0 {
		if len(v.retained) == 0 {
			return model.Ranking{}, fmt.Errorf("ranking %s to %s: no window has been judged yet: %w", from.Format(time.RFC3339), to.Format(time.RFC3339), ErrNotRetained)
		}
		first, last := v.retained[0], v.retained[len(v.retained)-1]
		return model.Ranking{}, fmt.Errorf("ranking %s to %s: have %s to %s: %w", from.Format(time.RFC3339), to.Format(time.RFC3339),
			stamp(first.sum.From), stamp(last.sum.To), ErrNotRetained)
	}
	switch {
	case len(healthy) > 0:
		before = given
	case len(before) == 0:
		before = after
	}
	sum := detector.NewSummary(from.UnixNano(), to.UnixNano(), samplePerEntry)
	for _, s := range now {
		sum.Merge(s.Clone())
	}
	return rank(v.table, at, sum, before, len(healthy) > 0, ""), nil
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }

// Topology is who called whom in the window that holds at (zero: the newest). The
// causes of open incidents are marked.
func (v *View) Topology(at time.Time) (model.Topology, error) {
	w, err := v.windowAt(at)
	if err != nil {
		return model.Topology{}, err
	}
	out := v.topology(w, v.usually())
	for _, in := range v.open {
		for i := range out.Nodes {
			if out.Nodes[i].Service == in.Service() {
				out.Nodes[i].Suspect = true
			}
		}
	}
	return out, nil
}
