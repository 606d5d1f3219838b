// Package jsonrec cuts a stream of JSON into records without understanding them.
//
// Recordings are as large as one document of a gigabyte and as damaged as a log
// file whose last line was never finished. A [Reader] walks down to the array that
// matters ([Reader.Object], [Reader.Array]) and hands out one record at a time
// ([Reader.Value]) by counting brackets, so that memory holds one record and a
// record that is rotten inside costs only itself. Whether a record is valid JSON is
// for its decoder to find out.
package jsonrec
