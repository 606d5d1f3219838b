// Package lightstep reads the reports of Lightstep's tracers, as they go to
// /api/v2/reports of a satellite, as OTLP.
//
// A report is one protobuf message: who reports, an access token, spans. The
// reporter's tags become the resource: lightstep.component_name is also its
// service.name, lightstep.hostname its host.name, and the reporter's number its
// lightstep.guid. IDs have 64 bits and fill the lower half of OTLP's trace ID. A
// CHILD_OF reference is the parent, else a FOLLOWS_FROM; a reference without a trace
// ID leads to a span of the same trace, as the tracers write it. The tags of
// OpenTracing (span.kind, error, peer.service ...) stay attributes: the conversion to
// spans knows them. Logs are kept of spans that failed. All times are moved by the
// offset that the reporter states for its clock.
package lightstep
