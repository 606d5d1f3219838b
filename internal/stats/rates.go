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
	var room [usualWindows]Group
	c := m.compareShares(room[:0], healthy, now, floor)
	return c.Shift()
}

// ShareComparison is a share in a window beside the healthy ones.
type ShareComparison struct {
	groups     []Group // the healthy windows
	p, hits, n float64 // of all of them: see [pooled]
	now        Rate
	floor      float64
}

// CompareShares is [Effects.Shares] for those who may ask more than once.
func (m Effects) CompareShares(healthy []Rate, now Rate, floor float64) ShareComparison {
	return m.compareShares(make([]Group, 0, len(healthy)), healthy, now, floor)
}

func (m Effects) compareShares(room []Group, healthy []Rate, now Rate, floor float64) ShareComparison {
	c := ShareComparison{groups: room, now: now, floor: floor}
	for _, r := range healthy {
		if g := r.group(); g.usable() {
			c.groups = append(c.groups, g)
		}
	}
	c.p, c.hits, c.n = pooled(c.groups)
	if m.Robust {
		var kept [usualWindows]Group
		if in := inLine(kept[:0], c.groups, c.p*(1-c.p), floor); len(in) < len(c.groups) {
			c.groups = append(c.groups[:0], in...)
		}
		c.p, c.hits, c.n = pooled(c.groups)
	}
	return c
}

// Shift is how far the share lies from that of the healthy windows.
func (c *ShareComparison) Shift() Shift {
	var room [usualWindows]window
	x := comparison(room[:], c.groups, c.now.group(), c.p*(1-c.p), c.n, c.floor)
	out := x.Shift()
	if out.Z == 0 {
		return out
	}
	now, hits := c.oriented(out.Z < 0)
	if most := ZOfLogTail(logPredictedTail(now, hits+0.5, c.n-hits+0.5)); math.Abs(out.Z) > most {
		out.Z = math.Copysign(max(most, 0), out.Z)
	}
	return out
}

// oriented are the hits now and before, or the misses of both where those are what is more.
func (c *ShareComparison) oriented(misses bool) (now Rate, hits float64) {
	if misses {
		return Rate{c.now.N - c.now.Hits, c.now.N}, c.n - c.hits
	}
	return c.now, c.hits
}

// Among is [ShareComparison.Shift] where shares of its kind are so restless. Their variances
// between windows are parts of p(1-p), the most that there can be: in a window either all do
// or none (the intraclass correlation). At each of them the hits now have a beta-binomial
// distribution, whose mean is as uncertain as the healthy traces leave it; traces of one
// window count less the more alike they are. So it is exact for small
// counts, unlike [ShareComparison.Shift]. What is learned from the healthy windows of the
// share itself is weighed by scatter, see [ScatterOfShares]. The floor adds to the standard error.
func (c *ShareComparison) Among(r *Restless, scatter Scatter) Shift {
	out := c.Shift()
	group := c.now.group()
	if !r.knows() || out.SE == 0 || out.Effect == 0 || !group.usable() || len(c.groups) >= OwnWindows {
		return out
	}
	now, hits := c.oriented(out.Effect < 0)
	share := (hits + 0.5) / (c.n + 1)
	z := r.z(scatter, func(rho float64) float64 {
		rho = min(rho, 1)
		var traces float64
		for _, g := range c.groups {
			traces += g.N / (1 + max(g.N-1, 0)*rho)
		}
		// a beta distribution with a + b = m has the variance p(1-p)/(m+1)
		m := max(1/(rho+1/(traces+2))-1, 1e-3)
		return logPredictedTail(now, share*m, (1-share)*m)
	})
	if z > 0 {
		floor := c.floor / out.Effect
		z = 1 / math.Sqrt(1/(z*z)+floor*floor)
	}
	out.Z = math.Copysign(surer(math.Abs(out.Z), z, len(c.groups)), out.Effect)
	return out
}

// ScatterOfShares is how far a share in so many healthy windows lies from itself in the others, as parts of
// p(1-p), from sums over the windows: the traces, their squares, the hits, and the squares of hits over
// traces. Where less than one hit (or miss) was to be expected in a window, the windows tell
// that much less of how restless it is; where there was none at all, nothing.
func ScatterOfShares(windows int, traces, squares, hits, square float64) Scatter {
	p := hits / traces
	if windows < 2 || !(hits > 0) || !(hits < traces) {
		return Scatter{}
	}
	df := float64(windows - 1)
	noise := df / (traces - squares/traces) // of one window: 1 over its traces
	seen := noise * max(square-hits*p, 0) / (p * (1 - p)) / df
	return Scatter{Seen: seen, Noise: noise, DF: df * min(1, min(p, 1-p)*traces/float64(windows))}
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
func logPredictedTail(now Rate, a, b float64) float64 {
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
