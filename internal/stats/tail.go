package stats

import (
	"math"
	"sort"
)

const (
	// minTail is the fewest scores from which a tail is continued at all. Below it
	// P is the conformal p, never under 1/(n+1).
	minTail = 5

	// tailShapes and tailScales span the generalised Pareto distributions that are
	// weighed against each other. A shape of 0.05 is nearly an exponential tail, one
	// of 0.95 has hardly a mean. A grid of scales three times finer changes P by 1 %
	// at most.
	tailShapes = 10
	tailScales = 25
)

// Tail estimates how probable a score is, beyond the largest one ever seen: as often
// as counted up to a threshold, and a mixture of generalised Pareto distributions
// above it (peaks over threshold). The zero value knows no score and answers 1.
type Tail struct {
	sorted      []float64
	threshold   float64
	atThreshold float64 // P of the threshold itself
	above       []pareto
}

// pareto is one distribution of the excess over the threshold, with its weight.
type pareto struct {
	scale, shape, weight float64
}

// tail returns P(excess > y).
func (p pareto) tail(y float64) float64 {
	return math.Exp(-math.Log1p(p.shape*y/p.scale) / p.shape)
}

// logDensity returns the logarithm of the density of all excesses ys.
func (p pareto) logDensity(ys []float64) float64 {
	var sum float64
	for _, y := range ys {
		sum += math.Log1p(p.shape * y / p.scale)
	}
	return -sum*(1/p.shape+1) - float64(len(ys))*math.Log(p.scale)
}

// FitTail fits the tail of scores: the largest min(n/5, 3 sqrt(n)) of them, or half of
// a small sample. scores need not be sorted and are left alone; NaN is not counted.
//
// A point estimate of scale and shape (probability-weighted moments, say) promises
// far too much from few exceedances: in simulation with ten scores, alarms at p =
// 1e-4 came 3 times too often for exponential scores and 30 for Pareto's 1/2. So scale and shape are not estimated but
// integrated out over a grid: any scale is as likely as any other before the
// scores are seen, the shape lies between 0 and 1 and most likely in the middle
// (see Behrens, Lopes and Gamerman, Statistical Modelling 4, 2004, for Bayesian peaks
// over threshold). Few scores then give a heavy tail by themselves.
//
// With fewer than five scores, or when the largest are all equal, P does not go below
// 1/(n+1).
func FitTail(scores []float64) Tail {
	sorted := sortedCopy(scores)
	n := len(sorted)
	t := Tail{sorted: sorted}
	if n < minTail {
		return t
	}
	m := max(min(n/5, int(3*math.Sqrt(float64(n)))), min(n/2, 10))
	t.threshold = sorted[n-m-1]
	t.atThreshold = t.counted(t.threshold)
	excesses := make([]float64, m)
	for i, x := range sorted[n-m:] {
		excesses[i] = x - t.threshold
	}
	t.above = weigh(excesses)
	return t
}

// weigh returns the distributions of the grid with their posterior weights, nil if
// the excesses have no scale.
func weigh(excesses []float64) []pareto {
	var mean float64
	for _, y := range excesses {
		mean += y / float64(len(excesses))
	}
	if !(mean > 0) || !finite(mean) {
		return nil
	}
	out := make([]pareto, 0, tailShapes*tailScales)
	most := math.Inf(-1)
	// The posterior of the logarithm of the scale is about as wide as this.
	width := 0.5 + 6/math.Sqrt(float64(len(excesses)))
	for i := range tailShapes {
		shape := (float64(i) + 0.5) / tailShapes
		for j := range tailScales {
			off := width * (2*float64(j)/(tailScales-1) - 1)
			p := pareto{scale: mean * (1 - shape/2) * math.Exp(off), shape: shape}
			p.weight = p.logDensity(excesses) + math.Log(shape*(1-shape))
			most = max(most, p.weight)
			out = append(out, p)
		}
	}
	var sum float64
	for i := range out {
		out[i].weight = math.Exp(out[i].weight - most)
		sum += out[i].weight
	}
	for i := range out {
		out[i].weight /= sum
	}
	return out
}

// P returns the estimated probability that a healthy score is at least this high. It
// falls as score grows, is at most 1 and never 0.
//
// Special case: 1 for NaN.
func (t Tail) P(score float64) float64 {
	if t.above == nil || !(score > t.threshold) {
		return t.counted(score)
	}
	var sum float64
	for _, p := range t.above {
		sum += p.weight * p.tail(score-t.threshold)
	}
	return max(t.atThreshold*min(sum, 1), math.SmallestNonzeroFloat64)
}

// Provisional reports whether P of this score is a continuation rather than a count:
// below 1/(n+1).
func (t Tail) Provisional(score float64) bool {
	return t.P(score)*float64(len(t.sorted)+1) < 1
}

// counted is the conformal p of score.
func (t Tail) counted(score float64) float64 {
	n := len(t.sorted)
	if n == 0 || score != score {
		return 1
	}
	above := n - sort.SearchFloat64s(t.sorted, score)
	return float64(1+above) / float64(1+n)
}
