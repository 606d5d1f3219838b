// Package nezha reads the trace files of the Nezha recordings (Yu et al., FSE 2023):
// CSV with the columns TraceID, SpanID, ParentID, PodName, OperationName,
// StartTimeUnixNano, EndTimeUnixNano and Duration.
//
// A root's parent is the word "root". The service is the pod's name without its last
// two dash-parts. There are no kinds, no statuses and no attributes. Duration is in
// microseconds and follows from the other two, which are believed where they
// disagree.
package nezha
