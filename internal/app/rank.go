package app

import (
	"context"

	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// Rank ranks the causes of what happened in one stretch of a recording against healthy
// stretches of it; without any, against what it holds before the stretch, or after it where
// nothing is before.
func Rank(ctx context.Context, rec Recording, cfg engine.Config, now engine.Stretch, healthy []engine.Stretch) (model.Ranking, error) {
	c := newConversion(cfg.Shards)
	h := newHeld(cfg.MaxSpans)
	stretches := engine.NewStretches(cfg, c.table, now, healthy)
	err := rec.Read(ctx, func(b source.Batch) error {
		c.warn(b.Warnings)
		return h.add(c.inOrder(b.Traces))
	})
	if err != nil {
		return model.Ranking{}, err
	}
	for _, t := range h.traces {
		stretches.Add(t.frag)
	}
	r := stretches.Rank()
	r.Warnings = model.MergeWarnings(append(r.Warnings, c.warnings()...), maxPlaces)
	return r, nil
}
