package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// MaxZ is where a z stops: beyond it only the rounding of the input is measured.
const MaxZ = 40

// normalDF is the number of degrees of freedom from which Student's t is read as
// normal: at t = 40 the two then differ by less than 0.002 in z.
const normalDF = 1e7

// ZOfStudent returns the standard normal z that is as improbable as Student's t with
// df degrees of freedom, between -[MaxZ] and +MaxZ. It works in logarithms of the
// tail, so that it neither underflows nor saturates before.
//
// Special cases:
//
//	NaN if t or df is NaN
//	0   if df <= 0: without degrees of freedom t says nothing
//	±MaxZ for an infinite t
func ZOfStudent(t, df float64) float64 {
	switch {
	case math.IsNaN(t) || math.IsNaN(df):
		return math.NaN()
	case df <= 0 || t == 0:
		return 0
	case math.IsInf(t, 0):
		return math.Copysign(MaxZ, t)
	case df >= normalDF:
		return min(max(t, -MaxZ), MaxZ)
	}
	return math.Copysign(min(ZOfLogTail(logStudentTail(math.Abs(t), df)), MaxZ), t)
}

// logStudentTail returns log P(T > t) for t > 0: half the regularised incomplete
// beta function of x = df/(df+t²).
func logStudentTail(t, df float64) float64 {
	ratio := t / math.Sqrt(df)
	a := df / 2
	if t*t <= 3 { // the continued fraction converges fast only beyond
		// 1-x instead of x keeps the digits of a small t.
		return math.Log(0.5 * (1 - mathext.RegIncBeta(0.5, a, ratio*ratio/(1+ratio*ratio))))
	}
	logx, log1x := -math.Log1p(ratio*ratio), 0.0 // log x and log(1-x)
	if ratio > 1e8 {
		logx = -2 * math.Log(ratio)
	} else {
		log1x = 2*math.Log(ratio) + logx
	}
	lead := a*logx + 0.5*log1x - math.Log(a) - mathext.Lbeta(a, 0.5)
	return lead + math.Log(betaFraction(a, 0.5, math.Exp(logx))) - math.Ln2
}

// betaFraction evaluates the continued fraction of the incomplete beta function
// (DLMF 8.17.22) by Lentz's method; x must be below (a+1)/(a+b+2).
func betaFraction(a, b, x float64) float64 {
	const (
		tiny    = 1e-300
		enough  = 1e-14
		maxStep = 10_000 // about sqrt(df) are needed at worst
	)
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/guard(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < maxStep; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / guard(1+even*d)
		c = guard(1 + even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / guard(1+odd*d)
		c = guard(1 + odd/c)
		f *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return f
}
