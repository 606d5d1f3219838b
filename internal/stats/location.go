package stats

import (
	"math"
	"slices"
)

// SigmaPerMAD turns a median absolute deviation into the standard deviation of a
// normal distribution that has it.
const SigmaPerMAD = 1.4826022185056018

// MedianMAD returns the median and the median absolute deviation from it (not scaled:
// see [SigmaPerMAD]). xs need not be sorted and is left alone; NaN is left out.
//
// Special cases: 0, 0 without values; mad is +Inf if more than half of them are
// infinite in both directions or unlike the median.
func MedianMAD(xs []float64) (median, mad float64) {
	sorted := sortedCopy(xs)
	if len(sorted) == 0 {
		return 0, 0
	}
	median = QuantileSorted(sorted, 0.5)
	for i, x := range sorted {
		if x != median { // Inf - Inf
			sorted[i] = math.Abs(x - median)
		} else {
			sorted[i] = 0
		}
	}
	return median, QuantileSorted(sortedCopy(sorted), 0.5)
}

// QuantileSorted returns the q-quantile of xs, which must be ascending and without
// NaN, interpolated between its neighbours (type 7 of Hyndman and Fan, as in R).
//
// Special cases: 0 if xs is empty; q below 0 or NaN counts as 0, above 1 as 1.
func QuantileSorted(xs []float64, q float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	if q != q {
		q = 0
	}
	at := min(max(q, 0), 1) * float64(len(xs)-1)
	i := int(at)
	if i == len(xs)-1 || xs[i] == xs[i+1] {
		return xs[i]
	}
	part := at - float64(i)
	if part == 0 {
		return xs[i]
	}
	return xs[i]*(1-part) + xs[i+1]*part
}

// sortedCopy returns xs without NaN, in ascending order.
func sortedCopy(xs []float64) []float64 {
	out := make([]float64, 0, len(xs))
	for _, x := range xs {
		if x == x {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return out
}
