package app

import (
	"context"

	"culprit/detector"
	"culprit/detector/compare"
	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/engine"
	"culprit/model"
)

// CorrelateOptions says what is correlated.
type CorrelateOptions struct {
	In        engine.Stretch // of the beginnings of traces; zero times are no limit
	Operation string         // "service operation"
	Choice    compare.Choice
	FDR       float64
	MaxSpans  int // that wait for the rest of their traces; 0 is the default
	Shards    int // that convert side by side
}

// correlatedMost is how many requests of the operation are kept: 40 MB of forty spans
// each. Of more, those with the smallest trace hashes are.
const correlatedMost = 10_000

// Correlate reads a recording and says which attributes set the chosen requests of an
// operation apart from the rest.
func Correlate(ctx context.Context, rec Recording, o CorrelateOptions) (model.Correlation, error) {
	conv := newConversion(max(o.Shards, 1))
	cfg := engine.DefaultConfig()
	assembler := graph.NewAssembler(graph.Config{MaxSpans: cfg.MaxSpansPerTrace, Symbols: conv.table})
	sum := detector.NewSummary(0, 0, 0) // counts what is wrong with the traces
	sites := newSiteNames(conv.table)
	stages := workflow.NewStages(conv.table)
	sample := detector.NewSample(correlatedMost)
	var of detector.Site
	requests := int64(0)
	seen, err := streamTraces(ctx, rec, conv, o.MaxSpans, o.In, func(f *model.Fragment) {
		t := assembler.Assemble(f)
		sum.Note(t)
		stages.Read(t)
		found := false
		for i := range t.Spans {
			for _, site := range [...]graph.Site{stages.Site(i), stages.Below(i)} { // by its own name and as who is asked
				if sites.named(site) == o.Operation {
					of, found = site, true
				}
			}
		}
		if found {
			requests++
			sample.Offer(of, t)
		}
	})
	out := model.Correlation{Attributes: []model.CorrelatedAttribute{}, Warnings: []model.Warning{}}
	if err == nil && requests == 0 {
		err = unknownName("operation", o.Operation, sites.all())
	}
	if err == nil {
		out = compare.Correlate(conv.table, sample.Traces().All, of, o.Choice, o.FDR)
	}
	if requests > correlatedMost {
		out.Warnings = append(out.Warnings, model.Warning{Kind: "sampled", Count: requests - correlatedMost,
			Message: "requests were left out of the comparison: it is made on a sample"})
	}
	out.From, out.To = seen.within(o.In)
	out.Warnings = model.MergeWarnings(append(append(out.Warnings, sum.Warnings()...), conv.warnings()...), maxPlaces)
	return out, err
}

// siteNames remembers the names of operations, as people type them.
type siteNames struct {
	table *model.Symbols
	names map[detector.Site]string
}

func newSiteNames(table *model.Symbols) *siteNames {
	return &siteNames{table, map[detector.Site]string{}}
}

func (s *siteNames) named(site detector.Site) string {
	name, ok := s.names[site]
	if !ok {
		name = s.table.Name(site.Service) + " " + s.table.Name(site.Operation)
		s.names[site] = name
	}
	return name
}

func (s *siteNames) all() []string {
	var out []string
	for _, name := range s.names {
		out = append(out, name)
	}
	return out
}
