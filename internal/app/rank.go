package app

import (
	"context"
	"time"

	"culprit/datasets"
	"culprit/datasets/score"
	"culprit/internal/engine"
	"culprit/model"
)

// Rank has a method, one of [Methods], rank the causes of what happened in one stretch of
// a recording against healthy stretches of it; without any, against what it holds before
// the stretch, or after it where nothing is before.
//
// The published methods rank only, so whatever they rank is called anomalous.
func Rank(ctx context.Context, rec Recording, cfg engine.Config, method string, now engine.Stretch, healthy []engine.Stretch) (model.Ranking, error) {
	found, err := methodsNamed([]string{method})
	if err != nil {
		return model.Ranking{}, err
	}
	s, err := readScored(ctx, Labelled{Read: rec}, cfg)
	if err != nil {
		return model.Ranking{}, err
	}
	r := model.Ranking{From: now.From.UTC(), To: now.To.UTC(), Method: method}
	if method == Ours {
		stretches := engine.NewStretches(cfg, s.conv.table, now, healthy)
		for i := range s.traces {
			stretches.Add(s.traces[i].frag)
		}
		r = stretches.Rank()
	} else {
		s.assemble()
		scene := s.scene(s.asCase(now, healthy))
		r.Suspects = everyService(s.suspects(method, found[0].scores(scene)), s.services(scene))
		r.Anomalous = len(r.Suspects) > 0
	}
	r.Warnings = model.MergeWarnings(append(r.Warnings, s.conv.warnings()...), maxPlaces)
	return r, nil
}

// mostRanked is the most suspects of a ranking.
const mostRanked = 50

// everyService cuts a ranking so that each service that it names keeps its first place,
// and adds those that it does not name.
func everyService(suspects []model.Suspect, services []string) []model.Suspect {
	room := mostRanked - len(services)
	named := map[string]bool{}
	out := []model.Suspect{}
	for _, s := range suspects {
		if named[s.Service] {
			if room <= 0 {
				continue
			}
			room--
		}
		named[s.Service] = true
		out = append(out, s)
	}
	for _, name := range services {
		if !named[name] {
			out = append(out, model.Suspect{Service: name, Reason: "not ranked by this method", Evidence: []model.Evidence{}, Exemplars: []string{}})
		}
	}
	out = out[:min(len(out), mostRanked)]
	for i := range out {
		out[i].Rank = i + 1
	}
	return out
}

// asCase is a question as a case; without healthy stretches they are what is before now,
// or after it.
func (s *scored) asCase(now engine.Stretch, healthy []engine.Stretch) score.Case {
	c := score.Case{Now: datasets.Stretch(now)}
	for _, h := range healthy {
		c.Healthy = append(c.Healthy, datasets.Stretch(h))
	}
	if len(healthy) > 0 || len(s.starts) == 0 {
		return c
	}
	first, last := time.Unix(0, s.starts[0]), time.Unix(0, s.starts[len(s.starts)-1]+1)
	if first.Before(now.From) {
		c.Healthy = []datasets.Stretch{{From: first, To: now.From}}
	} else {
		c.Healthy = []datasets.Stretch{{From: now.To, To: last}}
	}
	return c
}
