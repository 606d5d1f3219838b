package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"culprit/api"
	"culprit/detector/compare"
	"culprit/internal/engine"
	"culprit/model"
)

// answers is the service as REST asks it.
type answers struct{ *Service }

var _ api.Engine = answers{}

// Moment grows with every window that was judged.
func (a answers) Moment() uint64 { return a.moment.Load() }

// Rank ranks the causes of what happened in a stretch that is still in memory.
func (a answers) Rank(ctx context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error) {
	if err := ctx.Err(); err != nil {
		return model.Ranking{}, err
	}
	healthy := make([]engine.Stretch, len(baseline))
	for i, b := range baseline {
		healthy[i] = engine.Stretch{From: b[0], To: b[1]}
	}
	v := a.view.Load()
	r, err := v.Rank(from, to, healthy)
	return r, explain(v, err)
}

// Topology is who called whom in the window that holds at.
func (a answers) Topology(at time.Time) (model.Topology, error) {
	v := a.view.Load()
	t, err := v.Topology(at)
	return t, explain(v, err)
}

// Operations lists the operations of a moment, the strangest first.
func (a answers) Operations(at time.Time, service, find string, most int) (model.OperationPage, error) {
	v := a.view.Load()
	p, err := v.List(at, service, find, most)
	return p, explain(v, err)
}

// Operation is what is normal for an operation, and what is so at a moment.
func (a answers) Operation(service, operation string, at time.Time) (model.OperationView, error) {
	v := a.view.Load()
	o, err := v.Operation(service, operation, at)
	o.Links = linksTo(o.Exemplars, a.traceURL)
	return o, unknown(v, service, operation, err)
}

// Workflow is how the runs of an operation travel, and what of it is not as usual.
func (a answers) Workflow(ctx context.Context, service, operation string, from, to time.Time, trace model.TraceID) (model.Workflow, error) {
	if err := ctx.Err(); err != nil {
		return model.Workflow{}, err
	}
	v := a.view.Load()
	w, err := v.Workflow(service, operation, engine.Stretch{From: from, To: to}, trace)
	if errors.Is(err, engine.ErrNoTrace) {
		return w, &api.UnknownError{What: "trace", Name: trace.String()}
	}
	return w, unknown(v, service, operation, err)
}

// Compare is what changed from one stretch to another.
func (a answers) Compare(ctx context.Context, before, now [2]time.Time) (model.Comparison, error) {
	if err := ctx.Err(); err != nil {
		return model.Comparison{}, err
	}
	v := a.view.Load()
	c, err := v.Compare(engine.Stretch{From: before[0], To: before[1]}, engine.Stretch{From: now[0], To: now[1]})
	return c, explain(v, err)
}

// Correlate is what sets some requests of an operation apart from the rest.
func (a answers) Correlate(ctx context.Context, service, operation string, from, to time.Time, chosen api.Chosen) (model.Correlation, error) {
	if err := ctx.Err(); err != nil {
		return model.Correlation{}, err
	}
	v := a.view.Load()
	c, err := v.Correlate(service, operation, engine.Stretch{From: from, To: to},
		compare.Choice{SlowerThan: chosen.SlowerThan, Failing: chosen.Failing, From: chosen.Since, To: chosen.Until})
	return c, unknown(v, service, operation, err)
}

// CriticalPaths is what requests spend their time in.
func (a answers) CriticalPaths(ctx context.Context, service, operation string, from, to time.Time, faster []api.Faster) (model.CriticalPaths, error) {
	out := model.CriticalPaths{Entries: []model.EntryPaths{}, Warnings: []model.Warning{}}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	v := a.view.Load()
	profile, sampled, first, last, err := v.Paths(engine.Stretch{From: from, To: to})
	if err != nil {
		return out, explain(v, err)
	}
	out.From, out.To = first, last
	o := PathOptions{Operation: strings.TrimSpace(service + " " + operation)}
	for _, f := range faster {
		o.Changes = append(o.Changes, PathChange{Site: f.Site, Faster: f.By})
	}
	err = fillPaths(&out, v.Symbols(), profile, sampled, o)
	var unknown *UnknownNameError
	if errors.As(err, &unknown) {
		return out, &api.UnknownError{What: "operation", Name: unknown.Name, Known: unknown.Known}
	}
	return out, err
}

// unknown turns an operation that is not known into one with names that are.
func unknown(v *engine.View, service, operation string, err error) error {
	if !errors.Is(err, engine.ErrUnknown) {
		return explain(v, err)
	}
	if known := v.Operations(service); len(known) > 0 {
		return &api.UnknownError{What: "operation", Name: operation, Known: known}
	}
	return &api.UnknownError{What: "service", Name: service, Known: v.Services()}
}

// explain turns an error of the engine into one that REST has an answer for.
func explain(v *engine.View, err error) error {
	if !errors.Is(err, engine.ErrNotRetained) {
		return err
	}
	from, to, ok := v.Retained()
	if !ok {
		return &api.NotRetainedError{}
	}
	return &api.NotRetainedError{Retained: &model.Retained{From: from, To: to}}
}

// Status is how the service is doing.
func (a answers) Status() model.ServiceStatus { return a.status() }

func (s *Service) status() model.ServiceStatus {
	st := s.view.Load().Status()
	in := s.pipe.count()
	st.SpansSeen, st.SpansDropped, st.SpansLate, st.SpansPending = in.Seen, in.Dropped, in.Late, in.Pending
	st.Warnings, st.Folded = in.warnings, in.folded
	s.measured(&st)
	st.Memory = memoryNow(slices.Concat([]model.MemoryBound{
		{What: "spans that wait for their window", Unit: "spans", Have: in.Pending, Most: int64(s.cfg.Engine.MaxSpans), Setting: "engine.max_spans_in_memory"},
	}, st.Memory.Bounds, s.projection.Bounds()))
	st.Targets = s.alerts.Status()
	st.Version = Version()
	st.StartedAt = s.started
	st.Shards = s.cfg.Engine.Shards
	st.Sources = make([]model.SourceStatus, len(s.sources))
	for i, src := range s.sources {
		st.Sources[i] = src.Status()
		if st.Sources[i].Warnings == nil {
			st.Sources[i].Warnings = []model.Warning{}
		}
		if mark := st.Sources[i].Watermark; !mark.IsZero() {
			lag := model.Number(time.Since(mark).Seconds())
			st.Sources[i].LagSeconds = &lag
		}
	}
	slices.SortStableFunc(st.Sources, func(a, b model.SourceStatus) int { return strings.Compare(a.Name, b.Name) })
	return st
}
