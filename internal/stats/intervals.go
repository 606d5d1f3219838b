package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Wilson returns the score interval (Wilson, JASA 22, 1927) for the probability behind
// hits out of n at a confidence level such as 0.95. Unlike the textbook interval it
// stays within 0 and 1 and is honest for few trials.
//
// Special cases: (0, 1) if n <= 0; hits outside of 0 to n count as the nearest end;
// level as in [PoissonInterval].
func Wilson(hits, n int, level float64) (lo, hi float64) {
	if n <= 0 {
		return 0, 1
	}
	hits = min(max(hits, 0), n)
	z := mathext.NormalQuantile(1 - (1-inside(level))/2)
	p, size := float64(hits)/float64(n), float64(n)
	middle := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	lo, hi = (middle-half)/(1+z*z/size), (middle+half)/(1+z*z/size)
	// At the ends the formula is exact but its rounding is not.
	if hits == 0 {
		lo = 0
	}
	if hits == n {
		hi = 1
	}
	return lo, hi
}

// PoissonInterval returns the exact interval (Garwood, Biometrika 28, 1936) for a rate
// of which k events were seen in exposure (days, say): events per unit of exposure.
// "Exact" means that it covers the truth at least as often as level says.
//
// Special cases: (0, +Inf) if exposure is not positive; a negative k counts as 0;
// level is kept within 0 and 1 - 1e-12, NaN counts as 0.
func PoissonInterval(k int, exposure, level float64) (lo, hi float64) {
	if !(exposure > 0) {
		return 0, math.Inf(1)
	}
	k = max(k, 0)
	half := (1 - inside(level)) / 2
	if k > 0 {
		lo = mathext.GammaIncRegInv(float64(k), half) / exposure
	}
	return lo, mathext.GammaIncRegCompInv(float64(k+1), half) / exposure
}

// inside keeps a confidence level where the quantiles are finite.
func inside(level float64) float64 {
	if !(level > 0) {
		return 0
	}
	return min(level, 1-1e-12)
}
