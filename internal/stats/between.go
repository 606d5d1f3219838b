package stats

import "math"

// between holds the healthy windows as the estimates need them: means relative to a
// common origin, so that large means with small differences keep their digits, and
// the variance that each has from its own noise.
type between struct {
	origin float64
	all    []window
	sure   []window // those that count for the variance between windows
}

type window struct {
	x, noise float64
}

// usualWindows is room on the stack for the healthy windows; more are allocated.
const usualWindows = 128

// collect returns the usable windows, in room if they fit, and the number of values
// in them.
func collect(room []window, healthy []Group, s2 float64) (b between, n float64) {
	b.all = room[:0]
	few := s2 / minBetween
	sure := 0
	for _, g := range healthy {
		if !g.usable() {
			continue
		}
		n += g.N
		b.all = append(b.all, window{g.Mean, s2 / g.N})
		if last := len(b.all) - 1; b.all[last].noise <= few { // to the front
			b.all[last], b.all[sure] = b.all[sure], b.all[last]
			sure++
		}
	}
	if sure < 2 {
		sure = len(b.all)
	}
	b.sure = b.all[:sure]
	for _, w := range b.sure {
		b.origin += w.x / float64(sure)
	}
	for i := range b.all {
		b.all[i].x -= b.origin
	}
	return b, n
}

// mean returns the weighted mean of all windows at a given variance between them,
// its variance, and how fast the latter grows with the former.
func (b *between) mean(tau2 float64) (mu, varMu, grow float64) {
	var sw, sww, swx float64
	for _, g := range b.all {
		w := 1 / (tau2 + g.noise)
		sw += w
		sww += w * w
		swx += w * g.x
	}
	return b.origin + swx/sw, 1 / sw, sww / (sw * sw)
}

// tau2 returns the estimate of Paule and Mandel, 0 if windows differ no more than
// their own noise explains, and the variance that one typical window's mean has around
// mu: tau2 plus its share of noise, with one degree of freedom less than windows.
//
// The sum falls with tau2 and is convex. Newton's method, begun at the simple
// difference of variances, is left of the root after one step and then climbs to it.
func (b *between) tau2() (tau2, spread float64) {
	const (
		maxStep = 50
		enough  = 1e-9
	)
	df := float64(len(b.sure) - 1)
	if df < 1 {
		return 0, 0
	}
	tau2 = b.difference()
	mu := 0.0 // of the step before, subtracted before squaring
	for range maxStep {
		var sw, swx, swxx, sww, swwx, swwxx float64
		for _, g := range b.sure {
			w := 1 / (tau2 + g.noise)
			x := g.x - mu
			wx, ww := w*x, w*w
			sw += w
			swx += wx
			swxx += wx * x
			sww += ww
			swwx += w * wx
			swwxx += wx * wx
		}
		spread = df / (sw - sww/sw)
		d := swx / sw
		mu += d
		excess := swxx - swx*d - df
		slope := swwxx - 2*d*swwx + d*d*sww
		next := 0.0
		if slope > 0 { // else all means are equal
			next = max(tau2+excess/slope, 0)
		}
		if math.Abs(next-tau2) <= enough*next {
			break
		}
		tau2 = next
	}
	return tau2, spread
}

// difference is the variance of the means less their average noise, at least 0.
func (b *between) difference() float64 {
	var sx, sxx, noise float64
	for _, g := range b.sure {
		sx += g.x
		sxx += g.x * g.x
		noise += g.noise
	}
	n := float64(len(b.sure))
	return max((sxx-sx*sx/n)/(n-1)-noise/n, 0)
}
