package app

import (
	"context"

	"culprit/detector"
	"culprit/graph"
	"culprit/internal/engine"
	"culprit/model"
)

// Topology reads a recording and says who called whom in each of some stretches. The
// recording is read once.
func Topology(ctx context.Context, rec Recording, maxSpans, shards int, stretches ...engine.Stretch) ([]model.Topology, []model.Warning, error) {
	conv := newConversion(max(shards, 1))
	assembler := graph.NewAssembler(graph.Config{MaxSpans: engine.DefaultConfig().MaxSpansPerTrace, Symbols: conv.table})
	sum := detector.NewSummary(0, 0, 0) // counts what is wrong with the traces
	all := make([]*graph.Topology, len(stretches))
	seen := make([]extent, len(stretches))
	in := stretches[0]
	for i := range stretches {
		all[i] = graph.NewTopology(conv.table)
		in = around(in, stretches[i])
	}
	_, err := streamTraces(ctx, rec, conv, maxSpans, in, func(f *model.Fragment) {
		t := assembler.Assemble(f)
		if t.Main < 0 {
			return
		}
		sum.Note(t)
		for i := range stretches {
			if holds(stretches[i], t.Start) {
				all[i].Add(t)
				seen[i].add(t.Start)
			}
		}
	})
	out := make([]model.Topology, len(stretches))
	for i := range stretches {
		from, to := seen[i].within(stretches[i])
		out[i] = all[i].View(from, to)
	}
	return out, model.MergeWarnings(append(sum.Warnings(), conv.warnings()...), maxPlaces), err
}
