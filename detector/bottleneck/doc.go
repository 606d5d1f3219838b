// Package bottleneck says what the requests of an entry point spend their time in, and
// what would be gained if something were faster.
//
//  1. A [Profile] lays the critical paths of traces over each other: a tree of calls for
//     each entry point, with the time that was spent in each call itself while everything
//     above waited for it. Its memory grows with the operations and their contexts, not
//     with the traces, and it merges exactly.
//  2. [Profile.View] adds the tree up by operation, instance and edge; [Profile.Stacks]
//     lists it as a flame graph does.
//  3. [Predict] replays sampled traces with some operations faster ([graph.Replay]) and
//     says what the entry point would take then, with intervals.
//
// # Whose time it is
//
// A call to a service that sends no spans (a database, say) is counted as that service's,
// as everywhere in culprit. The time of a client span that no server span covers is the
// network's and the queues': it is counted at the client's operation and marked so.
//
// # How sure
//
// Intervals come from a circular block bootstrap (Politis and Romano, 1992): traces that
// follow each other are alike (a slow minute is slow for all), so blocks of neighbours are
// drawn, not single traces. The draws are seeded; equal traces give equal intervals.
package bottleneck
