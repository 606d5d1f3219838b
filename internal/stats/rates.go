package stats

// minRate and its complement bound the probability from which the variance of a rate
// is computed: nothing seen in 50 calls is not a proof of never.
const minRate = 0.001

// RandomEffectsProb is [RandomEffects] for probabilities: Effect, Mu and floor are
// shares, and the variance of a single outcome is p(1-p) with p = (S+½)/(N+1) of all
// healthy windows together, kept within [0.001, 0.999]. The caller's floor is
// usually 0.02: two points.
//
// Special cases are those of [RandomEffects]; a window whose Hits are not within
// 0 and N is left out.
func RandomEffectsProb(healthy []Rate, now Rate, floor float64) Shift {
	groups := make([]Group, len(healthy))
	var hits, n float64
	for i, r := range healthy {
		groups[i] = r.group()
		if groups[i].usable() {
			hits += r.Hits
			n += r.N
		}
	}
	p := min(max((hits+0.5)/(n+1), minRate), 1-minRate)
	return shift(groups, now.group(), p*(1-p), n, floor)
}

// group returns the rate as a group, an unusable one if it is not a rate.
func (r Rate) group() Group {
	if !(r.N > 0 && r.Hits >= 0 && r.Hits <= r.N) {
		return Group{}
	}
	return Group{Mean: r.Hits / r.N, N: r.N}
}
