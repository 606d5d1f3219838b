package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// maxExact bounds the number of pairs for which [MannWhitney] counts arrangements
// instead of using the normal curve; at 400 pairs the two agree to 0.005.
const maxExact = 400

// MannWhitney tests whether values of a tend to be larger or smaller than those of
// b. u is the number of pairs in which a's value is the larger, ties counting half;
// z is u standardised, with the correction for ties and for continuity, positive when
// a is larger; p is two-sided: exact up to 400 pairs without ties, else that of z. The
// arguments need not be sorted and are left alone; NaN is left out.
//
// Special cases: 0, 0, 1 if either sample is empty; z = 0 and p = 1 if all values are
// equal.
func MannWhitney(a, b []float64) (u, z, p float64) {
	type value struct {
		x     float64
		fromA bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, x := range a {
		if x == x {
			all = append(all, value{x, true})
		}
	}
	na := len(all)
	for _, x := range b {
		if x == x {
			all = append(all, value{x, false})
		}
	}
	nb := len(all) - na
	if na == 0 || nb == 0 {
		return 0, 0, 1
	}
	slices.SortFunc(all, func(v, w value) int { return cmp.Compare(v.x, w.x) })
	var ranks, ties float64
	for i := 0; i < len(all); {
		j := i
		fromA := 0
		for ; j < len(all) && all[j].x == all[i].x; j++ {
			if all[j].fromA {
				fromA++
			}
		}
		size := float64(j - i)
		ranks += float64(fromA) * (float64(i+j) + 1) / 2
		ties += size * (size*size - 1)
		i = j
	}
	fa, fb, n := float64(na), float64(nb), float64(na+nb)
	u = ranks - fa*(fa+1)/2
	variance := fa * fb / 12 * (n + 1 - ties/(n*(n-1)))
	if variance > 0 {
		off := u - fa*fb/2
		z = math.Copysign(max(math.Abs(off)-0.5, 0)/math.Sqrt(variance), off)
	}
	if ties == 0 && na*nb <= maxExact {
		return u, z, exactMannWhitney(na, nb, int(u))
	}
	return u, z, min(2*NormalTail(math.Abs(z)), 1)
}

// exactMannWhitney returns the two-sided p of u among all arrangements of na and nb
// distinct values. arrangements[i][v] counts those of i values of a among j of b with
// v pairs in favour of a, for growing j.
func exactMannWhitney(na, nb, u int) float64 {
	u = min(u, na*nb-u)
	arrangements := make([][]float64, na+1)
	for i := range arrangements {
		arrangements[i] = make([]float64, na*nb+1)
		arrangements[i][0] = 1
	}
	for j := 1; j <= nb; j++ {
		for i := 1; i <= na; i++ {
			for v := i * j; v >= 0; v-- {
				// The largest of all is of b, or of a and beats all j of b.
				if v >= j {
					arrangements[i][v] += arrangements[i-1][v-j]
				}
			}
		}
	}
	var atMost, all float64
	for v, c := range arrangements[na] {
		all += c
		if v <= u {
			atMost += c
		}
	}
	return min(2*atMost/all, 1)
}

// KolmogorovSmirnov tests whether a and b come from the same distribution. d is the
// largest distance between their cumulative shares; p is the asymptotic probability
// of a larger one with the correction of Stephens (JRSS B 32, 1970): at 12 against 6
// values 1.6 % of equal samples fall below 0.01, at 60 against 30 0.8 %; many ties make
// it too large. The arguments need not be
// sorted and are left alone; NaN is left out.
//
// Special case: 0, 1 if either sample is empty.
func KolmogorovSmirnov(a, b []float64) (d, p float64) {
	a, b = sortedCopy(a), sortedCopy(b)
	if len(a) == 0 || len(b) == 0 {
		return 0, 1
	}
	d = stat.KolmogorovSmirnov(a, nil, b, nil)
	n := math.Sqrt(float64(len(a)) * float64(len(b)) / float64(len(a)+len(b)))
	return d, kolmogorovTail((n + 0.12 + 0.11/n) * d)
}

// kolmogorovTail is the probability that Kolmogorov's distribution exceeds x.
func kolmogorovTail(x float64) float64 {
	if x < 0.25 { // below this the tail is 1 to the last digit and the series slow
		return 1
	}
	sum, sign := 0.0, 2.0
	for k := 1.0; k < 100; k++ {
		term := sign * math.Exp(-2*k*k*x*x)
		sum += term
		if math.Abs(term) < 1e-17 {
			break
		}
		sign = -sign
	}
	return min(max(sum, 0), 1)
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
