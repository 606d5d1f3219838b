package stats

import "math"

// calibre is the share of its digits that a chance loses as an e-value, E = calibre x
// p^(calibre-1): a model of chance that promises so much too much is still held to its
// word. A third: with a half, as it was, what one window shows has to be four digits surer to be
// told at once, and of the generated faults (dev split, six healthy windows) half are told
// eight seconds later; the days without a fault had nothing more to tell of.
const calibre = 1.0 / 3

// EDetector adds up weak evidence over many windows: the Shiryaev-Roberts recursion
// R = (R + 1) E on e-values E = p^-⅔ / 3 (Shin, Ramdas and Rinaldo, "E-detectors",
// 2022). If the p-values of healthy windows are at least as large as uniform
// ones given the past, then the first R >= 1/alpha comes after 1/alpha windows or
// more on average, whatever their distribution. It finds the slow leak that no
// single window shows. The zero value is ready to use.
type EDetector struct {
	R float64 // as last returned by Add; a snapshot restores it
}

// minP keeps E finite: a p of 0 cannot come from a finite past.
const minP = 1e-300

// Add takes the p-value of the next window and returns the new R.
//
// Special cases: NaN is no evidence and leaves R alone; p below 1e-300 counts
// as 1e-300 and above 1 as 1; R stops at the largest float64.
func (d *EDetector) Add(p float64) (r float64) {
	if p == p {
		e := calibre * math.Pow(min(max(p, minP), 1), calibre-1)
		d.R = min((d.R+1)*e, math.MaxFloat64)
	}
	return d.R
}

// LogPOf is the log of a p-value whose e-value is so large, or a billionth larger: that
// of the look that reaches it alone.
func LogPOf(e float64) float64 { return -(math.Log(e/calibre) + 1e-9) / (1 - calibre) }

// Reset forgets all evidence, as after an incident that was opened because of it.
func (d *EDetector) Reset() { d.R = 0 }
