package engine

import (
	"math"

	"culprit/detector"
	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

// shape is what a trace is made of: how many spans of each operation, below which entry
// point.
type shape struct {
	entry detector.Site
	spans map[detector.Site]int
	n     int
}

func shapeOf(t *graph.Trace) shape {
	s := shape{spans: map[detector.Site]int{}, n: len(t.Spans)}
	for i := range t.Spans {
		s.spans[siteOf(&t.Spans[i])]++
	}
	s.entry = siteOf(&t.Spans[t.Main])
	return s
}

// like is Dice's coefficient of two shapes: 1 if they are made of the same spans.
func (s shape) like(o shape) float64 {
	both := 0
	for site, n := range s.spans {
		both += min(n, o.spans[site])
	}
	return 2 * float64(both) / float64(s.n+o.n)
}

// twin finds the healthy trace that is most like one: of the same entry point, whole,
// not failed where others are not, made of the same spans; of equal ones the one whose
// duration is nearest to the usual median, then the smallest ID. nil if there is none.
func (e *Engine) twin(of shape, healthy []*detector.Traces) *graph.Trace {
	usual := e.baseline.EntryTimes(of.entry).Quantile(0.5)
	var best *graph.Trace
	var bestLike, bestOff float64
	for _, sample := range healthy {
		for _, k := range sample.With(func(s detector.Site) bool { return s == of.entry }) {
			t := sample.All[k]
			if t.Main < 0 || siteOf(&t.Spans[t.Main]) != of.entry {
				continue
			}
			like := of.like(shapeOf(t))
			if t.Spans[t.Main].Status == model.StatusError || t.Marks&(graph.Orphans|graph.NoRoot|graph.Truncated|graph.Cycle) != 0 {
				like -= 1
			}
			off := math.Abs(float64(stats.LogNS(t.Spans[t.Main].Duration))/stats.LogOne - usual)
			if best == nil || like > bestLike || like == bestLike && (off < bestOff || off == bestOff && t.ID.Compare(best.ID) < 0) {
				best, bestLike, bestOff = t, like, off
			}
		}
	}
	return best
}

func siteOf(s *model.Span) detector.Site {
	return detector.Site{Service: s.Service, Operation: s.Operation}
}
