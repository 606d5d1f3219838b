// Package zipkin reads Zipkin's spans as OTLP: version 2 as JSON (a list of spans or of
// traces) or protobuf, version 1 as JSON or Thrift. Which version a JSON span is of
// shows in the span, so [Decode] takes both.
//
// Client and server halves of a call that share one ID stay two spans with one ID
// and different kinds, as they were recorded; graph.Assemble puts them together. A span
// of version 1 that holds both halves (client send, server receive, server send, client
// receive) becomes two. The local endpoint becomes the resource (service.name, ip), the
// remote one (in version 1: the address "sa", "ca" or "ma") the attributes peer.service,
// network.peer.address and network.peer.port. A tag error is an error status with its
// value as the message; annotations are events; a span without a kind is internal.
// Trace and span IDs shorter than OTLP's are padded on the left.
package zipkin
