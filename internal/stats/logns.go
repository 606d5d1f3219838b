package stats

import (
	"math"
	"math/bits"
)

//go:generate go run logtable_gen.go

// LogOne is one nat in the fixed point of [LogNS]. A unit is then 0.024 %, far
// below the 3 % that any verdict rests on, and the square of the largest logarithm
// still leaves room for 2.8e8 of them in an int64 (see [Moments]).
const LogOne = 4096

// offsetNS is added to a duration before its logarithm is taken: 0.05 ms. Without
// it, operations of some microseconds, whose time is mostly clock and scheduler,
// would show doubling after doubling and lead every ranking; much above it, the
// real slowdown of a fast cache disappears. Measured on the recordings that the
// prototype was tuned on.
const offsetNS = 50_000

const (
	logTableBits = 8                 // steps per octave: 256
	logFracBits  = 63 - logTableBits // bits of the mantissa below a step
	logShift     = 32 - 12           // from the table's 32 bits of fraction to LogOne's 12
)

// LogNS returns the natural logarithm of ns + 50,000 nanoseconds in units of
// 1/[LogOne] nat. It uses integers only; the result is within 1/LogOne of the true
// value, never falls when ns grows, and is between 44318 (0 ns) and 178865 (292
// years).
//
// Special case: a negative ns counts as 0.
func LogNS(ns int64) int32 {
	x := uint64(max(ns, 0)) + offsetNS
	octave := bits.Len64(x) - 1
	mantissa := x << (63 - octave) // the leading one is bit 63
	step := mantissa >> logFracBits & (1<<logTableBits - 1)
	// 32 bits of the rest are plenty, and the product below then fits in 64.
	rest := mantissa & (1<<logFracBits - 1) >> (logFracBits - 32)
	lo, hi := uint64(logTable[step]), uint64(logTable[step+1])
	log := uint64(octave)*uint64(logTable[1<<logTableBits]) + lo + (hi-lo)*rest>>32
	return int32((log + 1<<(logShift-1)) >> logShift)
}

// UnlogMS is the inverse of [LogNS] for means and quantiles: nats in (a value of
// LogNS divided by [LogOne]), milliseconds out.
//
// Special cases: 0 where the result would be negative; NaN and +Inf stay.
func UnlogMS(nats float64) float64 {
	return max(0, (math.Exp(nats)-offsetNS)/1e6)
}
