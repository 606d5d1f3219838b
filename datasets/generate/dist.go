package generate

import (
	"math"
	"math/rand/v2"
	"time"
)

// Streams of chance, one for each purpose, so that drawing more for one leaves the
// others alone: the same seed gives the same system with and without a fault.
const (
	streamWorld uint64 = iota + 1
	streamArrivals
	streamWork
	streamFaults
	streamDirt
	streamIDs
	streamScenario
	streamCalm
)

func source(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream*0x9e3779b97f4a7c15))
}

// dist is a distribution of durations: lognormal, and in a share of the draws a Pareto
// tail on top, as real own times are. The zero value always gives 0.
type dist struct {
	median      float64 // ns
	sigma       float64 // of the logarithm
	tail        float64 // share of draws that are multiplied by a Pareto variable
	exponential bool    // exponential with mean median instead: what queueing formulas want
}

const (
	tailAlpha = 2.2 // finite mean and variance, but only just
	tailScale = 3.0 // a tail draw is at least three times as long
	tailMost  = 60.0
)

// draw returns a duration in ns, in whole microseconds: the last bits of math.Exp
// differ between processors.
func (d *dist) draw(r *rand.Rand) int64 {
	if d.median <= 0 {
		return 0
	}
	if d.exponential {
		return micros(d.median * r.ExpFloat64())
	}
	x := d.median * math.Exp(d.sigma*r.NormFloat64())
	if d.tail > 0 && r.Float64() < d.tail {
		x *= min(tailScale*math.Pow(1-r.Float64(), -1/tailAlpha), tailMost)
	}
	return micros(x)
}

// mean is the expectation of draw in ns; the cap of the tail is left out.
func (d *dist) mean() float64 {
	if d.exponential {
		return d.median
	}
	m := d.median * math.Exp(d.sigma*d.sigma/2)
	return m * (1 - d.tail + d.tail*tailScale*tailAlpha/(tailAlpha-1))
}

func micros(ns float64) int64 { return int64(ns/1000+0.5) * 1000 }

const (
	ms  = float64(time.Millisecond)
	sec = int64(time.Second)
)

// between draws evenly from [lo, hi).
func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// logBetween draws evenly on the logarithmic scale from [lo, hi).
func logBetween(r *rand.Rand, lo, hi float64) float64 {
	return lo * math.Exp(r.Float64()*math.Log(hi/lo))
}

// upTo draws a whole number from [lo, hi].
func upTo(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

func chance(r *rand.Rand, p float64) bool { return p > 0 && r.Float64() < p }

// weighted draws an index with probability proportional to its weight, which are all
// positive.
func weighted(r *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	x := r.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}
