// Package datasets reads and writes recordings: traces in files, with labels beside
// them that say what was wrong and when.
//
//  1. [Open] finds the trace files below some paths and recognises their formats by
//     their content; [Recording.Read] delivers what is in them, one file after the
//     other by path, as a live source would.
//  2. [ArrivalsWriter] keeps what a live service received, in the order in which it
//     came and with its watermarks, so that a replay equals the run.
//  3. [Labels] are the faults of a recording; [Pack] is a recording that the project
//     made itself.
//
// The formats themselves are in internal/format. A bad record costs only itself: it
// is left out and named in the warnings of the batch that follows it, with its file
// and line. Nothing here sorts spans by time or throws duplicates away.
package datasets
