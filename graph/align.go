package graph

import "slices"

// Starts gives, for each span, where it begins on the clock of the main span: children
// that are waited for stand where own times and the critical path have them, clipped to
// their parent or moved inside; others keep their distance from the parent's start. The
// subtrees of other roots keep their own clock. It appends to out[:0].
func (t *Trace) Starts(out []int64) []int64 {
	out = slices.Grow(out[:0], len(t.Spans))
	for i := range t.Spans {
		s, n := &t.Spans[i], &t.Nodes[i]
		if n.Parent < 0 {
			out = append(out, s.Start)
			continue
		}
		p := &t.Spans[n.Parent]
		at := s.Start
		if !n.Async {
			at = place(p, s, t.crosses(i)).From
		}
		out = append(out, out[n.Parent]+at-p.Start)
	}
	return out
}
