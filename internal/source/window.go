package source

import "time"

// Window is a stretch of event time, [From, To).
type Window struct{ From, To time.Time }

// Length is how long the window is.
func (w Window) Length() time.Duration { return w.To.Sub(w.From) }

func (w Window) String() string {
	return w.From.UTC().Format(time.RFC3339Nano) + ".." + w.To.UTC().Format(time.RFC3339Nano)
}

// Split cuts the window into at most n parts of about the same length, on milliseconds.
func (w Window) Split(n int) []Window {
	var out []Window
	from := w.From
	for i := 1; i <= n; i++ {
		to := w.From.Add(w.Length() / time.Duration(n) * time.Duration(i)).Truncate(time.Millisecond)
		if i == n {
			to = w.To
		}
		if to.After(from) {
			out = append(out, Window{from, to})
			from = to
		}
	}
	return out
}
