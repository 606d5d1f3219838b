// Package spans is the one conversion from OTLP to the spans of the engine.
//
// Every source and every file format turns its system's spans into ptrace.Traces
// first; a [Converter] turns those into [model.Fragment] values, one per trace. So
// the same fault looks the same whichever way the spans came.
//
//  1. Spans are grouped by trace ID, in order of appearance.
//  2. The resource becomes an identity (service, instance, version, host): the
//     table in identity.go holds the names that older systems use.
//  3. Attributes are read once. The table in keys.go says of each known key which
//     fact it states (status, peer, sampling) and whether it can be a dimension of
//     a fault; unknown keys are the customers' own and the best dimensions.
//  4. Facts become kind, status, flags, peer and weight (facts.go); dimensions
//     become attributes, the same ones whatever order they came in.
//
// Operation names are folded by package opname and never enriched. Where a route, a
// template or a query's summary tells which part of a name varies, that part is folded; it stays
// an attribute all the same. Spans that
// cannot be used are counted in [Converter.Warnings]. Nothing here looks at other
// spans: what is wrong with a trace as a whole is the graph's to find.
package spans
