package engine

import (
	"slices"
	"time"
)

// Retained is the stretch that can still be asked about; ok is false before the first
// window was judged.
func (e *Engine) Retained() (from, to time.Time, ok bool) {
	if len(e.retained) == 0 {
		return from, to, false
	}
	first, last := e.retained[0], e.retained[len(e.retained)-1]
	return time.Unix(0, first.sum.From).UTC(), time.Unix(0, last.sum.To).UTC(), true
}

// Services lists the services that are known, sorted.
func (e *Engine) Services() []string {
	var out []string
	for _, s := range e.baseline.Sites() {
		out = append(out, e.table.Name(s.Service))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
