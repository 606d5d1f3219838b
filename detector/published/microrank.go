package published

import (
	"encoding/binary"
	"slices"
)

const (
	slack      = 1.5  // standard deviations that the expected duration of a trace allows
	damping    = 0.85 // of the walk
	callWeight = 0.01 // of calls among operations against traces
	phi        = 0.5  // of short traces against rare kinds among the abnormal
	walks      = 25   // iterations
	unseen     = 1e-4 // normal traces of an operation that has none
)

// MicroRank is Yu et al., "MicroRank: End-to-End Latency Issue Localization with
// Extended Spectrum Analysis in Microservice Environments", WWW 2021: a trace is abnormal
// if it takes longer than the sum of what its operations take, mean and 1.5 standard
// deviations; personalised PageRank over operations and traces weighs operations,
// among the abnormal traces and among the normal ones apart; a spectrum formula (D*,
// exponent 2, as in the authors' code) compares the weighted numbers of traces with and
// without each operation. Expected durations are made of own times, since inclusive ones
// count a nested call as often as it is deep, and then no trace is abnormal. Failed traces are abnormal too. If
// all traces now are abnormal, healthy ones stand in for the normal ones; if none is, all are taken to be.
func MicroRank(s *Scene) []Score {
	usual := map[int32]*spread{}
	for _, t := range s.Healthy {
		for i := range t.Spans {
			l := usual[t.Spans[i].Op]
			if l == nil {
				l = &spread{}
				usual[t.Spans[i].Op] = l
			}
			l.add(float64(t.Spans[i].Own) / 1e6)
		}
	}
	var normal, abnormal []*Trace
	for _, t := range s.Now {
		expected := 0.0
		for i := range t.Spans {
			if l := usual[t.Spans[i].Op]; l != nil {
				expected += l.mean() + slack*l.sigma()
			}
		}
		if t.Spans[t.Main].Failed || float64(t.Spans[t.Main].Duration)/1e6 > expected {
			abnormal = append(abnormal, t)
		} else {
			normal = append(normal, t)
		}
	}
	if len(abnormal) == 0 {
		abnormal, normal = s.Now, nil
	}
	if len(normal) == 0 {
		normal = s.Healthy
	}
	bad, good := s.walk(abnormal, true), s.walk(normal, false)
	value := map[int32]float64{}
	for op, b := range bad.weight {
		ef := b * bad.traces[op]
		nf := b * (bad.all - bad.traces[op])
		ep := unseen
		if w, ok := good.weight[op]; ok {
			ep = w * good.traces[op]
		}
		value[op] = ef * ef / (ep + nf)
	}
	return s.ranked(value)
}

// walked is what PageRank says about the operations of some traces.
type walked struct {
	weight map[int32]float64
	traces map[int32]float64 // traces with the operation
	all    float64
}

// kind are the traces with the same operations: they are alike to the walk, so that it goes over kinds.
type kind struct {
	ops   []int // indices of operations
	count float64
	prefs float64
}

// walk is personalised PageRank over operations and traces.
func (s *Scene) walk(traces []*Trace, abnormal bool) walked {
	ops := s.ops(traces)
	at := map[int32]int{}
	for i, op := range ops {
		at[op] = i
	}
	kinds := s.kinds(traces, at)
	seen := make([]float64, len(ops)) // traces with the operation
	for _, k := range kinds {
		for _, o := range k.ops {
			seen[o] += k.count
		}
	}
	callees := callsAmong(traces, at, len(ops))
	prefer(kinds, abnormal)

	total := float64(len(ops) + len(traces))
	s0, r0 := make([]float64, len(ops)), make([]float64, len(kinds))
	for i := range s0 {
		s0[i] = 1 / total
	}
	for i := range r0 {
		r0[i] = 1 / total
	}
	s1, r1 := make([]float64, len(ops)), make([]float64, len(kinds))
	for range walks {
		clear(s1)
		for i, k := range kinds {
			for _, o := range k.ops {
				s1[o] += damping * k.count * r0[i] / float64(len(k.ops))
			}
			r := 0.0
			for _, o := range k.ops {
				r += s0[o] / seen[o]
			}
			r1[i] = damping*r + (1-damping)*k.prefs
		}
		for o, to := range callees {
			for _, c := range to {
				s1[c] += damping * callWeight * s0[o] / float64(len(to))
			}
		}
		scale(s1)
		scale(r1)
		s0, s1, r0, r1 = s1, s0, r1, r0
	}
	mean := 0.0
	for _, x := range s0 {
		mean += x / float64(len(ops))
	}
	out := walked{weight: map[int32]float64{}, traces: map[int32]float64{}, all: float64(len(traces))}
	for i, op := range ops {
		out.weight[op], out.traces[op] = s0[i]*mean, seen[i]
	}
	return out
}

// scale makes the largest value 1.
func scale(xs []float64) {
	top := 0.0
	for _, x := range xs {
		top = max(top, x)
	}
	if top > 0 {
		for i := range xs {
			xs[i] /= top
		}
	}
}

// kinds groups traces by the operations they hold, in a fixed order.
func (s *Scene) kinds(traces []*Trace, at map[int32]int) []kind {
	index := map[string]int{}
	var out []kind
	for _, t := range traces {
		var ops []int
		for i := range t.Spans {
			ops = append(ops, at[t.Spans[i].Op])
		}
		slices.Sort(ops)
		ops = slices.Compact(ops)
		var key []byte
		for _, o := range ops {
			key = binary.AppendUvarint(key, uint64(o))
		}
		i, ok := index[string(key)]
		if !ok {
			i = len(out)
			index[string(key)] = i
			out = append(out, kind{ops: ops})
		}
		out[i].count++
	}
	slices.SortFunc(out, func(a, b kind) int { return slices.Compare(a.ops, b.ops) })
	return out
}

// callsAmong lists for each operation those that it calls.
func callsAmong(traces []*Trace, at map[int32]int, n int) [][]int {
	type call struct{ from, to int }
	seen := map[call]bool{}
	out := make([][]int, n)
	for _, t := range traces {
		for i := range t.Spans {
			p := t.Spans[i].Parent
			if p < 0 {
				continue
			}
			c := call{at[t.Spans[p].Op], at[t.Spans[i].Op]}
			if !seen[c] {
				seen[c] = true
				out[c.from] = append(out[c.from], c.to)
			}
		}
	}
	for _, to := range out {
		slices.Sort(to)
	}
	return out
}

// prefer fills in the personalisation: rare kinds, and among the abnormal short traces.
func prefer(kinds []kind, abnormal bool) {
	short, rare := 0.0, 0.0
	for _, k := range kinds {
		short += k.count / float64(len(k.ops))
		rare++ // count traces of 1/count each
	}
	for i := range kinds {
		k := &kinds[i]
		k.prefs = 1 / k.count / rare
		if abnormal {
			k.prefs = phi/float64(len(k.ops))/short + (1-phi)*k.prefs
		}
	}
}
