package bus

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"
)

// SnapshotMeta says what a snapshot is of.
type SnapshotMeta struct {
	Watermark    time.Time `json:"watermark"`     // event time that it has learned up to
	LogSequence  uint64    `json:"log_sequence"`  // of the incident log, that it includes
	NoteSequence uint64    `json:"note_sequence"` // of what people have said, that it includes
	Version      string    `json:"version"`       // of the program that wrote it
}

// pointer is what the state bucket holds: the snapshots kept, newest first.
type pointer struct {
	Snapshots []pointed `json:"snapshots"`
}

type pointed struct {
	SnapshotMeta
	Object string `json:"object"`
	NUID   string `json:"nuid"` // names the chunks
	Size   int    `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

const (
	pointerKey    = "snapshot"
	keepSnapshots = 2
	chunkSize     = 256 << 10 // bytes; each chunk is a synced write of its own
	// slowest is the rate at which a snapshot is read before the server counts as stuck.
	slowest = 1 << 20 // bytes per second
)

// SaveSnapshot stores data as the newest snapshot and forgets all but the one before
// it. Nothing changes on error. It is not retried: the next snapshot is the retry.
func (b *Bus) SaveSnapshot(ctx context.Context, meta SnapshotMeta, data []byte) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	b.saving.Lock()
	defer b.saving.Unlock()
	if err := b.save(ctx, meta, data); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

func (b *Bus) save(ctx context.Context, meta SnapshotMeta, data []byte) error {
	have, rev, err := b.pointer(ctx)
	if err != nil {
		return err
	}
	name := meta.Watermark.UTC().Format("20060102T150405Z") + "-" + rand.Text()
	info, err := b.snapshots.Put(ctx, jetstream.ObjectMeta{
		Name: name,
		Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize},
	}, bytes.NewReader(data))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	next := pointer{append([]pointed{{
		SnapshotMeta: meta, Object: name, NUID: info.NUID, Size: len(data), SHA256: hex.EncodeToString(sum[:]),
	}}, have.Snapshots...)}
	next.Snapshots = next.Snapshots[:min(len(next.Snapshots), keepSnapshots)]
	value, err := json.Marshal(next)
	if err != nil {
		return err
	}
	// Create and Update refuse when another process has moved the pointer meanwhile.
	if rev == 0 {
		_, err = b.state.Create(ctx, pointerKey, value)
	} else {
		_, err = b.state.Update(ctx, pointerKey, value, rev)
	}
	if err != nil {
		return fmt.Errorf("moving the pointer: %w", err)
	}
	if err := b.sweep(ctx, next); err != nil {
		b.log.Warn("old snapshots not removed, trying again after the next one", "error", err)
	}
	return nil
}

// pointer reads the pointer and its revision; 0 says that there is none. One that
// cannot be understood is logged and counts as empty.
func (b *Bus) pointer(ctx context.Context) (p pointer, rev uint64, err error) {
	ctx, cancel := short(ctx)
	defer cancel()
	e, err := b.state.Get(ctx, pointerKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return p, 0, nil
	case err != nil:
		return p, 0, err
	}
	if err := json.Unmarshal(e.Value(), &p); err != nil {
		b.log.Warn("snapshot pointer is unreadable", "bucket", b.names.state, "key", pointerKey, "error", err)
		return pointer{}, e.Revision(), nil
	}
	return p, e.Revision(), nil
}

// sweep removes from the object store whatever the pointer does not lead to: older
// snapshots with their names, and chunks that a crash left without one.
func (b *Bus) sweep(ctx context.Context, p pointer) error {
	keep := map[string]bool{}
	for _, s := range p.Snapshots {
		keep[b.chunks(s.NUID)] = true
		keep["$O."+b.names.snapshots+".M."+base64.URLEncoding.EncodeToString([]byte(s.Object))] = true
	}
	s, err := b.js.Stream(ctx, "OBJ_"+b.names.snapshots)
	if err != nil {
		return err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return err
	}
	for subject := range info.State.Subjects {
		if !keep[subject] {
			if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunks is the subject of an object's content.
func (b *Bus) chunks(objectNUID string) string { return "$O." + b.names.snapshots + ".C." + objectNUID }

// LoadSnapshot returns the newest snapshot that is whole; ok is false when there is
// none. One that is damaged is logged and the one before it is tried. A server that
// does not answer is an error, after cfg.ConnectWait.
func (b *Bus) LoadSnapshot(ctx context.Context) (meta SnapshotMeta, data []byte, ok bool, err error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	type found struct {
		meta SnapshotMeta
		data []byte
		ok   bool
	}
	f, err := backoff.Retry(ctx, func() (f found, err error) {
		p, _, err := b.pointer(ctx)
		if err != nil {
			return f, err
		}
		for _, s := range p.Snapshots {
			data, err := b.object(ctx, s)
			if err == nil {
				return found{s.SnapshotMeta, data, true}, nil
			}
			if !b.answers(ctx) {
				return f, err
			}
			b.log.Warn("snapshot is damaged and left out", "snapshot", s.Object, "watermark", s.Watermark, "error", err)
		}
		return f, nil
	}, backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(max(b.cfg.ConnectWait, callWait)))
	if err != nil {
		return meta, nil, false, fmt.Errorf("snapshot: %w", err)
	}
	return f.meta, f.data, f.ok, nil
}

// object reads one snapshot and checks it.
func (b *Bus) object(ctx context.Context, p pointed) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callWait+time.Duration(p.Size/slowest)*time.Second)
	defer cancel()
	info, err := b.snapshots.GetInfo(ctx, p.Object)
	if err != nil {
		return nil, err
	}
	s, err := b.js.Stream(ctx, "OBJ_"+b.names.snapshots)
	if err != nil {
		return nil, err
	}
	// The client would wait for chunks that are not there.
	state, err := s.Info(ctx, jetstream.WithSubjectFilter(b.chunks(info.NUID)))
	if err != nil {
		return nil, err
	}
	if n := state.State.Subjects[b.chunks(info.NUID)]; n != uint64(info.Chunks) {
		return nil, fmt.Errorf("%d of %d chunks are left", n, info.Chunks)
	}
	data, err := b.snapshots.GetBytes(ctx, p.Object)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); len(data) != p.Size || hex.EncodeToString(sum[:]) != p.SHA256 {
		return nil, fmt.Errorf("%d bytes with SHA-256 %x, want %d with %s", len(data), sum, p.Size, p.SHA256)
	}
	return data, nil
}

// answers tells a damaged object from a server that is away.
func (b *Bus) answers(ctx context.Context) bool {
	ctx, cancel := short(ctx)
	defer cancel()
	_, err := b.js.Stream(ctx, "OBJ_"+b.names.snapshots)
	return err == nil
}
