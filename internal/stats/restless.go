package stats

import (
	"cmp"
	"math"
	"slices"
)

// Scatter is how far the means of a quantity's healthy windows lay from each other.
type Scatter struct {
	Seen  float64 // variance of the means about their own mean
	Noise float64 // the part of it that single values explain
	DF    float64 // degrees of freedom of Seen; 0: it tells nothing
}

// log likelihood, less a constant, of a variance between windows: Seen is a chi-squared
// variable of so many degrees of freedom about the sum of both.
func (s Scatter) log(tau2 float64) float64 {
	v := tau2 + s.Noise
	return -s.DF / 2 * (math.Log(v) + s.Seen/v)
}

const (
	// restlessSteps is how many variances between windows are told apart.
	restlessSteps = 10
	// calmest is the smallest of them but none at all, as a standard deviation: 1 % of a
	// time, which the floor of a comparison hides anyway. Each is twice the one before, so
	// that the last is a factor of thirteen from window to window.
	calmest = 0.01
	// restlessRounds is how often the shares are corrected. They hardly move after ten.
	restlessRounds = 20
)

// Restless is how many of the quantities of a kind differ from window to window, and by how
// much: shares of quantities by the variance between windows. A few windows of one
// quantity do not tell how restless it is; a hundred like it tell what is to be
// expected, also how often one is much more restless than the others. The zero value knows
// nothing.
//
// A prior of one form (an inverse gamma distribution: [Smyth 2004]) says how heavy
// its tail is by a number that has to be known or estimated. Here the form is open:
// the shares are those that make what was seen likeliest (Kiefer and Wolfowitz 1956, by
// the EM algorithm of Laird 1978).
//
// [Smyth 2004]: Statistical Applications in Genetics and Molecular Biology 3.
type Restless struct {
	share [restlessSteps]float64
}

// variance is the variance between windows at a step.
func (Restless) variance(step int) float64 {
	if step == 0 {
		return 0
	}
	sd := calmest * math.Ldexp(1, step-1)
	return sd * sd
}

// FitRestless estimates the shares from quantities of a kind, in any order. One more
// quantity is taken to have been seen, which is as restless as the others or more so: see
// tailFalls.
func FitRestless(of []Scatter) Restless {
	of = slices.Clone(of)
	slices.SortFunc(of, func(a, b Scatter) int {
		return cmp.Or(cmp.Compare(a.Seen, b.Seen), cmp.Compare(a.Noise, b.Noise), cmp.Compare(a.DF, b.DF))
	})
	of = slices.DeleteFunc(of, func(s Scatter) bool {
		return !(s.DF > 0) || !finite(s.DF) || !finite(s.Seen) || !finite(s.Noise) || s.Noise <= 0
	})
	var r Restless
	for i := range r.share {
		r.share[i] = 1.0 / restlessSteps
	}
	each := make([][restlessSteps]float64, len(of))
	for i, s := range of {
		each[i] = r.likelihood(s)
	}
	for range restlessRounds {
		var next [restlessSteps]float64
		unseen := r.tailed()
		copy(next[:], unseen[:])
		for i := range each {
			sum := 0.0
			for k, l := range each[i] {
				sum += r.share[k] * l
			}
			for k, l := range each[i] {
				next[k] += r.share[k] * l / sum
			}
		}
		for k := range next {
			r.share[k] = next[k] / float64(len(of)+1)
		}
	}
	return r
}

// tailFalls is by how much rarer it is, at least possible, to be twice as restless: the
// standard deviation between windows has a tail of the fourth power, as an inverse gamma
// distribution of the variance has that barely has a mean. Equal chances at each step instead
// (a quantity may be anything) make nothing certain with three windows: of the 44 generated
// faults of the dev split 23 are found then, with this tail 37.
const tailFalls = 16

// tailed are the shares as of one more quantity.
func (r *Restless) tailed() (out [restlessSteps]float64) {
	sum := 0.0
	for k := range out {
		out[k] = r.share[k]
		if k > 0 {
			out[k] = max(out[k], out[k-1]/tailFalls)
		}
		sum += out[k]
	}
	for k := range out {
		out[k] /= sum
	}
	return out
}

// likelihood is that of each step, the likeliest being 1.
func (r Restless) likelihood(s Scatter) (out [restlessSteps]float64) {
	top := math.Inf(-1)
	for k := range out {
		out[k] = s.log(r.variance(k))
		top = max(top, out[k])
	}
	for k := range out {
		out[k] = math.Exp(out[k] - top)
	}
	return out
}

// knows reports whether anything was estimated.
func (r *Restless) knows() bool { return r.share != [restlessSteps]float64{} }

// z is the z of what is as rare as logTail says for each variance between windows, when a
// quantity of the kind has scattered so: how restless it is, is not known but weighed.
func (r *Restless) z(s Scatter, logTail func(tau2 float64) float64) float64 {
	var weigh [restlessSteps]float64
	if s.DF > 0 {
		weigh = r.likelihood(s)
	} else {
		for k := range weigh {
			weigh[k] = 1
		}
	}
	sum := 0.0
	for k := range weigh {
		weigh[k] *= r.share[k]
		sum += weigh[k]
	}
	var logs [restlessSteps]float64
	top := math.Inf(-1)
	for k := range weigh {
		logs[k] = math.Log(weigh[k]/sum) + logTail(r.variance(k))
		top = max(top, logs[k])
	}
	if math.IsInf(top, -1) {
		return MaxZ
	}
	p := 0.0
	for _, l := range logs {
		p += math.Exp(l - top)
	}
	return min(max(ZOfLogTail(top+math.Log(p)), 0), MaxZ)
}
