package app

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"culprit/model"
)

// held is a recording without watermarks, all of it in memory: whole traces, to be
// sorted into their windows.
type held struct {
	most   int // spans
	spans  int
	index  map[model.TraceID]int
	traces []heldTrace
}

type heldTrace struct {
	frag *model.Fragment
	root int64 // earliest start of a span without parent
	any  int64 // earliest start
}

const noTime = int64(1)<<62 + (1<<62 - 1)

// start is when the trace begins: with its earliest root; without one, with its earliest span.
func (t *heldTrace) start() int64 {
	if t.root != noTime {
		return t.root
	}
	return t.any
}

func newHeld(most int) *held { return &held{most: most, index: map[model.TraceID]int{}} }

// add takes in fragments. An error says that there are too many spans.
func (h *held) add(fs []*model.Fragment) error {
	for _, f := range fs {
		h.spans += len(f.Spans)
		if h.spans > h.most {
			return fmt.Errorf("the recording holds more than %d spans: raise --max-spans-in-memory (a span takes about 300 bytes), or give fewer files", h.most)
		}
		i, ok := h.index[f.Trace]
		if !ok {
			i = len(h.traces)
			h.index[f.Trace] = i
			h.traces = append(h.traces, heldTrace{f, noTime, noTime})
		} else {
			h.traces[i].frag.Append(f)
		}
		h.traces[i].widen(f.Spans)
	}
	return nil
}

// widen takes note of when some spans of the trace began.
func (t *heldTrace) widen(spans []model.Span) {
	for k := range spans {
		t.any = min(t.any, spans[k].Start)
		if spans[k].Parent.IsZero() {
			t.root = min(t.root, spans[k].Start)
		}
	}
}

// stretch returns the traces that begin in [from, to), by their beginning. Zero times
// are no limit. Afterwards nothing is held any more.
func (h *held) stretch(from, to time.Time) []heldTrace {
	out := slices.DeleteFunc(h.traces, func(t heldTrace) bool {
		return !from.IsZero() && t.start() < from.UnixNano() || !to.IsZero() && t.start() >= to.UnixNano()
	})
	slices.SortFunc(out, func(a, b heldTrace) int {
		return cmp.Or(cmp.Compare(a.start(), b.start()), a.frag.Trace.Compare(b.frag.Trace))
	})
	h.index, h.traces = nil, nil
	return out
}
