package stats

import "math"

const (
	// sketchShift makes a bin 64 units of [LogNS] wide: 1/64 nat, so that the
	// middle of a bin is within 0.8 % of everything in it.
	sketchShift = 6

	// sketchBins bounds a sketch: 1400 bins reach from 0 to about 44 hours, and
	// whatever is longer counts in the last.
	sketchBins = 1400

	// sketchFirst is the bin, in units of the scale, of a duration of zero.
	sketchFirst = 44318 >> sketchShift

	// sketchChunk is the step in which the array grows. An operation's durations
	// spread over a factor of ten or so: 150 bins.
	sketchChunk = 32
)

// Sketch estimates quantiles of values of [LogNS], each within 1/128 nat (0.8 % of
// the duration plus 0.05 ms). It merges exactly: the state after a merge is
// the state of having seen both, in any order. The zero value is an empty sketch;
// it takes 4 bytes per bin between its smallest and its largest value, 5600 at most.
// A Sketch must not be used by two goroutines at once.
type Sketch struct {
	base int      // the bin that counts[0] is for
	bins []uint32 // counts; stop at the largest uint32
}

// sketchBin returns the bin of v; what is out of range goes to the nearest.
func sketchBin(v int32) int {
	return min(max(int(v>>sketchShift)-sketchFirst, 0), sketchBins-1)
}

// Add counts one value of [LogNS].
func (s *Sketch) Add(v int32) {
	bin := sketchBin(v)
	if i := bin - s.base; uint(i) < uint(len(s.bins)) {
		s.bins[i] = addCapped32(s.bins[i], 1)
		return
	}
	s.cover(bin, bin)
	s.bins[bin-s.base]++
}

// Merge adds what other has seen and leaves other as it was. A nil other is empty.
func (s *Sketch) Merge(other *Sketch) {
	if other == nil || len(other.bins) == 0 {
		return
	}
	s.cover(other.base, other.base+len(other.bins)-1)
	for i, c := range other.bins {
		at := &s.bins[other.base-s.base+i]
		*at = addCapped32(*at, c)
	}
}

// cover grows the array until it holds the bins from lo to hi.
func (s *Sketch) cover(lo, hi int) {
	if len(s.bins) > 0 {
		if s.base <= lo && hi < s.base+len(s.bins) {
			return
		}
		lo, hi = min(lo, s.base), max(hi, s.base+len(s.bins)-1)
	}
	lo = lo / sketchChunk * sketchChunk
	hi = min(hi/sketchChunk*sketchChunk+sketchChunk, sketchBins)
	bins := make([]uint32, hi-lo)
	if len(s.bins) > 0 {
		copy(bins[s.base-lo:], s.bins)
	}
	s.base, s.bins = lo, bins
}

// Count returns how many values the sketch has seen.
func (s *Sketch) Count() int64 {
	var n int64
	for _, c := range s.bins {
		n += int64(c)
	}
	return n
}

// CountAbove returns how many values lie in bins above that of v. The threshold is
// thus the upper edge of v's bin, up to 1/64 nat above v; counted against the same
// v, two sketches agree on where it is.
func (s *Sketch) CountAbove(v int32) int64 {
	from := max(sketchBin(v)+1-s.base, 0)
	var n int64
	for i := from; i < len(s.bins); i++ {
		n += int64(s.bins[i])
	}
	return n
}

// Quantile returns an estimate of the q-quantile in nats, to be turned into
// milliseconds by [UnlogMS] or compared as it is: the middle of the bin that holds
// the value with rank floor(q (n-1)), counted from 0.
//
// Special cases: q below 0 or NaN counts as 0, above 1 as 1; an empty sketch gives 0,
// which no duration has (log of 0.05 ms is 10.8).
func (s *Sketch) Quantile(q float64) float64 {
	n := s.Count()
	if n == 0 {
		return 0
	}
	if math.IsNaN(q) {
		q = 0
	}
	rank := int64(min(max(q, 0), 1) * float64(n-1))
	for i, c := range s.bins {
		if rank -= int64(c); rank < 0 {
			return middle(s.base + i)
		}
	}
	panic("stats: sketch counts do not add up") // rank < n by construction
}

// middle returns the middle of a bin in nats.
func middle(bin int) float64 {
	return float64((bin+sketchFirst)<<sketchShift+1<<(sketchShift-1)) / LogOne
}

func addCapped32(a, b uint32) uint32 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint32
}
