package xray

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"culprit/model"
)

// Unfinished is the attribute of a span whose end was never seen.
const Unfinished = "xray.unfinished"

const (
	// patience is how long a trace must have been silent before what is in progress in it
	// counts as failed: as with osprofiler, longer than most steps take.
	patience = 30 * time.Second
	// maxOpen is how many segments in progress are kept, of how many traces it is known when
	// they were last heard of. What comes beyond it is left out.
	maxOpen = 1 << 13
)

// unfinished keeps the segments of a recording that are in progress until a document
// comes in which they have ended. Its methods do nothing on nil.
type unfinished struct {
	open  map[place]open
	heard map[model.TraceID]int64 // when anything of the trace was last seen, ns
	now   int64                   // when anything was
}

type open struct {
	*segment
	from *sender // of the segment that it stands in; nil: it came by itself
}

func newUnfinished() *unfinished {
	return &unfinished{open: map[place]open{}, heard: map[model.TraceID]int64{}}
}

// hear takes note of the times of a segment.
func (u *unfinished) hear(g *segment) {
	if u == nil || g.bad != nil {
		return
	}
	at := max(g.start, g.end)
	u.now = max(u.now, at)
	if last, ok := u.heard[g.trace]; ok || len(u.heard) < 4*maxOpen {
		u.heard[g.trace] = max(last, at)
	}
}

// keep takes a segment that is in progress, unless it is known to have ended. It reports
// whether it could.
func (u *unfinished) keep(g *segment, from *sender, ended bool) bool {
	if u == nil {
		return false
	}
	at := place{g.trace, g.id}
	if _, twice := u.open[at]; !ended && !twice {
		if len(u.open) >= maxOpen {
			return false
		}
		u.open[at] = open{g, from}
	}
	return true
}

func (u *unfinished) ended(at place) {
	if u != nil {
		delete(u.open, at)
	}
}

// all takes what is left, by trace and start: each lasts until its trace was last heard of,
// and has failed if that was long before the end of the recording.
func (u *unfinished) all() []open {
	if u == nil {
		return nil
	}
	var out []open
	for _, left := range u.open {
		out = append(out, left)
	}
	u.open = map[place]open{}
	slices.SortFunc(out, func(a, b open) int {
		return cmp.Or(bytes.Compare(a.trace[:], b.trace[:]), cmp.Compare(a.start, b.start), bytes.Compare(a.id[:], b.id[:]))
	})
	for _, left := range out {
		last := max(u.heard[left.trace], left.start)
		left.end = last
		left.span.Attributes().PutBool(Unfinished, true)
		if u.now-last >= patience.Nanoseconds() {
			left.fault = true
		}
	}
	return out
}
