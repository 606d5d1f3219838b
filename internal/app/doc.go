// Package app puts the parts together and owns every goroutine. In goes a [Config],
// out comes a running service ([New], [Service.Run]) or the answer of a command
// ([Replay], [Rank], [Record], [Demo]).
//
//  1. The pipeline converts a batch of traces, spreads it over the shards by trace
//     ID and, when the watermark passes the end of a window, has the engine judge
//     it. It starts goroutines only to wait for them: between two calls it has none.
//  2. [Service] is the pipeline between the sources and the incident log, with REST,
//     metrics and the heartbeat beside it.
//  3. [Replay] is the same pipeline over a recording.
//
// What the service promises when it stops, by whatever means: the incidents of a window are in
// the log before the snapshot that has seen the window is saved, and before the source
// hears that it may move on. So a restart reads a window again that it cannot
// be sure about, and the tracker knows from the log what has been said.
//
// Time is event time everywhere; the wall clock paces a replay and times heartbeats,
// and appears in no result.
package app
