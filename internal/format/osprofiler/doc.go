// Package osprofiler reads what OpenStack's osprofiler keeps of a trace, as OTLP.
//
// osprofiler knows notifications: one when something starts, one when it stops, each a
// JSON document with the IDs of the trace (base_id), of the step (trace_id) and of the
// step around it (parent_id). Its stores (Redis, Elasticsearch, MongoDB) hold these
// documents; `osprofiler trace show --json` prints a tree of steps with the documents
// inside. [Decode] reads both; [Parse] and [Trace] are for who asks a store.
//
// A pair of notifications becomes a span as osprofiler's own OTLP driver makes it:
//
//   - trace and span IDs are the UUIDs, of spans the last 64 bits; a step whose parent_id
//     is the base_id has no parent. Clients write no notifications, so that a trace has
//     as many roots as its client made requests.
//   - service.name is "project-service"; the host is host.name, the project also
//     service.namespace.
//   - names are WSGI_GET_/path, SQL_SELECT, REQUESTS_GET_host and for functions, where
//     the driver says "rpc" alone, the trace point and the function, as
//     RPC_ComputeManager.build_and_run_instance; [FullName] gives spans of that driver the
//     same names. They are folded by package opname later.
//   - WSGI spans are servers', SQL and REQUESTS spans clients'; all others are internal,
//     and the graph finds out from its place which of them answers an RPC.
//   - an exception is an error with its class and message. A WSGI span has the status that
//     the REQUESTS span above it was answered with: osprofiler notes it only there.
//
// A step without its stop was never seen to return. It becomes a span up to the last
// notification of its trace, with the attribute osprofiler.unfinished, and an error if
// nothing more has come of the trace for [Patience]. A step without its start is a moment. What functions
// were called with is not read: arguments may be secrets.
package osprofiler
