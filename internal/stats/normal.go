package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// halfLog2Pi is log(sqrt(2π)).
const halfLog2Pi = 0.91893853320467274178

// NormalTail returns P(Z > z) of the standard normal distribution. It reaches 0 at
// z = 38.6; [LogNormalTail] goes on. NaN stays NaN.
func NormalTail(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }

// LogNormalTail returns log P(Z > z), without underflow for any finite z whose
// square is finite.
//
// Special cases: 0 for -Inf, -Inf for +Inf, NaN for NaN.
func LogNormalTail(z float64) float64 {
	if z < 12 {
		if z < -5 { // the tail is nearly 1 and its logarithm nearly nothing
			return math.Log1p(-NormalTail(-z))
		}
		return math.Log(NormalTail(z))
	}
	if math.IsInf(z, 1) {
		return math.Inf(-1)
	}
	// Abramowitz and Stegun 26.2.12; at z = 12 the next term is below 1e-12.
	r := 1 / (z * z)
	series := 1 - r*(1-3*r*(1-5*r*(1-7*r*(1-9*r*(1-11*r)))))
	return -z*z/2 - halfLog2Pi - math.Log(z) + math.Log(series)
}

// ZOfLogTail is the inverse of [LogNormalTail]: the z that is exceeded with
// probability exp(logp).
//
// Special cases: -Inf for logp >= 0, +Inf for -Inf, NaN for NaN.
func ZOfLogTail(logp float64) float64 {
	switch {
	case math.IsNaN(logp):
		return logp
	case logp >= 0:
		return math.Inf(-1)
	case math.IsInf(logp, -1):
		return math.Inf(1)
	case logp > -700:
		return -mathext.NormalQuantile(math.Exp(logp))
	}
	// Newton from the leading terms; log of the tail is concave and nearly a
	// parabola here, so that four steps reach the last digit.
	z := math.Sqrt(-2*logp - math.Log(-2*logp) - 2*halfLog2Pi)
	for range 4 {
		tail := LogNormalTail(z)
		hazard := math.Exp(-z*z/2 - halfLog2Pi - tail)
		z += (tail - logp) / hazard
	}
	return z
}
