// Package otlp receives traces as OpenTelemetry sends them: OTLP over gRPC (4317) and
// over HTTP (4318), the latter in protobuf and JSON, packed with gzip, deflate, zstd or not at
// all. Everything that receivers share is in package receive: limits, back-pressure,
// what an acknowledgement means, the watermark.
//
//   - A message that cannot be read is INVALID_ARGUMENT or 400: it is not to be sent again.
//   - Spans that cannot be used are left out, and the answer is a partial success with
//     their number and the first reason.
//   - When the service is slower than what comes in, or a limit is reached, the answer is
//     RESOURCE_EXHAUSTED with RetryInfo or 429 with Retry-After.
//
// Headers that are not asked for, such as Lightstep's access token, are accepted and
// ignored.
package otlp
