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

// Rank ranks the causes of what happened in a stretch that is still in memory.
func (a answers) Rank(ctx context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	if err := ctx.Err(); err != nil {
		return model.Ranking{}, err
	}
	healthy := make([]engine.Stretch, len(baseline))
	for i, b := range baseline {
		healthy[i] = engine.Stretch{From: b[0], To: b[1]}
	}
	r, err := a.pipe.engine.Rank(from, to, healthy)
	return r, a.explain(err)
}

// Topology is who called whom in the window that holds at.
func (a answers) Topology(at time.Time) (model.Topology, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	t, err := a.pipe.engine.Topology(at)
	return t, a.explain(err)
}

// Operations lists the operations of a moment, the strangest first.
func (a answers) Operations(at time.Time, service, find string, most int) (model.OperationPage, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	p, err := a.pipe.engine.List(at, service, find, most)
	return p, a.explain(err)
}

// Operation is what is normal for an operation, and what is so at a moment.
func (a answers) Operation(service, operation string, at time.Time) (model.OperationView, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	v, err := a.pipe.engine.Operation(service, operation, at)
	return v, a.unknown(service, operation, err)
}

// Workflow is how the runs of an operation travel, and what of it is not as usual.
func (a answers) Workflow(ctx context.Context, service, operation string, from, to time.Time, trace model.TraceID) (model.Workflow, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	if err := ctx.Err(); err != nil {
		return model.Workflow{}, err
	}
	w, err := a.pipe.engine.Workflow(service, operation, engine.Stretch{From: from, To: to}, trace)
	if errors.Is(err, engine.ErrNoTrace) {
		return w, &api.UnknownError{What: "trace", Name: trace.String()}
	}
	return w, a.unknown(service, operation, err)
}

// Compare is what changed from one stretch to another.
func (a answers) Compare(ctx context.Context, before, now [2]time.Time) (model.Comparison, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	if err := ctx.Err(); err != nil {
		return model.Comparison{}, err
	}
	c, err := a.pipe.engine.Compare(engine.Stretch{From: before[0], To: before[1]}, engine.Stretch{From: now[0], To: now[1]})
	return c, a.explain(err)
}

// Correlate is what sets some requests of an operation apart from the rest.
func (a answers) Correlate(ctx context.Context, service, operation string, from, to time.Time, chosen api.Chosen) (model.Correlation, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	if err := ctx.Err(); err != nil {
		return model.Correlation{}, err
	}
	c, err := a.pipe.engine.Correlate(service, operation, engine.Stretch{From: from, To: to},
		compare.Choice{SlowerThan: chosen.SlowerThan, Failing: chosen.Failing, From: chosen.Since, To: chosen.Until})
	return c, a.unknown(service, operation, err)
}

// CriticalPaths is what requests spend their time in.
func (a answers) CriticalPaths(ctx context.Context, service, operation string, from, to time.Time, faster []api.Faster) (model.CriticalPaths, error) {
	a.judging.Lock()
	defer a.judging.Unlock()
	out := model.CriticalPaths{Entries: []model.EntryPaths{}, Warnings: []model.Warning{}}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	profile, sampled, first, last, err := a.pipe.engine.Paths(engine.Stretch{From: from, To: to})
	if err != nil {
		return out, a.explain(err)
	}
	out.From, out.To = first, last
	o := PathOptions{Operation: strings.TrimSpace(service + " " + operation)}
	for _, f := range faster {
		o.Changes = append(o.Changes, PathChange{Site: f.Site, Faster: f.By})
	}
	err = fillPaths(&out, a.pipe.engine.Symbols(), profile, sampled, o)
	var unknown *UnknownNameError
	if errors.As(err, &unknown) {
		return out, &api.UnknownError{What: "operation", Name: unknown.Name, Known: unknown.Known}
	}
	return out, err
}

// unknown turns an operation that is not known into one with names that are.
func (a answers) unknown(service, operation string, err error) error {
	if !errors.Is(err, engine.ErrUnknown) {
		return a.explain(err)
	}
	if known := a.pipe.engine.Operations(service); len(known) > 0 {
		return &api.UnknownError{What: "operation", Name: operation, Known: known}
	}
	return &api.UnknownError{What: "service", Name: service, Known: a.pipe.engine.Services()}
}

// explain turns an error of the engine into one that REST has an answer for.
func (a answers) explain(err error) error {
	if !errors.Is(err, engine.ErrNotRetained) {
		return err
	}
	from, to, ok := a.pipe.engine.Retained()
	if !ok {
		return &api.NotRetainedError{}
	}
	return &api.NotRetainedError{Retained: &model.Retained{From: from, To: to}}
}

// Status is how the service is doing.
func (a answers) Status() model.ServiceStatus { return a.status() }

func (s *Service) status() model.ServiceStatus {
	s.judging.Lock()
	st := s.pipe.engine.Status()
	st.Warnings = model.MergeWarnings(append(st.Warnings, s.pipe.warnings()...), maxPlaces)
	st.Folded = s.pipe.folded()
	s.judging.Unlock()
	s.measured(&st)
	st.Memory = memoryNow(append(st.Memory.Bounds, s.projection.Bounds()...))
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
