package detector

import (
	"culprit/graph"
	"culprit/model"
)

// Note counts a trace and what is wrong with it, and nothing else of it.
func (s *Summary) Note(t *graph.Trace) {
	s.Traces++
	s.Spans += int64(len(t.Spans))
	s.Duplicates += int64(t.Dups)
	count(&s.Incomplete, t.Marks&(graph.Orphans|graph.NoRoot) != 0)
	count(&s.Skewed, t.Marks&graph.Skew != 0)
	count(&s.Apart, t.Apart > delivery/2)
	count(&s.Cut, t.Marks&graph.Truncated != 0)
	count(&s.Cyclic, t.Marks&graph.Cycle != 0)
}

// Warnings are the marks of the window's traces.
func (s *Summary) Warnings() []model.Warning {
	out := []model.Warning{}
	add := func(kind string, n int64, message string) {
		if n > 0 {
			out = append(out, model.Warning{Kind: kind, Count: n, Message: message})
		}
	}
	add("cycles", s.Cyclic, "traces whose spans are each other's ancestors")
	add("cut-traces", s.Cut, "traces with more spans than a trace may have")
	add("duplicate-spans", s.Duplicates, "spans that came twice and were counted once")
	add("incomplete-traces", s.Incomplete, "traces that miss spans")
	add("skewed-traces", s.Skewed, "traces whose hosts disagree about the time")
	return out
}
