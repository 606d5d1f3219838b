// Package score holds verdicts against labels: how often, how deep and how soon the
// right cause was named, and how often a cause was named without a fault.
//
//  1. [Cases] cuts a labelled recording into cases: one for each fault, with the
//     stretch to explain and the healthy stretches to compare with. Every method is
//     given the same ones.
//  2. [Change] makes a recording worse in a repeatable way: spans lost, traces
//     sampled, clocks apart.
//  3. [Judge] finds where in a ranking a fault is named, level by level, and
//     [Detections] holds the incidents of the live engine against the labels.
//  4. [Report] adds both up and prints them.
//
// # The stretches
//
// Now is the fault as labelled, [from, to). A recording is continuous when two of
// three of its windows, from the first trace to the last, hold traces. There, healthy
// are the last 30 windows before the fault that hold traces and touch no fault;
// where fewer than three are before it, the nearest after it join in. Other recordings
// are snippets around their faults. There, healthy is what the labels call baseline
// and, for every fault of the recording, later ones too, the 100 seconds before it.
// In both, what lies within a minute after a fault is not healthy: queues drain,
// caches fill and clients try again.
//
// # Right or wrong
//
// A list of suspects is read at each level as the distinct places that it names there,
// in the order of their first mention: at the level of services a service that comes
// twice takes one place. A place is right if its service and the level's own field
// equal those of a root cause; of several root causes one is enough. A fault counts at
// a level only if its label knows the level. While several faults last at once, the
// places that another of them explains take no place. Faults that the label calls
// invisible are counted and left out. A fault without any root cause is load: nobody
// is to blame, and the right answer names no service.
//
// Rates come with Wilson's 95 % interval, rates in time with the exact one of Poisson.
package score
