// Package rig runs the real components that culprit is tried against: a Jaeger and
// the HotROD services, on loopback, under seeded load, with faults that can be
// switched on and off.
//
//  1. [Build] makes the Jaeger and HotROD programs from the published module; [BuildTempo]
//     and others make or fetch what else culprit is tried against.
//  2. [StartJaeger] and [StartHotROD] start them on free ports and return once they
//     answer; everything is stopped by process ID.
//  3. [Load] asks HotROD for rides as a Poisson stream of a fixed seed.
//  4. [Faults] lists the five faults; [Play] runs a schedule of them and says exactly
//     when each was there, as [Labels].
//  5. [Tee] stands between HotROD and Jaeger and keeps what passes.
//
// The rig judges nothing: what culprit makes of the traces is the business of the
// tests and recordings that use it.
package rig
