package engine

import (
	"fmt"
	"slices"
	"time"

	"culprit/detector"
	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/model"
)

const (
	// usualRuns is how many usual runs a workflow is held against: with them a stage that
	// is there in 99 of 100 runs is told from one that always is.
	usualRuns = 500
	// nowRuns is how many runs are enough to say how an operation travels now, where
	// nobody says which stretch is meant; windows before the newest are asked until then.
	nowRuns = 20
)

// Workflow is how the runs of an operation travel, and what of it is not as usual, by the
// sampled traces that are still in memory. at is the stretch that is meant, in whole
// windows; the zero one means the newest windows, as many as it takes to see some runs.
// With a trace only that one counts. What is usual comes from the newest windows outside
// incidents that are not meant themselves.
func (v *View) Workflow(service, operation string, at Stretch, trace model.TraceID) (model.Workflow, error) {
	if len(v.retained) == 0 {
		return model.Workflow{}, fmt.Errorf("no window has been judged yet: %w", ErrNotRetained)
	}
	svc, op, known := v.table.Find(service, operation)
	if !known {
		return model.Workflow{}, fmt.Errorf("%s %s: %w", service, operation, ErrUnknown)
	}
	l := &laying{view: v, site: detector.Site{Service: svc, Operation: op}, at: at, trace: trace}
	if err := l.inMemory(); err != nil {
		return model.Workflow{}, err
	}
	l.choose()
	usual := workflow.NewModel(v.table, l.site)
	for i := len(v.retained) - 1; i >= 0 && usual.Runs() < usualRuns; i-- {
		if w := v.retained[i]; v.calm[w.sum.From] && !l.meant[w] {
			l.lay(usual, w, false)
		}
	}
	now := workflow.NewModel(v.table, l.site)
	if usual.Runs() > 0 {
		now.Follow(usual)
	}
	for _, w := range v.retained {
		if l.meant[w] {
			l.lay(now, w, true)
		}
	}
	switch {
	case now.Runs() == 0 && !trace.IsZero():
		return model.Workflow{}, fmt.Errorf("trace %s: %w", trace, ErrNoTrace)
	case now.Runs() == 0 && usual.Runs() == 0:
		return model.Workflow{}, fmt.Errorf("%s %s: %w", service, operation, ErrUnknown)
	}
	out := now.View(usual)
	if !trace.IsZero() {
		out.Trace = trace.String()
	}
	return out, nil
}

// laying lays sampled traces over each other.
type laying struct {
	view  *View
	site  detector.Site
	at    Stretch
	trace model.TraceID
	meant map[*window]bool
}

// inMemory says what is wrong with a stretch that begins or ends outside what is retained.
func (l *laying) inMemory() error {
	from, to, _ := l.view.Retained()
	if !l.at.From.IsZero() && !l.at.From.Before(to) || !l.at.To.IsZero() && !l.at.To.After(from) {
		return fmt.Errorf("workflow of %s to %s: have %s to %s: %w", l.at.From.Format(time.RFC3339), l.at.To.Format(time.RFC3339),
			from.Format(time.RFC3339), to.Format(time.RFC3339), ErrNotRetained)
	}
	return nil
}

// choose says which windows are meant.
func (l *laying) choose() {
	l.meant = map[*window]bool{}
	all := l.view.retained
	if !l.at.From.IsZero() || !l.at.To.IsZero() {
		for _, w := range all {
			from, to := time.Unix(0, w.sum.From), time.Unix(0, w.sum.To)
			if (l.at.From.IsZero() || to.After(l.at.From)) && (l.at.To.IsZero() || from.Before(l.at.To)) {
				l.meant[w] = true
			}
		}
		return
	}
	runs := 0
	for i := len(all) - 1; i >= 0 && runs < nowRuns && len(l.meant) < detector.Merges; i-- {
		for _, t := range all[i].traces().All {
			if l.holds(t) {
				runs++
			}
		}
		l.meant[all[i]] = true
	}
	if l.trace.IsZero() {
		return
	}
	for _, w := range all { // wherever it is
		if slices.ContainsFunc(w.traces().All, func(t *graph.Trace) bool { return t.ID == l.trace }) {
			l.meant = map[*window]bool{w: true}
		}
	}
}

// holds reports whether a trace has a span of the operation. A caller's view of an operation
// of a service that sends no spans has its name, if not its service.
func (l *laying) holds(t *graph.Trace) bool {
	name := l.view.table.Name(l.site.Operation)
	for i := range t.Spans {
		s := &t.Spans[i]
		if s.Service == l.site.Service && s.Operation == l.site.Operation || s.Peer == l.site.Service && l.view.table.Name(s.Operation) == name {
			return true
		}
	}
	return false
}

// lay adds the sampled traces of a window. Those without the operation count only where
// they may be what is left of a run.
func (l *laying) lay(m *workflow.Model, w *window, pieces bool) {
	for _, t := range w.traces().All {
		if pieces && !l.trace.IsZero() && t.ID != l.trace || !l.holds(t) && !(pieces && rootless(t)) {
			continue
		}
		m.Add(t)
	}
}

// rootless reports whether a trace has no span without a parent.
func rootless(t *graph.Trace) bool {
	return !slices.ContainsFunc(t.Spans, func(s model.Span) bool { return s.Parent.IsZero() })
}
