// Package csvrec reads spans from tables: files of comma-separated values whose first
// line names the columns.
//
// A [Table] says which columns a format has and how a row becomes a span;
// [Table.Decode] does what all of them need: it finds the columns by their names in
// whatever order they stand, reads line by line so that a damaged one costs only
// itself, and emits spans in batches grouped by who sent them. [TraceID], [SpanID] and
// [Time] read fields as research recordings write them.
//
// A quoted field must end on the line on which it begins.
package csvrec
