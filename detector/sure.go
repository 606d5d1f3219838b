package detector

import (
	"math"

	"culprit/internal/stats"
)

// wider is how much the values of now scatter more than the healthy ones, at least 1. A few
// values with one that is far out have a mean that is far out, too; but then they scatter,
// and values that all moved do not (Welch's argument).
func wider(past []Stat, now Stat) float64 {
	usual := within(past)
	if usual == 0 {
		return 1
	}
	return max(1, now.Var/usual)
}

// within is the variance of single values within healthy windows, 0 if nothing tells.
func within(past []Stat) float64 {
	var sum, n float64
	for _, p := range past {
		if p.Groups > 1 {
			sum += (p.Groups - 1) * p.Var
			n += p.Groups - 1
		}
	}
	return sum / max(n, 1)
}

// sure is the |z| of a mean without what a single trace may have done to it. Times have
// heavy tails: now and then one request takes a hundred times as long, and moves the mean of
// twenty far out of all that the scatter of usual ones allows. A value at a distance D
// of n others adds D²/n to their variance and D/n to their mean. So, if it was one
// value that made the variance larger by V, it moved the mean by sqrt(V/n); that much is
// not counted. Where k of n values moved it is the part 1/sqrt(k) of the effect, and
// nothing where all did. usual is the variance [within] healthy windows.
func sure(usual float64, now Stat, s stats.Shift) float64 {
	effect := math.Abs(s.Effect)
	if effect == 0 || now.Groups == 0 {
		return 0
	}
	one := math.Sqrt(max(now.Var-usual, 0) / now.Groups)
	return math.Abs(s.Z) * max(1-one/effect, 0)
}
