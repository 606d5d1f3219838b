// Package skywalking reads recordings of Apache SkyWalking as OTLP.
//
// [Decode] tells three kinds of file apart:
//
//   - Tables as public recordings of TrainTicket have them: CSV with StartTime,
//     EndTime, URL, SpanType, Service, SpanId, TraceId, Peer, ParentSpan, Component and
//     IsError, times in milliseconds.
//   - The same rows as JSON objects.
//   - Segments in JSON, as agents report them over HTTP (traceSegmentId, spans) or as
//     the query API answers them ({"data": {"trace": {"spans": ...}}}), one or many, in
//     lists, documents or lines.
//
// A span is identified by its segment and its number in it, "segment.0"; its ID, and
// that of a trace, is a hash of that text unless it is a hex number already. The
// parent is another span of the segment, else the first reference; further
// references become links. Entry spans are servers, exit spans clients, unless their
// component or layer is a queue's; all others are internal. The service is
// service/serviceCode, the instance serviceInstance, the operation the endpoint name
// (URL), the callee of an exit span its peer without the port. Tags become attributes,
// with the names of OpenTelemetry where there are such.
package skywalking
