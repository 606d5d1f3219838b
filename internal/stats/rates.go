package stats

import "math"

// minRate and its complement bound the probability from which the variance of a rate
// is computed: nothing seen in 50 calls is not a proof of never.
const minRate = 0.001

// RandomEffectsProb is [RandomEffects] for probabilities: Effect, Mu and floor are
// shares, and the variance of a single outcome is p(1-p) with p = (S+½)/(N+1) of all
// healthy windows together, kept within [0.001, 0.999]. The caller's floor is
// usually 0.02: two points.
//
// The normal curve promises too much of small counts: with one error in a hundred
// healthy calls, two errors in twenty would come out at z = 3 though every sixtieth
// window has them. So |Z| is never more than the counts themselves support: the
// probability of as many hits or more (fewer) out of N, half of "as many" counting, when
// p has the Beta distribution that Jeffreys' prior and all healthy hits give.
//
// Special cases are those of [RandomEffects]; a window whose Hits are not within
// 0 and N is left out.
func RandomEffectsProb(healthy []Rate, now Rate, floor float64) Shift {
	return Effects{}.Shares(healthy, now, floor)
}

// Shares is [RandomEffectsProb] with these settings.
func (m Effects) Shares(healthy []Rate, now Rate, floor float64) Shift {
	var room, kept [usualWindows]Group
	groups := room[:0]
	for _, r := range healthy {
		if g := r.group(); g.usable() {
			groups = append(groups, g)
		}
	}
	p, hits, n := pooled(groups)
	if m.Robust {
		groups = inLine(kept[:0], groups, p*(1-p), floor)
		p, hits, n = pooled(groups)
	}
	var windows [usualWindows]window
	c := comparison(windows[:], groups, now.group(), p*(1-p), n, floor)
	out := c.Shift(m.Prior)
	if out.Z == 0 {
		return out
	}
	if out.Z < 0 { // count the misses instead
		now.Hits, hits = now.N-now.Hits, n-hits
	}
	if most := ZOfLogTail(logPredictedTail(now, Rate{hits, n})); math.Abs(out.Z) > most {
		out.Z = math.Copysign(max(most, 0), out.Z)
	}
	return out
}

// pooled is the probability that all groups together show, and their hits and number.
func pooled(groups []Group) (p, hits, n float64) {
	for _, g := range groups {
		hits += g.Mean * g.N
		n += g.N
	}
	return min(max((hits+0.5)/(n+1), minRate), 1-minRate), hits, n
}

// logPredictedTail returns the logarithm of the probability of now.Hits or more out of
// now.N, half of now.Hits itself counting, after what seen has shown: the
// tail of a beta-binomial distribution.
func logPredictedTail(now, seen Rate) float64 {
	a, b := seen.Hits+0.5, seen.N-seen.Hits+0.5
	k, n := now.Hits, now.N
	sum, term := 0.5, 1.0
	for ; k+1 <= n && term > 1e-12*sum; k++ {
		term *= (n - k) / (k + 1) * (k + a) / (n - k - 1 + b)
		sum += term
	}
	k = now.Hits
	first := lgamma(n+1) - lgamma(k+1) - lgamma(n-k+1) +
		lgamma(k+a) + lgamma(n-k+b) - lgamma(n+a+b) -
		lgamma(a) - lgamma(b) + lgamma(a+b)
	return min(first+math.Log(sum), 0)
}

// lgamma is math.Lgamma of a positive number, whose sign is known.
func lgamma(x float64) float64 {
	l, _ := math.Lgamma(x)
	return l
}

// group returns the rate as a group, an unusable one if it is not a rate.
func (r Rate) group() Group {
	if !(r.N > 0 && r.Hits >= 0 && r.Hits <= r.N) {
		return Group{}
	}
	return Group{Mean: r.Hits / r.N, N: r.N}
}
