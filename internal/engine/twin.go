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
		s.spans[detector.Site{Service: t.Spans[i].Service, Operation: t.Spans[i].Operation}]++
	}
	s.entry = detector.Site{Service: t.Spans[t.Main].Service, Operation: t.Spans[t.Main].Operation}
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
func (e *Engine) twin(of shape, healthy []*model.Fragment) *model.Fragment {
	a := graph.NewAssembler(graph.Config{MaxSpans: e.cfg.MaxSpansPerTrace, Symbols: e.table})
	usual := e.baseline.EntryTimes(of.entry).Quantile(0.5)
	var best *model.Fragment
	var bestLike, bestOff float64
	for _, f := range healthy {
		t := a.Assemble(f)
		if t.Main < 0 {
			continue
		}
		s := shapeOf(t)
		if s.entry != of.entry {
			continue
		}
		like := of.like(s)
		if t.Spans[t.Main].Status == model.StatusError || t.Marks&(graph.Orphans|graph.NoRoot|graph.Truncated|graph.Cycle) != 0 {
			like -= 1
		}
		off := math.Abs(float64(stats.LogNS(t.Spans[t.Main].Duration))/stats.LogOne - usual)
		if best == nil || like > bestLike || like == bestLike && (off < bestOff || off == bestOff && f.Trace.Compare(best.Trace) < 0) {
			best, bestLike, bestOff = f, like, off
		}
	}
	return best
}
