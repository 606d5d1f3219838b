// Package receive is what every source shares that traces are sent to: it stands between
// any number of senders and the one place where batches are delivered.
//
//  1. A source makes an [Inbox] of its [Config] and runs it with the servers it needs:
//     [Inbox.HTTP], [Inbox.Serve] (gRPC), [Inbox.UDP], or anything else that returns when its
//     context ends.
//  2. A handler gives each message to [Inbox.Take] or [Inbox.TakeHTTP] with a function
//     that decodes it. A message is admitted before it is read and decoded, so that
//     hostile senders cost little: connections, messages in hand, their size, spans a
//     second and spans in memory are all bounded.
//  3. What cannot be used is left out, counted and named in the [Receipt]: spans without
//     IDs or times, and spans that start in the future. The rest waits in a queue.
//  4. [Inbox.Run] takes the queue up and delivers it, one batch at a time. While the
//     service is busy the queue grows; once it is full senders are told to come again
//     later ([Full], which is a 429 or RESOURCE_EXHAUSTED with the time to wait).
//
// # What an acknowledgement means
//
// A sender's message is acknowledged when it is in the queue. From there on it is lost
// only if the process ends: spans wait in memory until their window has been judged, and
// nobody can be asked for them again. A service that is stopped delivers its queue first,
// which matters to recordings. After a start the first window that is judged is
// the first one that has been received from its beginning.
//
// # The watermark
//
// Nothing says when a trace is over. So the watermark is the time before which
// everything has been delivered, less the settle delay, less the shortest delay with
// which spans came during the last minute: that makes up for a clock of ours that runs
// ahead of the senders'. It follows the clock whether anything comes or not, so a
// silent source holds back nobody. Spans that come later than that are late, and
// counted by the engine. A sender whose clock runs ahead by little has its spans wait
// for their window; by more than max_ahead, and its spans are left out and counted by
// service.
package receive
