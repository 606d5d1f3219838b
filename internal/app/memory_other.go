//go:build !unix

package app

// peakMemory is the most memory that the process has held, in bytes, as far as it is known.
func peakMemory() uint64 { return reserved() }
