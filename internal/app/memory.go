package app

import "runtime"

// reserved is the memory that the runtime has asked the system for.
func reserved() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}
