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
func (e *Engine) Rank(from, to time.Time, healthy []Stretch) (model.Ranking, error) {
	at := Stretch{from, to}
	var now, before, after, given []*detector.Summary
	for _, w := range e.retained {
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
		if len(e.retained) == 0 {
			return model.Ranking{}, fmt.Errorf("ranking %s to %s: no window has been judged yet: %w", from.Format(time.RFC3339), to.Format(time.RFC3339), ErrNotRetained)
		}
		first, last := e.retained[0], e.retained[len(e.retained)-1]
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
	return rank(e.table, at, sum, before, len(healthy) > 0), nil
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }

// Topology is who called whom in the window that holds at (zero: the newest). The
// causes of open incidents are marked.
func (e *Engine) Topology(at time.Time) (model.Topology, error) {
	w, err := e.windowAt(at)
	if err != nil {
		return model.Topology{}, err
	}
	view := e.view(w)
	for _, in := range e.tracker.Open() {
		for i := range view.Nodes {
			if view.Nodes[i].Service == in.Service() {
				view.Nodes[i].Suspect = true
			}
		}
	}
	return view, nil
}

// Status is how the engine is doing; the shell adds what it knows of sources.
func (e *Engine) Status() model.ServiceStatus {
	st := model.ServiceStatus{
		Window:            e.cfg.Window.String(),
		Provisional:       len(e.alarm.scores) < minScores,
		HealthyWindows:    e.baseline.Windows(),
		FalseBudgetPerDay: model.Number(e.cfg.FalseIncidentsPerDay),
		OpenIncidents:     len(e.tracker.Open()),
		Shards:            len(e.shards),
		Warnings:          e.table.Overflow(),
		Sources:           []model.SourceStatus{},
		Targets:           []model.TargetStatus{},
		Folded:            []model.Folded{},
	}
	st.Feedback.ObservedDays = model.Number(float64(e.judged) * float64(e.cfg.Window) / float64(24*time.Hour))
	if e.watermark > 0 {
		st.Watermark = time.Unix(0, e.watermark).UTC()
	}
	if from, to, ok := e.Retained(); ok {
		st.Retained = &model.Retained{From: from, To: to}
	}
	st.Services, st.Operations = e.baseline.Known()
	for _, s := range e.shards {
		st.SpansSeen += s.Seen
		st.SpansDropped += s.Dropped
		st.SpansLate += s.Late
		st.SpansPending += int64(s.spans)
	}
	st.Memory.Bounds = []model.MemoryBound{
		{What: "spans that wait for their window", Unit: "spans", Have: st.SpansPending, Most: int64(e.cfg.MaxSpans), Setting: "engine.max_spans_in_memory"},
		{What: "judged windows that can be asked about", Unit: "windows", Have: int64(len(e.retained)), Most: int64(e.cfg.Retain), Setting: "engine.retain"},
		{What: "healthy windows that make up what is normal", Unit: "windows", Have: int64(st.HealthyWindows), Most: int64(e.cfg.History), Setting: "engine.history"},
	}
	return st
}

// Open lists the open incidents, oldest first.
func (e *Engine) Open() []model.Incident { return e.tracker.Open() }

// RestoreLog rebuilds the life cycle from the incident log, oldest first: windows up
// to the last logged one emit nothing again.
func (e *Engine) RestoreLog(log []model.Incident) { e.tracker.Restore(log) }
