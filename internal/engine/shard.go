package engine

import (
	"time"

	"culprit/detector"
	"culprit/graph"
	"culprit/model"
)

// Shard collects the spans of its traces until their window ends, and then adds the
// traces to the window's summary. It belongs to one goroutine; shards share nothing
// but the symbol table.
type Shard struct {
	window    int64
	perEntry  int
	most      int // spans
	assembler *graph.Assembler
	observer  *detector.Observer

	pending map[model.TraceID]*waiting
	spans   int
	done    [2]map[uint64]struct{} // hashes of the traces of the last windows: late spans do not make new traces
	doneTo  int64
	closed  int64 // everything before is judged
	open    map[int64]*window
	table   *model.Symbols

	Seen, Dropped, Late int64 // spans
}

// window is what is kept of the traces of one window: the summary that is judged,
// the topology that is shown, and what was said of its operations.
type window struct {
	sum    *detector.Summary
	topo   *graph.Topology
	judged verdicts
	index  // once it is in memory to be asked about
}

func newWindow(from, to int64, perEntry int, table *model.Symbols) *window {
	return &window{sum: detector.NewSummary(from, to, perEntry), topo: graph.NewTopology(table)}
}

// waiting is a trace whose window has not ended.
type waiting struct {
	frag model.Fragment
	root int64 // earliest start of a span without parent, or noTime
	any  int64 // earliest start
}

const noTime = int64(1)<<62 + (1<<62 - 1)

func newShard(cfg Config, table *model.Symbols) *Shard {
	return &Shard{
		window:    cfg.Window.Nanoseconds(),
		perEntry:  cfg.SamplePerEntry,
		most:      max(1, cfg.MaxSpans/cfg.Shards),
		assembler: graph.NewAssembler(graph.Config{MaxSpans: cfg.MaxSpansPerTrace, Symbols: table}),
		observer:  detector.NewObserver(table),
		pending:   map[model.TraceID]*waiting{},
		done:      [2]map[uint64]struct{}{{}, {}},
		open:      map[int64]*window{},
		table:     table,
	}
}

// Add takes in a piece of a trace. It keeps the fragment's slices.
func (s *Shard) Add(f *model.Fragment) {
	n := len(f.Spans)
	s.Seen += int64(n)
	w := s.pending[f.Trace]
	if w == nil {
		if s.isDone(f.Trace) {
			s.Late += int64(n)
			return
		}
		if s.spans+n > s.most {
			s.Dropped += int64(n)
			return
		}
		w = &waiting{frag: *f, root: noTime, any: noTime}
		s.pending[f.Trace] = w
	} else {
		if s.spans+n > s.most {
			s.Dropped += int64(n)
			return
		}
		w.frag.Append(f)
	}
	s.spans += n
	for i := range f.Spans {
		sp := &f.Spans[i]
		w.any = min(w.any, sp.Start)
		if sp.Parent.IsZero() {
			w.root = min(w.root, sp.Start)
		}
	}
}

func (w *waiting) start() int64 {
	if w.root != noTime {
		return w.root
	}
	return w.any
}

func (s *Shard) isDone(id model.TraceID) bool {
	h := id.Hash()
	_, a := s.done[0][h]
	_, b := s.done[1][h]
	return a || b
}

// remembers is how many windows a finished trace is remembered, at least: spans of it
// that come late and start in a later window are counted as late instead of becoming
// a broken trace. Those that start in a judged window are late in any case.
const remembers = 6

// Close assembles and summarises the traces that start before end.
func (s *Shard) Close(end time.Time) {
	to := end.UnixNano()
	if to-s.doneTo >= remembers*s.window {
		s.done[1], s.done[0] = s.done[0], map[uint64]struct{}{}
		s.doneTo = to
	}
	for id, w := range s.pending {
		if w.start() >= to {
			continue
		}
		t := s.assembler.Assemble(&w.frag)
		if t.Start >= to { // its root is another one than it seemed
			w.root, w.any = t.Start, t.Start
			continue
		}
		delete(s.pending, id)
		s.spans -= len(w.frag.Spans)
		s.done[0][id.Hash()] = struct{}{}
		from := align(t.Start, s.window)
		if from < s.closed {
			s.Late += int64(len(w.frag.Spans))
			continue
		}
		w := s.open[from]
		if w == nil {
			w = newWindow(from, from+s.window, s.perEntry, s.table)
			s.open[from] = w
		}
		s.observer.Observe(w.sum, t)
		w.topo.Add(t)
	}
	s.closed = max(s.closed, align(to, s.window))
}

// oldest is the start of the earliest waiting trace or open window, or noTime.
func (s *Shard) oldest() int64 {
	at := noTime
	for _, w := range s.pending {
		at = min(at, w.start())
	}
	for from := range s.open {
		at = min(at, from)
	}
	return at
}

// align rounds down to the start of a window, before 1970 too.
func align(t, window int64) int64 {
	r := t % window
	if r < 0 {
		r += window
	}
	return t - r
}
