package compare

import (
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/bottleneck"
	"culprit/graph"
	"culprit/model"
)

const (
	// shortest is the length of a slice, as long as there are not too many: shorter ones
	// hold too few traces, and what disturbs one disturbs the next.
	shortest = 5 * time.Second
	// mostSlices bounds them: a side that lasts longer has longer ones. With thirty, the
	// restlessness of a quantity is known to an eighth.
	mostSlices = 32
	// perSlice is how many traces of an entry point a slice keeps whole.
	perSlice = 30
)

// Side is one side of a comparison. It belongs to one goroutine. Its memory grows with the
// operations and their contexts, not with the traces.
type Side struct {
	table    *model.Symbols
	observer *detector.Observer
	step     int64
	slices   map[int64]*Slice
}

// Slice is a stretch of a side.
type Slice struct {
	Sum   *detector.Summary
	Paths *bottleneck.Profile
}

// NewSide returns a side without traces.
func NewSide(table *model.Symbols) *Side {
	return &Side{table: table, observer: detector.NewObserver(table), step: int64(shortest), slices: map[int64]*Slice{}}
}

// SideOf makes a side of slices that are there already, of equal lengths. It reads them
// only.
func SideOf(table *model.Symbols, all []Slice) *Side {
	s := NewSide(table)
	for i := range all {
		s.step = all[i].Sum.To - all[i].Sum.From
		s.slices[all[i].Sum.From] = &all[i]
	}
	return s
}

// Add counts a trace. The trace may be overwritten afterwards.
func (s *Side) Add(t *graph.Trace) {
	if t.Main < 0 {
		return
	}
	from := floor(t.Start, s.step)
	at := s.slices[from]
	if at == nil {
		at = &Slice{detector.NewSummary(from, from+s.step, perSlice), bottleneck.New(s.table)}
		s.slices[from] = at
	}
	s.observer.Observe(at.Sum, t)
	at.Paths.Add(t)
	for len(s.slices) > mostSlices {
		s.widen()
	}
}

// widen doubles the length of the slices. What comes of it depends on the traces alone: a
// side has the shortest slices of which there are not too many.
func (s *Side) widen() {
	old := s.ordered()
	s.step *= 2
	s.slices = map[int64]*Slice{}
	for _, o := range old {
		from := floor(o.Sum.From, s.step)
		at := s.slices[from]
		if at == nil {
			o.Sum.From, o.Sum.To = from, from+s.step
			s.slices[from] = o
			continue
		}
		at.Sum.Merge(o.Sum)
		at.Paths.Merge(o.Paths)
	}
}

// ordered lists the slices by time.
func (s *Side) ordered() []*Slice {
	starts := make([]int64, 0, len(s.slices))
	for from := range s.slices {
		starts = append(starts, from)
	}
	slices.Sort(starts)
	out := make([]*Slice, len(starts))
	for i, from := range starts {
		out[i] = s.slices[from]
	}
	return out
}

// whole merges all slices and leaves them as they are.
func (s *Side) whole() Slice {
	all := s.ordered()
	out := Slice{detector.NewSummary(0, 0, perSlice*mostSlices), bottleneck.New(s.table)}
	if len(all) > 0 {
		// its length is that of the slices that hold anything, for rates
		out.Sum.From = all[0].Sum.From
		out.Sum.To = out.Sum.From + int64(len(all))*s.step
	}
	for _, o := range all {
		out.Sum.Merge(o.Sum.Clone())
		out.Paths.Merge(o.Paths)
	}
	return out
}

// view is the side as it is published.
func (s *Side) view(name string, whole Slice) model.CompareSide {
	out := model.CompareSide{Name: name, Requests: whole.Sum.Traces, Spans: whole.Sum.Spans, Slices: len(s.slices), Seconds: model.Number(float64(s.step) / 1e9)}
	if all := s.ordered(); len(all) > 0 {
		out.From, out.To = time.Unix(0, all[0].Sum.From).UTC(), time.Unix(0, all[len(all)-1].Sum.To).UTC()
	}
	return out
}

// floor rounds down to a multiple of step, before 1970 too.
func floor(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
