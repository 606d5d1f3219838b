// Package stats is the arithmetic of the verdicts: numbers in, numbers out. It
// knows no span, no service and no clock, keeps no goroutine and draws no random
// number; equal input gives equal output, on any number of cores.
//
// What to meet first, in the order in which a span's duration passes through:
//
//  1. [LogNS] turns nanoseconds into a fixed-point logarithm by an integer
//     table, so that every processor agrees to the last bit.
//  2. [Moments] and [Sketch] collect such logarithms. Both are integers inside,
//     so merging is associative and commutative exactly: one shard, eight shards
//     and three machines end with the same bytes.
//  3. [RandomEffects] and [RandomEffectsProb] compare a window with the healthy
//     windows before it and answer with a [Shift]: how far, and how many standard
//     errors that is when healthy windows differ among themselves.
//     [RandomEffectsRobust] does so when some of them may not have been healthy.
//  4. [Tail] and [EDetector] turn the scores of windows into probabilities and the
//     probabilities into alarms with a stated rate of false ones.
//  5. [Wilson], [PoissonInterval], [BenjaminiHochberg] and [FisherExact] serve the
//     reports and comparisons.
//
// Distributions and special functions come from gonum, which is imported for
// statistics here only. What gonum lacks is here with its source cited: tails in
// logarithms, a tail of generalised Pareto distributions, Fisher's exact test.
//
// # Why a sketch of our own
//
// [Sketch] is the well-known idea of DDSketch (Masson, Rim and Lee, PVLDB 12,
// 2019): counts in bins of constant relative width. The published Go module maps
// floats with math.Log, whose last bit differs between processors, and counts in
// float64; its dense store would need a mapping of our own around it, at twice
// the memory and with an encoding that depends on the order of insertion. With
// [LogNS] the mapping is a shift by six bits, and what remains is an array.
//
// # Floating point
//
// Results that are not integers may differ in the last digits between processors,
// where the compiler fuses a multiplication with an addition. Whoever publishes them
// rounds to six digits first (model.Number).
package stats
