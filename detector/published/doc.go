// Package published holds the methods of others that find a culprit in traces, written
// from their papers, so that a table can say on the same traces and the same windows
// what ours is worth. Nothing else in the product uses them.
//
//  1. A [Corpus] keeps the assembled traces of a recording in the form that the
//     methods read; [Corpus.Scene] cuts out what happened and what was healthy.
//  2. [Methods] lists the methods. Each takes a [Scene] and returns [Score]s of
//     operations, best first. A method that ranks services names for each the
//     operation that speaks loudest.
//
// # Fairness
//
// A straw man proves nothing. All methods know when the fault lasted and which windows
// were healthy. A client span counts as a call of its callee, also where the callee sends
// no spans, so that databases and networks can be blamed; that alone took TraceRCA as
// RCAEval runs it from an AC@1 of .18 to .45 on the recordings that this was developed
// on. Where a paper leaves a choice open, or its public code and its text differ, the
// choice that scores better there was made; the comment of the method says which. What a
// paper takes from metrics or logs is left out: there are traces only.
//
// Ties are broken by name, and nothing depends on the order of traces beyond their
// beginnings.
package published
