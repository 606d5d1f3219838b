// Package otlp reads recorded OTLP: what the OpenTelemetry Collector's file exporter
// and Jaeger's api_v3 write.
//
// [DecodeJSON] reads one ExportTraceServiceRequest per line, or a single one over
// several lines, also inside api_v3's {"result": ...}, and in the form that OTLP had before
// scopes. [DecodeProto] reads requests in protobuf, each behind its length in four bytes,
// big-endian; with the exporter's compression each of them is a zstd frame, in protobuf or
// JSON.
package otlp
