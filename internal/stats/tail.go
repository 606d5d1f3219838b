package stats

import (
	"math"
	"sort"
)

const (
	// minTail is the fewest scores from which a tail is continued at all. Below it
	// P is the conformal p, never under 1/(n+1).
	minTail = 5

	// tailPrior and tailPriorWeight pull the estimated shape of the tail towards a
	// heavy one as if ten exceedances had shown it (Vehtari et al., "Pareto
	// smoothed importance sampling", JMLR 25, 2024, do the same). With a handful
	// of exceedances the shape is anyone's guess, and the expensive mistake is to
	// guess too light: every rare score would then be an alarm.
	tailPrior       = 0.5
	tailPriorWeight = 10

	// maxShape keeps the mean of the fitted tail finite.
	maxShape = 0.95
)

// Tail estimates how probable a score is, beyond the largest one ever seen: as often
// as counted up to a threshold, and a generalised Pareto distribution above it (peaks
// over threshold). The zero value knows no score and answers 1.
type Tail struct {
	sorted           []float64
	threshold        float64
	atThreshold      float64 // P of the threshold itself
	scale, shape     float64 // of the Pareto tail; scale 0: none was fitted
	conformalFromEnd float64 // 1/(n+1)
}

// FitTail fits the tail of scores by probability-weighted moments (Hosking and Wallis,
// Technometrics 29, 1987) over the largest ones, min(n/5, 3 sqrt(n)) of them or half
// of a small sample. scores need not be sorted and are left alone; NaN is not counted.
//
// The estimate is on the safe side: the shape is drawn towards a heavy tail and never
// ends. With fewer than five scores, or when the largest are all equal, P does not
// go below 1/(n+1).
func FitTail(scores []float64) Tail {
	sorted := sortedCopy(scores)
	n := len(sorted)
	t := Tail{sorted: sorted, conformalFromEnd: 1 / float64(n+1)}
	if n < minTail {
		return t
	}
	m := max(min(n/5, int(3*math.Sqrt(float64(n)))), min(n/2, 10))
	t.threshold = sorted[n-m-1]
	t.atThreshold = t.counted(t.threshold)
	t.scale, t.shape = fitPareto(t.threshold, sorted[n-m:])
	return t
}

// fitPareto returns scale and shape of the generalised Pareto distribution of the
// excesses of sorted over the threshold; scale 0 if there is none to speak of.
func fitPareto(threshold float64, sorted []float64) (scale, shape float64) {
	var a0, a1 float64
	m := float64(len(sorted))
	for i, x := range sorted {
		excess := x - threshold
		a0 += excess / m
		a1 += excess / m * (1 - (float64(i)+0.65)/m)
	}
	if !(a1 > 0) || !finite(a0) {
		return 0, 0
	}
	shape = tailPrior
	if a0 > 2*a1 {
		shape = 2 - a0/(a0-2*a1)
	}
	shape = (m*shape + tailPriorWeight*tailPrior) / (m + tailPriorWeight)
	shape = min(max(shape, 0), maxShape)
	return 2 * a1 * (2 - shape), shape
}

// P returns the estimated probability that a healthy score is at least this high. It
// falls as score grows, is at most 1 and never 0.
//
// Special case: 1 for NaN.
func (t Tail) P(score float64) float64 {
	if t.scale == 0 || !(score > t.threshold) {
		return t.counted(score)
	}
	x := (score - t.threshold) / t.scale
	var log float64
	if t.shape < 1e-9 {
		log = -x
	} else {
		log = -math.Log1p(t.shape*x) / t.shape
	}
	return max(t.atThreshold*math.Exp(log), math.SmallestNonzeroFloat64)
}

// Provisional reports whether P of this score goes beyond what was counted.
func (t Tail) Provisional(score float64) bool { return t.P(score) < t.conformalFromEnd }

// counted is the conformal p of score.
func (t Tail) counted(score float64) float64 {
	n := len(t.sorted)
	if n == 0 || score != score {
		return 1
	}
	above := n - sort.SearchFloat64s(t.sorted, score)
	return float64(1+above) / float64(1+n)
}
