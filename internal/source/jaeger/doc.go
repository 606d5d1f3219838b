// Package jaeger reads traces from a running Jaeger and hands them to the service
// in stretches of event time. Meet [Source] first: [New] makes one from a [Config],
// [Source.Run] reads for as long as the service lives, [Source.Fetch] reads one
// stretch for a command.
//
// Jaeger answers searches, it does not push. A search is lossy by contract: no
// order, a soft limit, no pages, no sign that something was cut. So:
//
//  1. The server is asked what it speaks: gRPC api_v3, HTTP api_v3, gRPC api_v2 or
//     the old JSON, the first one that answers. Status says which.
//  2. Time is read in stretches of Config.Step, oldest first, each only after
//     Config.Settle has passed since its end, because spans arrive late.
//  3. For each stretch the services that own traces are asked. A trace is owned by
//     the service of its root (no root: by the smallest service name in it). The
//     other services would answer with the same traces again; they are asked
//     rarely and for few traces, within Config.MaxAmplification, to see whether
//     they have become owners. One that has is asked in full for the same stretch.
//  4. A stretch that may have been cut, because as many traces came as were asked
//     for or because the answer was too large, is halved until it was not, down to
//     Config.Floor; there a warning is counted.
//  5. A second look at Config.SecondLook after the first fetches the traces that
//     lacked a root or a parent, and now and then the whole stretch, which tells
//     how much arrives too late; while it is much, every stretch is read twice.
//  6. Each trace is delivered once, and again only when it has grown. When all of a
//     stretch is delivered, the watermark moves to its end; the cursor follows when
//     the service has acknowledged that.
//
// Whatever fails is tried again with growing pauses; the cursor stays, so nothing
// is lost as long as Jaeger keeps it and the outage is shorter than
// Config.MaxBackfill. Memory is bounded by Config.Concurrency answers, of which
// only one at a time may be larger than some MiB.
//
// The package judges no trace, adjusts no clock and converts no format: every
// protocol's answer leaves here as OTLP.
package jaeger
