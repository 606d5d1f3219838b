package stats

import (
	"math"
	"math/bits"
)

// Moments are the count, sum and sum of squares of values of [LogNS]. They are
// integers, so that merging gives the same bits in any order and any grouping.
// The zero value is ready to use.
//
// Sq would overflow after 2.8e8 of the largest values (292 years each) or 6.5e8 of
// one hour each; it stops at the largest int64 instead, which keeps merging
// independent of order, and [Moments.Var] then answers +Inf: unknown.
type Moments struct {
	N      int64 // values
	Groups int64 // independent groups (traces) they came from; counted by the caller
	Sum    int64 // of the values, in 1/LogOne nat
	Sq     int64 // of their squares, in 1/LogOne² nat²
}

// Add counts one value. It leaves Groups alone: only the caller knows where one
// trace ends and the next begins.
func (m *Moments) Add(v int32) {
	m.N++
	m.Sum += int64(v)
	m.Sq = addCapped(m.Sq, int64(v)*int64(v))
}

// Merge adds what other has seen, as if its values had been added here.
func (m *Moments) Merge(other Moments) {
	m.N += other.N
	m.Groups += other.Groups
	m.Sum += other.Sum
	m.Sq = addCapped(m.Sq, other.Sq)
}

// Mean returns the mean in nats, 0 without values.
func (m Moments) Mean() float64 {
	if m.N == 0 {
		return 0
	}
	return float64(m.Sum) / float64(m.N) / LogOne
}

// Var returns the sample variance (divided by N-1) in nats². The difference of the
// two large products is taken exactly, in 128 bits.
//
// Special cases:
//
//	Var = 0    if N < 2
//	Var = +Inf if Sq has reached its cap
func (m Moments) Var() float64 {
	if m.N < 2 {
		return 0
	}
	if m.Sq == math.MaxInt64 {
		return math.Inf(1)
	}
	sum := uint64(max(m.Sum, -m.Sum))
	aHi, aLo := bits.Mul64(uint64(m.N), uint64(m.Sq))
	bHi, bLo := bits.Mul64(sum, sum)
	lo, borrow := bits.Sub64(aLo, bLo, 0)
	hi, _ := bits.Sub64(aHi, bHi, borrow) // never negative: Cauchy and Schwarz
	scaled := math.Ldexp(float64(hi), 64) + float64(lo)
	return scaled / float64(m.N) / float64(m.N-1) / (LogOne * LogOne)
}

// addCapped adds two numbers that are not negative and stops at the largest.
func addCapped(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}
