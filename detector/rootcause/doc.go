// Package rootcause turns evidence into suspects: who is likeliest to be the cause,
// at the deepest level that the evidence supports, and why.
//
//  1. [Scene] is what a verdict may rest on: evidence, the judged window, the
//     baseline, samples of traces.
//  2. [Rank] weighs each piece of evidence and decides whom it speaks against:
//     latency and errors explain upwards, structure downwards, a network fault is
//     agreed on by all edges of a service.
//  3. [Suspects] names instance, version, host or attribute where the effect sits in
//     one value, and says all of it in sentences with numbers.
//
// It decides who, not whether: that is the alarm's and the incident tracker's task.
package rootcause
