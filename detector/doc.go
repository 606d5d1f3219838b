// Package detector says how a window of traces differs from what is normal.
//
//  1. An [Observer] adds assembled traces to the [Summary] of their window. Summaries
//     merge exactly.
//  2. [NewWindow] turns a summary into quantities, one [Stat] for each [Key].
//  3. A [Baseline] remembers the quantities of healthy windows and judges a window
//     against them: [Baseline.Judge] returns [Evidence], family by family, each with a
//     random-effects z, the size of the effect and what users feel of it.
//
// It names no culprit: that is package rootcause.
package detector
