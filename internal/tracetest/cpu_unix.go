//go:build unix

package tracetest

import (
	"syscall"
	"time"
)

// CPUTime is the processor time that this process has used: neighbours do not count.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
