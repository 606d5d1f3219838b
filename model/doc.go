// Package model holds the nouns that every other room speaks: what comes in (a
// [Span] in a [Fragment] of a trace), what is said about it ([Evidence],
// [Suspect], [Incident]) and what is wrong with it ([Warning]).
//
//  1. [Symbols] turns names into small integers, bounded per name space.
//  2. A [Fragment] carries the spans of one trace that came together; spans are
//     64 bytes, without pointers or maps.
//  3. [Suspect], [Evidence] and [Incident] are the published JSON: field names
//     are contracts that other programs read.
//
// It knows no wire format, reads no clock and does no I/O.
package model
