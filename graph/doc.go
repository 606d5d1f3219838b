// Package graph turns spans into call graphs.
//
//  1. An [Assembler] takes what came of one trace, in any order and with whatever is
//     wrong with it, and lays it out as a [Trace]: parents before children, each span
//     with a [Node] that says what it does, whom it asks and where its time went.
//  2. A [CriticalPath] says which spans the trace's duration was spent in, and a [Replay]
//     what it would have been had some spans been faster.
//  3. A [Topology] lays the traces of a stretch over each other: who calls whom, how
//     often, how long, with how many errors.
//
// # What a trace is made of
//
// A span counts once by (ID, kind); of several copies the longest is kept. Parents are
// found by ID. A client and a server span that share an ID (Zipkin) are parent and
// child, and what names that ID hangs under the one of its own emitter, else under the
// server. A span without a parent hangs under the earliest span that it is a child of
// by a further reference, else under the earliest that it follows from or links to.
// Cycles are cut at their earliest span.
//
// # Where time goes
//
// Durations come from one clock and are trusted. Start times are trusted among spans
// of one emitter only: a child from elsewhere that lies outside its parent is moved
// inside by the shortest way, or covers the parent if it is the longer one. A span's
// own time is what none of the children it waits for covers. It waits for a child
// unless the child consumes from a queue, hangs under a producer in another emitter,
// follows from it, or starts after it ended by the same clock, or is a producer's span
// that outlives it. A client span with one remote child has a gap, the network's and
// the queues' time, instead of own time.
//
// # What is missing
//
// An orphan names a parent that is not there, and nobody can say where that parent
// hung. What the orphan tells is when: the missing span was running around it. So the
// deepest spans that were running around the orphan are marked [Node.Torn]: a span is
// deepest if no child that it waits for was running too. If no span was (clocks
// differ), all spans with children outside the orphan's own subtree are torn. Beyond
// 64 orphans a trace has every parent torn. Torn is also what lost a child because a
// cycle was cut, or because the trace was too long.
//
// # What it does not do
//
// Nothing here reads a clock, keeps a goroutine or does I/O; nothing recurses; equal
// input gives equal output, whatever the order of the spans. Names are numbers of
// [model.Symbols], and numbers never decide an order.
package graph
