package published

import (
	"cmp"
	"math"
	"slices"

	"culprit/detector"
)

// Score is how suspicious an operation is; scores of different methods do not compare.
type Score struct {
	Site  detector.Site
	Value float64
}

// Method is a published method.
type Method struct {
	Name   string // as in `culprit score --methods`
	Source string // where it was published
	Rank   func(*Scene) []Score
}

// Methods lists the methods in the order of the table.
func Methods() []Method {
	return []Method{
		{"microrank", "Yu et al., WWW 2021", MicroRank},
		{"tracerca", "Li et al., IWQoS 2021", TraceRCA},
		{"tracerca-rcaeval", "Pham et al., RCAEval, WWW Companion 2025", TraceRCAOfRCAEval},
		{"shapleyiq", "Li et al., ASPLOS 2023", ShapleyIQ},
		{"shapleyiq-baseline", "Li et al., ASPLOS 2023", ShapleyIQWithBaseline},
		{"baro", "Pham et al., FSE 2024", BARO},
		{"simplerca", "Fang et al., arXiv:2510.04711, 2025", SimpleRCA},
		{"n-sigma", "Lin et al., Microscope, ICSOC 2018; the form of Pham et al., ASE 2024", NSigma},
		{"inclusive-time", "the loudest duration", LoudestInclusiveTime},
		{"own-time", "the loudest own time", LoudestOwnTime},
		{"random", "a throw of dice", Random},
	}
}

// ranked sorts the scores of operations, best first and ties by name. NaN is left out.
func (s *Scene) ranked(value map[int32]float64) []Score {
	out := make([]Score, 0, len(value))
	for op, v := range value {
		if !math.IsNaN(v) {
			out = append(out, Score{s.sites[op], v})
		}
	}
	names := detector.NamesOf(s.table)
	slices.SortFunc(out, func(a, b Score) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), names.Compare(a.Site, b.Site))
	})
	return out
}

// ops lists the operations of some traces by name.
func (s *Scene) ops(traces []*Trace) []int32 {
	seen := map[int32]bool{}
	var out []int32
	for _, t := range traces {
		for i := range t.Spans {
			if op := t.Spans[i].Op; !seen[op] {
				seen[op] = true
				out = append(out, op)
			}
		}
	}
	names := detector.NamesOf(s.table)
	slices.SortFunc(out, func(a, b int32) int { return names.Compare(s.sites[a], s.sites[b]) })
	return out
}
