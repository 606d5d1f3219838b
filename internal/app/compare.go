package app

import (
	"context"
	"fmt"
	"strings"

	"culprit/detector/compare"
	"culprit/graph"
	"culprit/internal/closest"
	"culprit/internal/engine"
	"culprit/model"
)

// CompareSide is one side of a comparison.
type CompareSide struct {
	Name string         // as it is told
	Read Recording      // nil on the later side: the same as the earlier one
	In   engine.Stretch // of the beginnings of traces; zero times are no limit
	By   []string       // key=value pairs that a trace must hold
}

// CompareOptions says how sides are compared.
type CompareOptions struct {
	FDR      float64
	MaxSpans int // that wait for the rest of their traces; 0 is the default
	Shards   int // that convert side by side
}

// Compare says what changed from one side to the other.
func Compare(ctx context.Context, before, now CompareSide, o CompareOptions) (model.Comparison, error) {
	conv := newConversion(max(o.Shards, 1))
	sides := []CompareSide{before, now}
	built := make([]*compare.Side, len(sides))
	picked := make([]*compare.Selection, len(sides))
	for i, s := range sides {
		var err error
		if picked[i], err = compare.ParseSelection(conv.table, s.By); err != nil {
			return model.Comparison{}, err
		}
		built[i] = compare.NewSide(conv.table)
	}
	cfg := engine.DefaultConfig()
	assembler := graph.NewAssembler(graph.Config{MaxSpans: cfg.MaxSpansPerTrace, Symbols: conv.table})
	read := func(rec Recording, in engine.Stretch, of []int) error {
		_, err := streamTraces(ctx, rec, conv, o.MaxSpans, in, func(f *model.Fragment) {
			t := assembler.Assemble(f)
			for _, i := range of {
				if t.Main >= 0 && holds(sides[i].In, t.Start) && picked[i].Matches(t) {
					built[i].Add(t)
				}
			}
		})
		return err
	}
	var err error
	if now.Read == nil {
		err = read(before.Read, around(before.In, now.In), []int{0, 1})
	} else if err = read(before.Read, before.In, []int{0}); err == nil {
		err = read(now.Read, now.In, []int{1})
	}
	if err != nil {
		return model.Comparison{Warnings: conv.warnings()}, err
	}
	out := compare.Compare(built[0], built[1], compare.Options{FDR: o.FDR, Before: before.Name, Now: now.Name})
	out.Warnings = model.MergeWarnings(append(out.Warnings, conv.warnings()...), maxPlaces)
	for i, side := range []model.CompareSide{out.Before, out.Now} {
		if side.Requests == 0 {
			return out, nothingOn(sides[i], picked[i])
		}
	}
	return out, nil
}

// nothingOn says why a side is empty.
func nothingOn(s CompareSide, p *compare.Selection) error {
	what := "no request begins in the stretch of time"
	if len(s.By) == 0 {
		return fmt.Errorf("%s: %s", s.Name, what)
	}
	what += " with " + strings.Join(s.By, " and ")
	if near := closest.Names(s.By[0], p.Seen()); len(near) > 0 {
		what += ": did you mean " + strings.Join(quoted(near), ", ") + "?"
	}
	return fmt.Errorf("%s: %s", s.Name, what)
}

// holds reports whether a time lies in a stretch whose open ends are no limit.
func holds(in engine.Stretch, at int64) bool {
	return (in.From.IsZero() || at >= in.From.UnixNano()) && (in.To.IsZero() || at < in.To.UnixNano())
}

// around is the shortest stretch that holds two.
func around(a, b engine.Stretch) engine.Stretch {
	out := a
	if a.From.IsZero() || b.From.IsZero() || b.From.Before(a.From) {
		out.From = b.From
	}
	if a.From.IsZero() {
		out.From = a.From
	}
	if a.To.IsZero() || b.To.IsZero() || b.To.After(a.To) {
		out.To = b.To
	}
	if a.To.IsZero() {
		out.To = a.To
	}
	return out
}
