package bus

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// learned is a baseline of n bytes.
func learned(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, seed))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

func meta(n int) SnapshotMeta {
	return SnapshotMeta{Watermark: noon.Add(time.Duration(n) * time.Minute), LogSequence: uint64(n), Version: "1"}
}

func save(t testing.TB, b *Bus, n int, data []byte) {
	t.Helper()
	if err := b.SaveSnapshot(t.Context(), meta(n), data); err != nil {
		t.Fatal(err)
	}
}

// expectSnapshot loads and compares; n 0 expects none.
func expectSnapshot(t testing.TB, b *Bus, n int, data []byte) {
	t.Helper()
	got, have, ok, err := b.LoadSnapshot(t.Context())
	switch {
	case err != nil:
		t.Fatal(err)
	case n == 0 && ok:
		t.Errorf("found snapshot %+v", got)
	case n != 0 && (!ok || got != meta(n)):
		t.Errorf("found %+v (%v), want %+v", got, ok, meta(n))
	case n != 0 && !bytes.Equal(have, data):
		t.Errorf("%d bytes differ from the %d saved", len(have), len(data))
	}
}

func TestSnapshotsSurviveARestart(t *testing.T) {
	cfg := local(t)
	b := open(t, cfg)
	expectSnapshot(t, b, 0, nil)
	for n, size := range []int{0, 1, chunkSize - 1, chunkSize, 3*chunkSize + 17} {
		data := learned(uint64(n), size)
		save(t, b, n+1, data)
		expectSnapshot(t, b, n+1, data)
		b.Close()
		b = open(t, cfg)
		expectSnapshot(t, b, n+1, data)
	}
}

// subjects is what the object store holds.
func subjects(t testing.TB, b *Bus) map[string]uint64 {
	t.Helper()
	s, err := b.js.Stream(t.Context(), "OBJ_CULPRIT_SNAPSHOTS")
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Subjects
}

func TestTwoSnapshotsAreKeptAndNothingElse(t *testing.T) {
	b := open(t, local(t))
	// What a crash in the middle of an upload leaves: chunks without a name.
	if _, err := b.js.Publish(t.Context(), "$O.CULPRIT_SNAPSHOTS.C.orphan", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 5; n++ {
		save(t, b, n, learned(uint64(n), 2*chunkSize))
	}
	var metas, chunks, orphans int
	for subject, n := range subjects(t, b) {
		switch {
		case strings.Contains(subject, ".M."):
			metas += int(n)
		case strings.HasSuffix(subject, ".orphan"):
			orphans++
		default:
			chunks += int(n)
		}
	}
	if metas != 2 || chunks != 4 || orphans != 0 {
		t.Errorf("%d names, %d chunks, %d orphans; want 2, 4, 0", metas, chunks, orphans)
	}
}

func TestDamagedSnapshotFallsBackToTheOneBefore(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, b *Bus, newest pointed)
		says   string
	}{
		{"its name is gone", func(t *testing.T, b *Bus, p pointed) {
			if err := b.snapshots.Delete(t.Context(), p.Object); err != nil {
				t.Fatal(err)
			}
		}, "object not found"},
		{"a chunk is gone", func(t *testing.T, b *Bus, p pointed) {
			s, _ := b.js.Stream(t.Context(), "OBJ_CULPRIT_SNAPSHOTS")
			m, err := s.GetLastMsgForSubject(t.Context(), b.chunks(p.NUID))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.DeleteMsg(t.Context(), m.Sequence); err != nil {
				t.Fatal(err)
			}
		}, "2 of 3 chunks are left"},
		{"all chunks are gone", func(t *testing.T, b *Bus, p pointed) {
			s, _ := b.js.Stream(t.Context(), "OBJ_CULPRIT_SNAPSHOTS")
			if err := s.Purge(t.Context(), jetstream.WithPurgeSubject(b.chunks(p.NUID))); err != nil {
				t.Fatal(err)
			}
		}, "0 of 3 chunks are left"},
		{"another was put in its place", func(t *testing.T, b *Bus, p pointed) {
			if _, err := b.snapshots.PutBytes(t.Context(), p.Object, learned(9, 100)); err != nil {
				t.Fatal(err)
			}
		}, "100 bytes with SHA-256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out captured
			b, err := Open(t.Context(), local(t), out.logger())
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			data := learned(1, 3*chunkSize)
			save(t, b, 1, data)
			save(t, b, 2, learned(2, 3*chunkSize))
			p, _, err := b.pointer(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.damage(t, b, p.Snapshots[0])
			expectSnapshot(t, b, 1, data)
			if !strings.Contains(out.String(), "snapshot is damaged and left out") || !strings.Contains(out.String(), c.says) {
				t.Errorf("log does not say %q:\n%s", c.says, out.String())
			}
			// The next one heals.
			save(t, b, 3, data)
			expectSnapshot(t, b, 3, data)
			if _, err := b.state.Put(t.Context(), pointerKey, []byte("{")); err != nil {
				t.Fatal(err)
			}
			expectSnapshot(t, b, 0, nil)
			save(t, b, 4, data)
			expectSnapshot(t, b, 4, data)
		})
	}
}

// Bits rot on the disk, below everything that NATS checks when it starts.
func TestRottenDiskNeverGivesWrongBytes(t *testing.T) {
	t.Parallel()
	cfg := local(t)
	b := open(t, cfg)
	one, two := learned(1, 3*chunkSize), learned(2, 3*chunkSize)
	save(t, b, 1, one)
	save(t, b, 2, two)
	b.Close()
	rotten := 0
	err := filepath.WalkDir(cfg.StoreDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".blk" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if i := bytes.Index(raw, two[chunkSize+100:chunkSize+200]); i >= 0 {
			raw[i] ^= 1
			rotten++
			return os.WriteFile(path, raw, 0o600)
		}
		return nil
	})
	if err != nil || rotten != 1 {
		t.Fatalf("%d places changed: %v", rotten, err)
	}
	b = open(t, cfg)
	expectSnapshot(t, b, 1, one)
}

// A process that no longer leads cannot put its snapshot over the leader's.
func TestPointerMovesFromWhereItWasRead(t *testing.T) {
	b := open(t, local(t))
	save(t, b, 1, []byte("one"))
	b.state = rivalKV{b.state}
	err := b.SaveSnapshot(t.Context(), meta(2), []byte("two"))
	if err == nil || !strings.Contains(err.Error(), "moving the pointer") {
		t.Errorf("error %v", err)
	}
	expectSnapshot(t, b, 1, []byte("one"))
}

// rivalKV moves a key as soon as it has been read.
type rivalKV struct{ jetstream.KeyValue }

func (kv rivalKV) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	e, err := kv.KeyValue.Get(ctx, key)
	if err == nil {
		_, err = kv.Put(ctx, key, e.Value())
	}
	return e, err
}
