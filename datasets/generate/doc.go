// Package generate makes labelled recordings of systems that do not exist.
//
// In goes a [Scenario]: a seed, a length, a rate of requests, faults. Out come OTLP
// batches in the order in which a collector would have seen them, and [datasets.Labels] that
// say what was broken, when, and where, down to operation, instance and attribute.
//
//  1. [Named] gives the scenario of a name and a seed; [Names] lists them.
//  2. [Generate] draws a system of services from the seed and runs it.
//  3. [Write] does so into a directory that is a recording.
//
// The system is simulated, not painted: requests arrive at random and work through
// the programs of operations on finite pools of workers, cores, connections and
// database slots. A slow service therefore fills the pools of its callers, timeouts
// lead to retries and retries to more load, and a queue that nobody reads grows,
// because nothing else could happen.
//
// Nothing reads a clock or shares a random source: equal scenarios give equal bytes.
// Times are drawn in whole microseconds, so that the last bits of floating point,
// which differ between processors, do not reach the spans.
package generate
