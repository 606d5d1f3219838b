package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// LogFewer is the log of the chance of at most so many events where mean are usual and the
// mean itself differs from time to time, by spread as a share of it (a standard deviation).
// The events are Poisson's and their mean has a gamma distribution, so that their number is
// negative binomial; the chance is an incomplete beta function (Johnson, Kemp and Kotz,
// Univariate Discrete Distributions, 2005, section 5.6). The number need not be whole.
//
// Logs of counts are no substitute: of twelve requests on average none come in one of
// 160,000 windows, but log ½ is eleven standard errors from log 12.
//
// Special cases: 0 if mean is not positive, events are at least mean, or anything is not
// finite; negative events count as 0; with a spread below 0.001 it is Poisson's.
// Chances below the smallest float64 count as that.
func LogFewer(events, mean, spread float64) float64 {
	if !(mean > 0) || !(events < mean) || !finite(mean) || !finite(events) || !finite(spread) {
		return 0
	}
	const poisson = 0.001
	events = max(events, 0)
	var p float64
	if shape := 1 / (spread * spread); spread < poisson {
		p = mathext.GammaIncRegComp(events+1, mean)
	} else {
		p = mathext.RegIncBeta(shape, events+1, shape/(shape+mean))
	}
	return math.Log(min(max(p, math.SmallestNonzeroFloat64), 1))
}
