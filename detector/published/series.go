package published

import (
	"math"
	"slices"

	"culprit/internal/stats"
)

// bin is the width of a point of a series in ns: 15 s, as in RCAEval's time series of traces.
const bin = 15_000_000_000

// series are the points of an operation: its mean duration in ms and its failed calls.
type series struct{ latency, errors []float64 }

// allSeries cuts traces into bins by their beginning, and returns a point for each bin
// in which an operation was called.
func allSeries(traces []*Trace) map[int32]*series {
	type cell struct {
		op  int32
		bin int64
	}
	type sum struct{ n, ms, failed float64 }
	cells := map[cell]*sum{}
	for _, t := range traces {
		for i := range t.Spans {
			sp := &t.Spans[i]
			k := cell{sp.Op, t.Start / bin}
			c := cells[k]
			if c == nil {
				c = &sum{}
				cells[k] = c
			}
			c.n++
			c.ms += float64(sp.Duration) / 1e6
			if sp.Failed {
				c.failed++
			}
		}
	}
	out := map[int32]*series{}
	for k, c := range cells {
		s := out[k.op]
		if s == nil {
			s = &series{}
			out[k.op] = s
		}
		s.latency = append(s.latency, c.ms/c.n)
		s.errors = append(s.errors, c.failed)
	}
	for _, s := range out { // the order of bins does not matter, that of a sum does
		slices.Sort(s.latency)
		slices.Sort(s.errors)
	}
	return out
}

// bySeries scores each operation by the larger of the scores of its two series.
func (s *Scene) bySeries(score func(healthy, now []float64) float64) []Score {
	now, healthy := allSeries(s.Now), allSeries(s.Healthy)
	value := map[int32]float64{}
	for op, a := range now {
		if b := healthy[op]; b != nil {
			value[op] = max(score(b.latency, a.latency), score(b.errors, a.errors))
		}
	}
	return s.ranked(value)
}

// BARO is the root cause analysis of Pham, Ha and Zhang, "BARO: Robust Root Cause
// Analysis for Microservices via Multivariate Bayesian Online Change Point
// Detection", FSE 2024: each series is scaled by the median and the interquartile range
// of its healthy points, and scored by its largest point now. Its detection is left
// out, since the time of the fault is given. The series are mean latency and failed
// calls of each operation in bins of 15 s; a range of zero counts as one, as in the
// authors' code.
func BARO(s *Scene) []Score {
	return s.bySeries(func(healthy, now []float64) float64 {
		median := stats.QuantileSorted(healthy, 0.5)
		scale := stats.QuantileSorted(healthy, 0.75) - stats.QuantileSorted(healthy, 0.25)
		if !(scale > 0) {
			scale = 1
		}
		return (now[len(now)-1] - median) / scale
	})
}

// NSigma scores a series by how many standard deviations its largest point now lies
// above its healthy mean: the oldest rule of monitoring, as Microscope (Lin, Chen and
// Zheng, ICSOC 2018) uses it and RCAEval (Pham, Ha and Zhang, ASE 2024) compares it. A
// deviation of zero counts as one.
func NSigma(s *Scene) []Score {
	return s.bySeries(func(healthy, now []float64) float64 {
		var sum, squares float64
		for _, x := range healthy {
			sum += x
		}
		mean := sum / float64(len(healthy))
		for _, x := range healthy {
			squares += (x - mean) * (x - mean)
		}
		sigma := math.Sqrt(squares / float64(len(healthy)))
		if !(sigma > 0) {
			sigma = 1
		}
		return (now[len(now)-1] - mean) / sigma
	})
}

// SimpleRCA is the rule for traces of the baseline in Fang et al., "An Empirical Study
// of SOTA RCA Models: From Oversimplified Benchmarks to Realistic Failures",
// arXiv:2510.04711, 2025: an operation is suspicious when its 95th percentile of
// duration has grown, by how many times it has. Its rules for metrics and logs have
// nothing to work on here.
func SimpleRCA(s *Scene) []Score {
	durations := func(traces []*Trace) map[int32][]float64 {
		out := map[int32][]float64{}
		for _, t := range traces {
			for i := range t.Spans {
				out[t.Spans[i].Op] = append(out[t.Spans[i].Op], float64(t.Spans[i].Duration))
			}
		}
		return out
	}
	now, healthy := durations(s.Now), durations(s.Healthy)
	value := map[int32]float64{}
	for op, a := range now {
		b := healthy[op]
		if len(b) == 0 {
			continue
		}
		slices.Sort(a)
		slices.Sort(b)
		value[op] = stats.QuantileSorted(a, 0.95) / max(stats.QuantileSorted(b, 0.95), 1)
	}
	return s.ranked(value)
}
