package engine

import "time"

// Retained is the stretch that can still be asked about; ok is false before the first
// window was judged.
func (e *Engine) Retained() (from, to time.Time, ok bool) {
	if len(e.retained) == 0 {
		return from, to, false
	}
	first, last := e.retained[0], e.retained[len(e.retained)-1]
	return time.Unix(0, first.sum.From).UTC(), time.Unix(0, last.sum.To).UTC(), true
}
