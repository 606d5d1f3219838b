//go:build !unix

package tracetest

import "time"

var began = time.Now()

// CPUTime is the time on the clock where the processor's is not told.
func CPUTime() time.Duration { return time.Since(began) }
