// Package bottlenecks holds culprit's promises against what happens: what it says would be
// gained if HotROD's database were faster is compared with HotROD whose database is.
package bottlenecks
