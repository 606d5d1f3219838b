// Package workflow reconstructs how requests travel: which stage asks for which, in what
// order, how often and how long, and what of it is not as usual.
//
//  1. [Stages] reads one trace as stages: what a span asked for, and who answered. The
//     detector counts the same stages.
//  2. A [Model] lays the runs of one operation over each other, by the way of each stage
//     from the entry. It merges exactly, and its memory grows with stages and shapes, not
//     with traces. One run is a model too.
//  3. [Model.View] publishes a model, and how it deviates from the usual one.
//
// # Order
//
// Between services order comes from causality: who asked stands before who was asked. In
// one service it comes from the clock of that service. Stages that two clocks timed are
// placed where they fit and never called out of order.
//
// Neighbours form a group if they mostly run at once, take turns, or exclude each other.
//
// # What deviates
//
// A share (a stage is there, fails, comes first) is held against the usual one by Fisher's
// exact test over runs; a time or a number by Student's t on logarithms. What was the same
// in all of at least eight usual runs and is different in all runs now counts without
// a test: that is how one run can deviate at all.
//
// A missing stage did not come back where its caller asked for it: there is a call without
// an answer that bears the name which its callers have for it, or names its service. Of a
// run that never came to its end only pieces are there; [Model.Follow] puts them where they
// usually hang, and the first usual stage after the last that is there is what it waits for.
//
// Deviations that another one explains (what comes after a stage that did not answer, what
// lies below one that is new) are marked and stand last.
package workflow
