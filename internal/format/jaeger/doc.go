// Package jaeger reads the JSON of Jaeger's query API and of its UI's download
// button, {"data": [trace, ...]}, as OTLP.
//
// It reads one trace at a time, so a document of a gigabyte needs the memory of its
// largest trace. Of a span's references the first CHILD_OF within the trace becomes
// the parent, else the first FOLLOWS_FROM; every other reference, and a FOLLOWS_FROM
// parent too, becomes a link with the attribute opentracing.ref_type, as the
// OpenTelemetry Collector does it. The tags span.kind, error, otel.status_code,
// otel.status_description and w3c.tracestate become what they were in OTLP; the rest
// are attributes. The logs of spans that failed are events; the others' are left out,
// since nothing reads them and they are a third of a usual document.
package jaeger
