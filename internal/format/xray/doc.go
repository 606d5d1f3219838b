// Package xray reads the segment documents of AWS X-Ray as OTLP.
//
// [Decode] reads files: what BatchGetTraces answers, and documents one after the other
// or in a list, with or without the header of the daemon's protocol. A [Joiner] does the
// same for documents that come one by one; [Datagram] takes that protocol's header off.
//
//   - A segment is a server's span, and its name is the service. X-Ray has no name for
//     what was asked of it, so the operation is the method and path of its HTTP request,
//     else its name.
//   - A subsegment with the namespace remote or aws is a client's span, or a producer's
//     where it sends to a queue. Its operation is the AWS operation, the method and path,
//     or the SQL query; its name is the callee (peer.service; of a database its host and
//     name). Every other subsegment is an internal span that is called by its own name.
//   - A subsegment that was sent by itself belongs to the service of the segment that it
//     lies in, which often comes later.
//   - Segments that X-Ray inferred of its own accord repeat what the caller's subsegment
//     says and are left out: a callee without segments is named by its callers.
//   - A fault or a throttled call is an error; so is an error without an HTTP status.
//     An HTTP status below 500 blames the request, as everywhere.
//   - A segment in progress is left out while more may come: its successor is complete.
//     What a recording leaves in progress lasts until its trace was last heard of, with the
//     attribute xray.unfinished, and has failed if that was half a minute before the
//     recording's end.
//
// Trace IDs 1-xxxxxxxx-xxxx... are OTLP's without version and dashes. Annotations and
// metadata are attributes, those of the namespace default by their own keys. X-Ray does
// not say at which rate it sampled.
package xray
