package datasets

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"culprit/internal/source"
	"culprit/model"
)

const (
	// aheadBatches is how many batches of a file wait for the reader at most.
	aheadBatches = 4
	// maxAhead is how many files are decoded at once at most. Memory grows with it.
	maxAhead = 4
	// maxNamed is how many bad records of a file are named; the rest is counted.
	maxNamed = 100
)

// Recording is a set of trace files.
type Recording struct {
	files  []file
	strict bool
	unread []model.Warning // files that could not even be opened
	total  int64
	read   atomic.Int64

	mu   sync.Mutex
	head ArrivalsHead
}

// Files are the paths of the trace files, in the order in which they are read.
func (r *Recording) Files() []string {
	var out []string
	for _, f := range r.files {
		out = append(out, f.path)
	}
	return out
}

// Progress is how many bytes of the files have been read, and how many there are. It
// may be called while Read runs.
func (r *Recording) Progress() (read, total int64) { return r.read.Load(), r.total }

// Head is what the arrivals that were read last say about themselves, zero if there
// were none.
func (r *Recording) Head() ArrivalsHead {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head
}

// Read delivers the recording, the files by path and each from its beginning to its
// end. The next files are decoded while take works; take is called by one goroutine
// only. Bad records are warnings of the batch that follows them.
//
// It returns an error if nothing could be read, if the only file is damaged as a
// whole (a truncated document), if the recording is strict and anything is bad, or
// if take does. What could be read before has been delivered by then.
func (r *Recording) Read(ctx context.Context, take func(source.Batch) error) error {
	r.read.Store(0)
	if len(r.unread) > 0 {
		if err := take(source.Batch{Warnings: r.unread}); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	streams := make([]*stream, len(r.files))
	start := func(i int) {
		if i < len(r.files) {
			streams[i] = &stream{out: make(chan source.Batch, aheadBatches)}
			wg.Go(func() { streams[i].decode(ctx, r, r.files[i]) })
		}
	}
	ahead := min(maxAhead, runtime.GOMAXPROCS(0))
	for i := range ahead {
		start(i)
	}
	var damage error // the first
	good := 0
	for i := range r.files {
		s := streams[i]
		for b := range s.out {
			if err := take(b); err != nil {
				return err
			}
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if s.err != nil {
			if damage == nil {
				damage = s.err
			}
			if !r.strict && len(r.files) > 1 {
				s.rest = append(s.rest, model.Warning{Kind: "damaged-file", Place: r.files[i].path, Count: 1, Message: strings.TrimPrefix(s.err.Error(), r.files[i].path+": ")})
			}
		}
		if len(s.rest) > 0 {
			if err := take(source.Batch{Source: r.files[i].path, Warnings: s.rest}); err != nil {
				return err
			}
		}
		if s.err != nil && (r.strict || len(r.files) == 1) {
			return fmt.Errorf("recording: %w", s.err)
		}
		if s.spans > 0 || s.err == nil && s.bad == 0 {
			good++
		}
		streams[i] = nil
		start(i + ahead)
	}
	switch {
	case good > 0:
		return nil
	case damage == nil:
		return fmt.Errorf("recording: nothing readable in %s: every record is bad", r.files[0].path)
	}
	return fmt.Errorf("recording: nothing readable in %d files, first %w", len(r.files), damage)
}

// stream is a file while it is being decoded. The other fields are to be read when
// out has been closed.
type stream struct {
	out   chan source.Batch
	err   error           // damage of the whole file
	rest  []model.Warning // that no batch follows
	spans int
	bad   int // records
}

// decode sends the batches of a file and closes the stream.
func (s *stream) decode(ctx context.Context, r *Recording, f file) {
	defer close(s.out)
	in, err := openFile(ctx, f.path, &r.read)
	if err != nil {
		s.err = err
		return
	}
	defer in.Close()
	var bad []model.Warning
	var refused error // strict: the first bad record
	warn := func(line int, err error) {
		s.bad++
		if r.strict && refused == nil {
			refused = fmt.Errorf("%s:%d: %w", f.path, line, err)
		}
		if s.bad <= maxNamed {
			bad = append(bad, model.Warning{Kind: "bad-record", Place: fmt.Sprintf("%s:%d", f.path, line), Count: 1, Message: err.Error()})
		}
	}
	send := func(b source.Batch) error {
		if refused != nil {
			return refused
		}
		b.Warnings = append(bad, b.Warnings...)
		bad = nil
		for _, td := range b.Traces {
			s.spans += td.SpanCount()
		}
		select {
		case s.out <- b:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	head := func(h ArrivalsHead) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.head = h
	}
	err = f.format.read(ctx, in, f.path, r.strict, head, send, warn)
	if refused != nil {
		err = refused
	}
	if more := s.bad - maxNamed; more > 0 {
		bad = append(bad, model.Warning{Kind: "bad-record", Place: f.path, Count: int64(more), Message: "further records left out"})
	}
	s.err, s.rest = err, bad
}
