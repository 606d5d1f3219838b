// Package zipkin reads Zipkin's v2 JSON, a list of spans or of traces, as OTLP.
//
// Client and server halves of a call that share one ID stay two spans with one ID
// and different kinds, as they were recorded; graph.Assemble puts them together. The
// local endpoint becomes the resource (service.name, ip), the remote one the
// attributes peer.service, network.peer.address and network.peer.port. A tag error
// is an error status with its value as the message; annotations are events; a span
// without a kind is internal. Trace and span IDs shorter than OTLP's are padded on
// the left.
package zipkin
