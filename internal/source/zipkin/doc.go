// Package zipkin reads spans in Zipkin's formats, in the three ways in which they come:
//
//   - [Server] asks a Zipkin server for its traces (GET /api/v2/traces), stretch by
//     stretch, as package source does it for every system that has to be asked.
//   - [Receiver] is sent spans as a Zipkin server would be: POST /api/v2/spans (JSON or
//     protobuf) and /api/v1/spans (JSON or Thrift) on port 9411.
//   - [Topic] takes them from Kafka, where Zipkin's clients put them under the topic
//     "zipkin".
//
// What they share is reading a message: its format shows in its first byte.
//
// A search on a Zipkin server is lossy, like Jaeger's: it has a limit and does not say
// that it cut something. So a window is halved while as many traces came as were asked
// for, and what may be missing in the shortest one is counted.
//
// Zipkin does not record at which rate a trace was sampled, so its traces have no weight.
package zipkin
