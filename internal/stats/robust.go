package stats

import "math"

const (
	// minRobust is the fewest healthy windows whose median and median deviation say
	// which of them is out of line. Where windows differ much more than their noise, a
	// usual one lies outside by chance in 4 % of keys with eight windows, in 10 %
	// with five; where they hardly differ, never.
	minRobust = 8

	// outOfLine is how many robust standard deviations from the median a healthy
	// window may lie. At 5 a normal one is almost never left out, and a window
	// with a fault that anybody would notice always is.
	outOfLine = 5
)

// RandomEffectsRobust is [RandomEffects] for a healthy stretch that may not have been
// healthy all along: windows whose mean lies more than five robust standard deviations
// from the median one are left out first (the deviation being that of the median
// absolute deviation, the window's own noise and floor together). Fewer than
// eight windows are taken as they are. N0 counts what was used.
//
// Simulated with 30 windows of which one was 4.5 times slower, a slowdown by a factor of
// 2.7 has a median z of 7.1 instead of 3.0; without such a window nothing changes. The
// price: when something slow but usual happens in every tenth window (a batch job), it is
// taken for a fault more readily, P(|z| > 3) being 4 % instead of 2.6 %. So use it where
// the stretch is under suspicion, not where every window was vetted.
func RandomEffectsRobust(healthy []Group, now Group, floor float64) Shift {
	return Effects{Robust: true}.Means(healthy, now, floor)
}

// inLine returns the healthy windows that are in line with the others, in kept unless all
// are.
func inLine(kept, healthy []Group, s2, floor float64) []Group {
	var room [usualWindows]float64
	means := room[:0]
	for i := range healthy {
		if g := &healthy[i]; g.usable() && g.N >= minBetween {
			means = append(means, g.Mean)
		}
	}
	if len(means) < minRobust || allInLine(healthy, means, s2, floor) {
		return healthy
	}
	median, mad := MedianMAD(means)
	usual := mad*mad*SigmaPerMAD*SigmaPerMAD + floor*floor
	for _, g := range healthy {
		if g.usable() && math.Abs(g.Mean-median) <= outOfLine*math.Sqrt(usual+s2/g.N) {
			kept = append(kept, g)
		}
	}
	return kept
}

// allInLine reports whether windows are in line whatever the median and the median
// absolute deviation of their means are: no median lies further from the average than the
// standard deviation. That is so of nearly all quantities, and costs a fraction of
// sorting their windows. What is not usable is in no line.
func allInLine(healthy []Group, means []float64, s2, floor float64) bool {
	const rounding = 1e-9 // of the limit; what is that near is sorted
	var sum, squares float64
	for _, x := range means {
		sum += x
	}
	average := sum / float64(len(means))
	for _, x := range means {
		squares += (x - average) * (x - average)
	}
	sd := math.Sqrt(squares / float64(len(means)))
	for i := range healthy {
		g := &healthy[i]
		far := (math.Abs(g.Mean-average) + sd) / (outOfLine * (1 - rounding))
		if !g.usable() || !(far*far <= floor*floor+s2/g.N) {
			return false
		}
	}
	return true
}
