package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"culprit/model"
)

// Options says how a recording is opened.
type Options struct {
	// Format is one of [Formats] and overrules what the content of the files says.
	// Files in directories that are in no known format are left out all the same:
	// name them.
	Format string
	// Strict refuses a recording with any bad record.
	Strict bool
}

// file is a trace file of a recording.
type file struct {
	path   string
	format *format
	size   int64
}

// Open finds the trace files of a recording: those named in paths, and below the
// directories among them, those with a known content. Hidden files, labels and other
// files are no trace files. Of a directory with arrivals only those are read.
func Open(paths []string, o Options) (*Recording, error) {
	var forced *format
	if o.Format != "" {
		if forced = formatNamed(o.Format); forced == nil {
			return nil, fmt.Errorf("recording: no format %q: want one of %s", o.Format, strings.Join(Formats(), ", "))
		}
	}
	r := &Recording{strict: o.Strict}
	for _, p := range paths {
		if err := r.find(filepath.Clean(p), forced); err != nil {
			return nil, fmt.Errorf("recording: %w", err)
		}
	}
	slices.SortFunc(r.files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	r.files = slices.CompactFunc(r.files, func(a, b file) bool { return a.path == b.path })
	if len(r.files) == 0 {
		return nil, fmt.Errorf("recording: no trace file in %s: want one of %s", strings.Join(paths, ", "), strings.Join(Formats(), ", "))
	}
	for _, f := range r.files {
		r.total += f.size
	}
	return r, nil
}

// find adds the file, or the trace files below the directory.
func (r *Recording) find(path string, forced *format) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		f, err := recognise(path, info.Size(), forced)
		if err != nil {
			return err
		}
		if f.format == nil {
			return fmt.Errorf("%s is in no known format: name one of %s", path, strings.Join(Formats(), ", "))
		}
		r.files = append(r.files, f)
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	arrivals := firstOf(names, ArrivalsFile, ArrivalsFile+".gz", ArrivalsFile+".zst")
	for _, e := range entries {
		name := e.Name()
		full := filepath.Join(path, name)
		switch {
		case strings.HasPrefix(name, "."), name == LabelsFile:
			continue
		case e.IsDir():
			err = r.find(full, forced)
		case arrivals != "" && name != arrivals:
			continue
		default:
			err = r.findFile(full, forced)
		}
		if err != nil {
			if r.strict {
				return err
			}
			r.unread = append(r.unread, model.Warning{Kind: "unreadable-file", Place: full, Count: 1, Message: "left out: " + reason(err)})
		}
	}
	return nil
}

// findFile adds a file of a directory if it is a trace file.
func (r *Recording) findFile(path string, forced *format) error {
	info, err := os.Stat(path) // follows links
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	f, err := recognise(path, info.Size(), nil)
	if err != nil || f.format == nil {
		return err
	}
	if forced != nil {
		f.format = forced
	}
	r.files = append(r.files, f)
	return nil
}

// recognise looks at the beginning of a file. The format is nil if it is not known.
func recognise(path string, size int64, forced *format) (file, error) {
	f := file{path: path, size: size, format: forced}
	if forced != nil {
		return f, nil
	}
	in, err := openFile(context.Background(), path, new(atomic.Int64))
	if err != nil {
		return f, err
	}
	defer in.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(in, head)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	f.format = sniff(head[:n])
	return f, nil
}

func firstOf(have map[string]bool, names ...string) string {
	for _, n := range names {
		if have[n] {
			return n
		}
	}
	return ""
}

// reason is an error without the path, which stands beside it already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
