package app

import (
	"cmp"
	"context"
	"slices"

	"culprit/datasets"
	"culprit/datasets/features"
	"culprit/detector"
	"culprit/graph"
	"culprit/internal/engine"
	"culprit/model"
)

// Features writes what the detector sees of a recording: a row for each trace, and for
// each operation in its context and window. labels may be nil. It returns what was wrong
// with the recording.
func Features(ctx context.Context, name string, labels *datasets.Labels, rec Recording, cfg engine.Config, write func(...features.Row) error) ([]model.Warning, error) {
	s, err := readScored(ctx, Labelled{Name: name, Read: rec}, cfg)
	if err != nil {
		return nil, err
	}
	table := features.NewTable(name, labels, s.conv.table, cfg.Window)
	assembler := graph.NewAssembler(graph.Config{MaxSpans: cfg.MaxSpansPerTrace, Symbols: s.conv.table})
	observer := detector.NewObserver(s.conv.table)
	baseline := detector.NewBaseline(s.conv.table, cfg.History)
	var recent []*detector.Window // newest first
	for traces := s.traces; len(traces) > 0; {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		from := floorTo(traces[0].start(), cfg.Window.Nanoseconds())
		to := from + cfg.Window.Nanoseconds()
		n, _ := slices.BinarySearchFunc(traces, to, func(t heldTrace, at int64) int { return cmp.Compare(t.start(), at) })
		sum := detector.NewSummary(from, to, 1) // nobody asks for the sampled traces
		for i := range traces[:n] {
			t := assembler.Assemble(traces[i].frag)
			if t.Main < 0 {
				continue
			}
			observer.Observe(sum, t)
			if err := write(table.Trace(from, t)); err != nil {
				return nil, err
			}
		}
		traces = traces[n:]
		w := detector.NewWindow(sum, baseline)
		recent = slices.Insert(recent, 0, w)
		recent = recent[:min(len(recent), detector.Merges)]
		if err := write(table.Window(sum, baseline.Judge(recent))...); err != nil {
			return nil, err
		}
		if !table.Faulty(from) {
			baseline.Learn(w)
		}
	}
	return s.conv.warnings(), nil
}

func floorTo(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
