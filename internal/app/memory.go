package app

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"

	"culprit/model"
)

// memoryNow is what the process holds, beside what bounds it.
func memoryNow(bounds []model.MemoryBound) model.Memory {
	const objects, total, released = "/memory/classes/heap/objects:bytes", "/memory/classes/total:bytes", "/memory/classes/heap/released:bytes"
	read := []metrics.Sample{{Name: objects}, {Name: total}, {Name: released}}
	metrics.Read(read) // unlike runtime.ReadMemStats it does not stop the world
	return model.Memory{
		HeapBytes:     int64(read[0].Value.Uint64()),
		SystemBytes:   int64(read[1].Value.Uint64() - read[2].Value.Uint64()),
		ResidentBytes: resident(),
		PeakBytes:     int64(peakMemory()),
		Bounds:        bounds,
	}
}

// resident is the memory that the process holds now, nil where the system has no /proc.
func resident() *int64 {
	text, err := os.ReadFile("/proc/self/statm") // pages: all, resident, shared ...
	if err != nil {
		return nil
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return nil
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return nil
	}
	n := pages * int64(os.Getpagesize())
	return &n
}

// reserved is the memory that the runtime has asked the system for.
func reserved() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}
