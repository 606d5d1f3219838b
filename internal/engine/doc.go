// Package engine turns traces into changed incidents.
//
//  1. A [Shard] collects the spans of its traces until their window has ended, then
//     adds each trace to the window's summary.
//  2. [Engine.Advance] takes the summaries of all shards, merges them, and runs
//     judge, rank, decide, learn in that order: nothing is learned from a window
//     before it was judged, and nothing while an incident is suspected.
//  3. [Stretches] does the same for one stretch of a recording against others.
//
// Time is event time and comes as an argument. What it returns depends on the spans
// and the watermarks, not on the number of shards.
package engine
