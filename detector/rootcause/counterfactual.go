package rootcause

import (
	"fmt"

	"culprit/detector"
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

const (
	// mostReplayed is how many of the judged traces are replayed without the fault:
	// enough for a share to within some points.
	mostReplayed = 200
	// fewestSlow is the fewest slow traces of which a share is told.
	fewestSlow = 10
)

// relief says how many of the slow traces would have been as usual, had the first suspect
// taken its usual time: the counterfactual that a person asks for. A trace is slow beyond
// the usual 95th percentile of its entry point. Empty for what is not about time, and
// where too few traces are slow.
func (s *Scene) relief(c *Cause) string {
	about := &Cause{Site: c.Site, Lead: timeOf(c)}
	if about.Lead == nil {
		return ""
	}
	limits := map[detector.Site]int32{}
	slow, relieved := 0, 0
	var replay graph.Replay
	if s.Traces == nil {
		return ""
	}
	for _, t := range s.Traces.All[:min(len(s.Traces.All), mostReplayed)] {
		if t.Main < 0 {
			continue
		}
		main := &t.Spans[t.Main]
		entry := detector.Site{Service: main.Service, Operation: main.Operation}
		limit, known := limits[entry]
		if !known {
			if usual := s.Baseline.EntryTimes(entry); usual.Count() > 0 {
				limit = int32(usual.Quantile(0.95) * stats.LogOne)
			}
			limits[entry] = limit
		}
		if limit == 0 || stats.LogNS(main.Duration) <= limit {
			continue
		}
		slow++
		if stats.LogNS(replay.Of(t, func(i int) float64 { return s.usually(t, i, about) })) <= limit {
			relieved++
		}
	}
	if slow < fewestSlow {
		return ""
	}
	return fmt.Sprintf("; with its usual time %s of the slow requests would be as usual", percent(float64(relieved)/float64(slow)))
}

// timeOf is what a cause takes longer for, nil if it is about something else: what fails or
// is silent would not answer in its usual time, and a caller whose calls queue is slow for them.
func timeOf(c *Cause) *detector.Evidence {
	if c.Lead == nil || c.Lead.Key.Family == detector.Errors || c.Kind != model.KindOwnTime && c.Kind != model.KindNetwork && c.Kind != model.KindSaturation {
		return nil
	}
	for _, e := range append([]*detector.Evidence{c.Lead}, c.More...) {
		if e != nil && !e.New && e.Shift.Effect > 0 && (e.Key.Family == detector.OwnTime || e.Key.Family == detector.EdgeGap) {
			return e
		}
	}
	return nil
}

// usually is the factor that gives the time that a cause is about its usual length in
// span i, 1 where the span has none of it or took no longer.
func (s *Scene) usually(t *graph.Trace, i int, c *Cause) float64 {
	if _, _, ok := s.value(t, i, c); !ok {
		return 1
	}
	took := t.Nodes[i].Own
	if c.Lead.Key.Family == detector.EdgeGap {
		took = t.Nodes[i].Gap
	}
	if usual := c.Lead.Before * 1e6; float64(took) > usual {
		return usual / float64(took)
	}
	return 1
}
