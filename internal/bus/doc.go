// Package bus keeps what the service must not lose, in NATS: the incident log, the
// snapshots of what was learned, and the lease of the one process that writes. It is
// the only importer of nats.go and nats-server, and none of their types leave it.
//
//  1. [Open] starts a NATS server in this process, with its files in a directory that
//     it locks, or connects to an external one. Streams and buckets are made if they
//     are not there.
//  2. [Bus.Lead] waits until this process is the one that writes.
//  3. [Bus.LoadSnapshot] and [Bus.Load] give back what an earlier process knew.
//  4. [Bus.Append] adds one revision of an incident; [Bus.SaveSnapshot] follows when
//     the log has acknowledged. [Bus.Watch] reads along, [Bus.Heal] compares.
//  5. [Bus.Close] gives back the lease and stops the server, and waits for both.
//
// # What is promised
//
// A revision for which Append has returned nil is in the log once, and stays there
// through kill -9, a lost connection and, in a cluster, the loss of a node. Three
// things together make it so:
//
//   - Each message goes out with the sequence of the incident's last message, which
//     the server compares with what it has on all subjects of that incident
//     ("culprit.log.*.*.<id>": event and service change from one revision to the next,
//     the ID does not). So one of two writers is refused, whatever they write, and a
//     message that was sent twice is refused the second time, for ever and not only
//     while the server remembers its ID.
//   - Every try begins with a look at the log. An acknowledgement that was lost on its
//     way is found there; a revision that is there already is success, so whoever
//     starts again may append everything again. What is in the log wins over other
//     content for the same revision. Revisions later than ours, where our look saw
//     none, are a [*RivalError].
//   - The embedded server syncs each write to the disk before it acknowledges.
//     External servers do so if told to (sync_interval: always); their default is to
//     sync within two minutes. After a power cut such a server may lack what it
//     acknowledged. Heal appends it again: call it with the open incidents now and then.
//
// Plain subscribers of "culprit.incidents.>" get what the stream republishes, thus
// nothing that the log does not hold, in its order, each once while they are connected.
// Readers that must not miss anything read the log. [Bus.Watch] remembers its place
// across reconnects; when the log is suddenly shorter than that place, it starts at the
// beginning, so a reader must bear to see a revision twice. It never sees them out of order.
//
// # What is not promised
//
// The lease is a courtesy: a process that was suspended may find out late that it has
// lost it. The log's expectations are what keeps two writers from doubling anything;
// the lease keeps them from trying.
//
// A log with an age limit forgets. Then the next revision of an old incident is taken
// although its predecessors are gone. In a log that forgets nothing that is a [*GapError].
//
// An incident of more than 1 MiB, the largest message that NATS takes by default, is
// cut, the least important first, with a warning in it; 50 suspects with six pieces of
// evidence each are 130 kB. One that cannot be cut is a [*TooLargeError].
//
// The embedded server asks nobody for a password. Whoever reaches its port can read
// and delete the log, so it listens on the loopback interface, and says so loudly when
// told otherwise. Messages on the log's subjects that are no incidents are skipped and counted.
//
// # Snapshots
//
// A snapshot is an object of its own; the pointer to it moves when it is stored, and
// only from where it was read. The one before it is kept, and is what LoadSnapshot
// returns when the newest is damaged (size and SHA-256 stand in the pointer). What the
// pointer does not lead to is swept away after the next one.
//
// # Notes, readers, letters
//
// What people say is kept as notes, in two streams beside the log: [Bus.AppendNote].
//
// Each receiver of alerts is a [Durable] reader of the log with its own place, kept by
// the server; what it could not tell stands in a bucket of dead letters. Watch keeps no
// place on the server.
package bus
