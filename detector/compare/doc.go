// Package compare says what changed from one side to another: two stretches of time, two
// recordings, two versions, two systems with the same entry points.
//
//  1. A [Side] takes the traces of one side, divided into slices of time.
//  2. [Compare] judges the later side against the slices of the earlier one, as the
//     detector judges a window, and ranks what differs by what the users of the entry
//     points feel of it.
//  3. [Correlate] says which attributes set some requests apart from the rest.
//
// # Why slices
//
// Traces that follow each other are alike: one slow minute makes thousands of slow spans.
// A test over spans takes them for thousands of witnesses and finds a difference between
// any two stretches. So the unit is the slice: how far its mean lies from those of the
// other side's slices, in standard errors that include how much these differ among
// themselves (random effects). The later side counts as one more draw of that restlessness.
//
// # What is told
//
// A difference must be surer than chance after correction for all that were looked at
// (Benjamini and Hochberg), and a change of time must move the mean request by a percent.
// Its effect is the change of the time that requests spend there on their critical paths,
// so that what nobody waits for is no regression. Changes that package rootcause traces to
// others stand behind them.
package compare
