// Package sources tries every way in which spans come to culprit with the real component
// on the other side. All ways are told the same seeded story, in which one operation
// becomes slow after a while, and the same operation must be blamed in all of them.
//
// A row is a test that calls follow with the part of culprit's configuration that names
// its sources and with a client: a small program below clients that reads the
// story from its standard input, one trace a line, and emits each trace through the
// library that the row is about. Some rows run side by side, once everything is built.
package sources
