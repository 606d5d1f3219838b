package stats

import "math"

// between estimates what healthy windows have in common and how they differ, given
// the variance s2 of single values.
type between struct {
	groups []Group
	s2     float64
	least  float64 // fewest values of a window that counts for the variance
}

// mean returns the weighted mean of all windows at a given variance between them,
// its variance, and how fast the latter grows with the former.
func (b *between) mean(tau2 float64) (mu, varMu, grow float64) {
	var sw, sww, swx float64
	origin := b.origin()
	for _, g := range b.groups {
		if g.usable() {
			w := 1 / (tau2 + b.s2/g.N)
			sw += w
			sww += w * w
			swx += w * (g.Mean - origin)
		}
	}
	return origin + swx/sw, 1 / sw, sww / (sw * sw)
}

// tau2 returns the estimate of Paule and Mandel, 0 if windows differ no more than
// their own noise explains. The sum falls with tau2 and is convex, so Newton's
// method from 0 climbs to the root and never jumps over it.
func (b *between) tau2(windows int) float64 {
	const (
		maxStep = 50
		enough  = 1e-9
	)
	tau2 := 0.0
	for range maxStep {
		excess, slope := b.excess(tau2, windows)
		step := excess / slope
		if !(step > enough*tau2) {
			break
		}
		tau2 += step
	}
	return tau2
}

// excess returns sum w (mean - mu)² minus its expectation, and minus its derivative.
func (b *between) excess(tau2 float64, windows int) (excess, slope float64) {
	origin := b.origin()
	var sw, swx float64
	for _, g := range b.groups {
		if g.N >= b.least && g.usable() {
			w := 1 / (tau2 + b.s2/g.N)
			sw += w
			swx += w * (g.Mean - origin)
		}
	}
	mu := origin + swx/sw
	for _, g := range b.groups {
		if g.N >= b.least && g.usable() {
			w := 1 / (tau2 + b.s2/g.N)
			d := w * (g.Mean - mu) * (g.Mean - mu)
			excess += d
			slope += w * d
		}
	}
	return excess - float64(windows-1), slope
}

// spread is the variance that one typical window's mean has around mu: tau2 plus its
// share of s2. It is what the windows have really shown, with one degree of
// freedom less than there are windows.
func (b *between) spread(tau2 float64, windows int) float64 {
	if windows < 2 {
		return 0
	}
	var sw, sww float64
	for _, g := range b.groups {
		if g.N >= b.least && g.usable() {
			w := 1 / (tau2 + b.s2/g.N)
			sw += w
			sww += w * w
		}
	}
	return float64(windows-1) / (sw - sww/sw)
}

// origin is a mean to subtract before squaring, so that large means with small
// differences keep their digits.
func (b *between) origin() float64 {
	for _, g := range b.groups {
		if g.usable() {
			return g.Mean
		}
	}
	return math.NaN()
}
