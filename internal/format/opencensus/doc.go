// Package opencensus reads what OpenCensus libraries send to their agent, as OTLP:
// ExportTraceServiceRequest of opencensus.proto.agent.trace.v1, on the wire or as
// protobuf's JSON.
//
// The node (service name, host, process) and the resource of a request become the
// resource of its spans, a span's own resource one of its own; labels keep their
// names, which the conversion to spans knows. The status has gRPC's codes: each but OK
// is an error with rpc.grpc.status_code, unless a server answers that the request was
// at fault, as in OpenTelemetry's conventions. Annotations are kept of spans that
// failed. Attributes are written in the order of their names, since OpenCensus has
// none.
package opencensus
