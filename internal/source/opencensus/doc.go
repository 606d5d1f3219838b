// Package opencensus receives traces as OpenCensus libraries send them to their agent:
// gRPC on port 55678. Everything that receivers share is in package receive; what
// requests hold is told by package internal/format/opencensus.
//
// A library opens one stream and sends all its requests in it, for which the protocol
// has no answers: nothing can be refused. So when there is no room the stream is not
// read on, and the library waits. The stream by which an agent could tell a library how
// to sample is held open and not used; other services, such as metrics, are not there.
package opencensus
