// Package incident decides whether there is something to say. In go the verdicts
// of one window after the other, out come the revisions of incidents that the
// window caused: usually none.
//
//  1. A [Finding] is what one window says about one cause; a [Verdict] is the
//     window with all its findings.
//  2. [Tracker.Update] joins each finding to the incident that it belongs to. One
//     fault is one incident: a finding belongs to the open incident of its own
//     cause, of a cause that it has been joined with before, or of a cause that is
//     Related either way round.
//  3. decide, one pure function, says what is to be done about each incident and
//     why. [Policy] holds its constants.
//
// The life of an incident:
//
//	           alarm                 calm for 3 windows
//	pending ----------> open --------------------------> resolved --> forgotten
//	   |                 ^ |  |                              |
//	   | calm            | |  | no data for 5 minutes        | alarm within
//	   v                 | |  +-----------------> expired    | 3 windows
//	forgotten            | |                         |       |
//	                     | | active for 24 hours     v       v
//	                     | +--> resolved as the new  reopened, same ID
//	                     +-------------------------------------+
//
// A pending incident is not published. While one is open, a revision is published
// when the first suspect, the severity or the set of affected services changes, at
// most once a minute. Time is event time: the ends of the windows.
//
// Windows without enough data neither open nor close anything. Windows that are
// skipped (a recording with gaps) count as such: a gap that is longer than the
// policy allows expires what is open at the end of the window in which an
// uninterrupted sequence of empty windows would have.
//
// A tracker that was stopped goes on from two things: its own snapshot and the
// incident log. Where they differ because the snapshot is older, the log wins, and
// windows that the log already holds emit nothing again: see [Tracker.Restore].
//
// The package judges nothing itself, knows no spans and publishes nothing. Equal
// input gives equal output.
package incident
