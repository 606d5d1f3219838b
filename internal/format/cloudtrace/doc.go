// Package cloudtrace reads traces of Google Cloud Trace's API v1 as OTLP.
//
// [Decode] reads recorded answers of ListTraces and GetTrace (JSON): documents with
// "traces", single traces, lists of them, one after the other. A live source fills a
// [Trace] by itself and calls [Trace.OTLP].
//
// Spans have numbers for IDs, a kind (RPC_SERVER, RPC_CLIENT or none) and labels, and
// no service. It is found so, the first that there is:
//
//  1. the label service.name, or the name that a Google resource has: the service of
//     Cloud Run, the module of App Engine, the function, the job, the container
//     (g.co/r/..., g.co/gae/...);
//  2. the service of the parent, unless the span is a server's;
//  3. the label /http/host of a server's span, without the port;
//  4. the project.
//
// Labels of that table are the resource; all others are attributes, those that begin
// with a slash by the names that OpenTelemetry has for them. g.co/status/code is a gRPC
// code; a span with /error/message or /error/name has failed.
package cloudtrace
