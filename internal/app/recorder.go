package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"culprit/datasets"
	"culprit/internal/source"
	"culprit/model"
)

// recorder writes down what comes in, in the order in which it comes. A nil recorder
// writes nothing.
type recorder struct {
	file  *os.File
	out   *datasets.ArrivalsWriter
	notes string // path of the file of notes, made with the first of them
}

// openRecorder opens the recording in dir. One that is there already is gone on with: a service
// that was started again reads from its last snapshot, and a trace that comes twice counts
// once.
func openRecorder(dir string, head datasets.ArrivalsHead) (*recorder, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, datasets.ArrivalsFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	r := &recorder{file: f, notes: filepath.Join(dir, datasets.NotesFile)}
	if err := r.begin(head); err != nil {
		return nil, fmt.Errorf("recording %s: %w", f.Name(), errors.Join(err, f.Close()))
	}
	return r, nil
}

// begin writes the head, or ends the line that a power failure has cut.
func (r *recorder) begin(head datasets.ArrivalsHead) (err error) {
	size, err := r.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size == 0 {
		r.out, err = datasets.NewArrivalsWriter(r.file, head)
		return err
	}
	r.out = datasets.AppendArrivals(r.file)
	last := make([]byte, 1)
	if _, err := r.file.ReadAt(last, size-1); err != nil {
		return err
	}
	if last[0] != '\n' {
		_, err = r.file.WriteString("\n")
	}
	return err
}

// batch writes the traces of a batch.
func (r *recorder) batch(b source.Batch) error {
	if r == nil {
		return nil
	}
	return r.out.Batch(b)
}

// watermark writes how far everything has been read.
func (r *recorder) watermark(t time.Time) error {
	if r == nil {
		return nil
	}
	return r.out.Watermark(t)
}

// note writes what was said and changes incidents.
func (r *recorder) note(n model.Note) error {
	if r == nil {
		return nil
	}
	f, err := os.OpenFile(r.notes, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return errors.Join(datasets.WriteNote(f, n), f.Close())
}

// close ends the recording.
func (r *recorder) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.out.Flush(), r.file.Close())
}
