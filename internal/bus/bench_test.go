package bus

import (
	"fmt"
	"testing"
	"time"

	"culprit/model"
)

// One revision of 20 KB, read, appended, synced to disk and acknowledged.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name string
		in   model.Incident
		sync time.Duration
	}{
		{"1KB/synced", revision("a", 1), 0},
		{"130KB/synced", large(6, 40), 0},
		{"1KB/unsynced", revision("a", 1), time.Minute},
	} {
		b.Run(c.name, func(b *testing.B) {
			cfg := local(b)
			cfg.SyncEvery = c.sync
			bus := open(b, cfg)
			n := 0
			for b.Loop() {
				n++
				c.in.ID = fmt.Sprintf("i%d", n)
				if err := bus.Append(b.Context(), c.in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// From nothing, and from a log of 1,000 revisions, to a bus that has read its log
// and its snapshot and leads.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{0, 1000} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			cfg := local(b)
			cfg.SyncEvery = time.Minute // only the filling is spared the disk
			bus := open(b, cfg)
			for i := range n {
				appendAll(b, bus, revision(fmt.Sprintf("i%d", i), 1))
			}
			if n > 0 {
				save(b, bus, 1, learned(1, 4<<20))
			}
			bus.Close()
			cfg.SyncEvery = 0
			for b.Loop() {
				if n == 0 {
					cfg.StoreDir = b.TempDir()
				}
				bus, err := Open(b.Context(), cfg, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := bus.Lead(b.Context()); err != nil {
					b.Fatal(err)
				}
				if _, _, ok, err := bus.LoadSnapshot(b.Context()); err != nil || ok != (n > 0) {
					b.Fatal(ok, err)
				}
				got := 0
				if _, err := bus.Load(b.Context(), func(uint64, model.Incident) error { got++; return nil }); err != nil || got != n {
					b.Fatal(got, err)
				}
				b.StopTimer()
				bus.Close()
				b.StartTimer()
			}
		})
	}
}
