package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/klauspost/compress/zstd"

	"culprit/internal/source"
)

// Pack is a recording that the project made itself: what `culprit record` wrote, with
// its labels.
type Pack struct {
	FS  fs.FS
	Dir string // within FS
}

// Labels reads what was wrong and when.
func (p Pack) Labels() (Labels, error) { return ReadLabels(p.FS, p.Dir) }

// Read reads the arrivals from beginning to end.
func (p Pack) Read(ctx context.Context, take func(source.Batch) error) error {
	r, name, err := p.open()
	if err != nil {
		return fmt.Errorf("recording %s: %w", p.Dir, err)
	}
	defer r.Close()
	return ReadArrivals(ctx, r, name, false, func(ArrivalsHead) {}, take)
}

// open opens the arrivals, compressed or not.
func (p Pack) open() (io.ReadCloser, string, error) {
	name := path.Join(p.Dir, ArrivalsFile)
	f, err := p.FS.Open(name)
	if err == nil {
		return f, name, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, name, err
	}
	name += ".zst"
	if f, err = p.FS.Open(name); err != nil {
		return nil, name, err
	}
	z, err := zstd.NewReader(f)
	if err != nil {
		return nil, name, errors.Join(err, f.Close())
	}
	return unzipped{z.IOReadCloser(), f}, name, nil
}

// unzipped closes the decoder and what it reads.
type unzipped struct {
	io.ReadCloser
	below io.Closer
}

func (u unzipped) Close() error { return errors.Join(u.ReadCloser.Close(), u.below.Close()) }
