package stats

import (
	"math"
	"sort"
)

// FisherExact tests a table of two by two counts,
//
//	          slow  usual
//	with        a     b
//	without     c     d
//
// for a connection between row and column. enriched is the probability of an a at
// least as large by chance, the margins given: small when "with" goes with "slow".
// twoSided adds the tables on the other side that are no more probable than this one.
// The time taken grows with the square root of the counts.
//
// Special cases: 1, 1 if a margin is zero. Negative counts count as 0.
func FisherExact(a, b, c, d int) (enriched, twoSided float64) {
	a, b, c, d = max(a, 0), max(b, 0), max(c, 0), max(d, 0)
	if a+b == 0 || c+d == 0 || a+c == 0 || b+d == 0 {
		return 1, 1
	}
	h := hypergeometric{with: a + b, without: c + d, slow: a + c}
	enriched = h.upper(a)
	lo, hi := h.support()
	// Beyond the mode the probabilities fall, so the first cell that is no more
	// probable than a can be searched for. Equal ones differ by rounding only.
	most := h.log(a) + 1e-7
	mode := h.mode()
	right := mode + sort.Search(hi-mode+1, func(i int) bool { return h.log(mode+i) <= most })
	left := mode - sort.Search(mode-lo+1, func(i int) bool { return h.log(mode-i) <= most })
	if left >= right { // a itself is the mode: every table is as improbable as this one
		return min(enriched, 1), 1
	}
	return min(enriched, 1), min(h.upper(right)+h.lower(left), 1)
}

// hypergeometric is the number of "with" among the slow, by chance.
type hypergeometric struct {
	with, without, slow int
}

func (h hypergeometric) support() (lo, hi int) {
	return max(0, h.slow-h.without), min(h.slow, h.with)
}

// mode returns the most probable number.
func (h hypergeometric) mode() int {
	lo, hi := h.support()
	return min(max(int(float64(h.slow+1)*float64(h.with+1)/float64(h.with+h.without+2)), lo), hi)
}

// log returns the logarithm of the probability of k, which must be in the support.
func (h hypergeometric) log(k int) float64 {
	return logChoose(h.with, k) + logChoose(h.without, h.slow-k) - logChoose(h.with+h.without, h.slow)
}

// upper returns the probability of k or more.
func (h hypergeometric) upper(k int) float64 {
	lo, hi := h.support()
	if k <= lo {
		return 1
	}
	if k > hi {
		return 0
	}
	if k < h.mode() { // the terms would grow first, out of bounds
		return 1 - h.lower(k-1)
	}
	sum, term := 1.0, 1.0
	for i := k; i < hi && term > 1e-17*sum; i++ {
		term *= float64(h.with-i) / float64(i+1) * (float64(h.slow-i) / float64(h.without-h.slow+i+1))
		sum += term
	}
	return math.Exp(h.log(k)) * sum
}

// lower returns the probability of k or less: of the slow, at least slow-k are without.
func (h hypergeometric) lower(k int) float64 {
	return hypergeometric{h.without, h.with, h.slow}.upper(h.slow - k)
}

func logChoose(n, k int) float64 {
	return lgamma(float64(n+1)) - lgamma(float64(k+1)) - lgamma(float64(n-k+1))
}
