// Package jaegerrecv receives traces as Jaeger's clients, agents and collectors send
// them: Thrift over HTTP (14268), Thrift in UDP packets as the agent takes them (6831
// compact, 6832 binary, 5775 Zipkin's Thrift of the oldest clients) and protobuf over
// gRPC (14250). Everything that receivers share is in package receive.
//
// Which of Thrift's protocols a packet is in, and whether it holds Jaeger's or Zipkin's
// spans, shows in the packet: a client that is pointed at the wrong one of the three
// ports is understood all the same. Jaeger's model becomes OTLP by the translator of the
// OpenTelemetry Collector, over Thrift as over gRPC.
//
// Lengths in Thrift are only believed as far as the message is long, and a batch that
// cannot be read is lost as a whole: Thrift has no place to go on from.
package jaegerrecv
