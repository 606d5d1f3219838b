package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"culprit/internal/source"
)

// marks merges the watermarks of several sources: what has been read is what the
// slowest of them has read. A source that stays behind for longer than the patience
// lasts is left behind: the others go on, and its spans count as late where their
// windows have been judged. A source that traces are pushed to is not made to wait, or
// its senders would have to.
type marks struct {
	mu       sync.Mutex
	patience time.Duration // wall clock
	at       map[string]time.Time
	left     map[string]bool // left behind, until they have caught up
	due      map[string]due  // what sources that are behind have to reach
	changed  chan struct{}   // closed when the merged watermark may have moved
}

// due is a watermark of another source, when that one had reached it, wall clock, and how
// far the source that is behind had come then.
type due struct{ mark, since, from time.Time }

func newMarks(patience time.Duration, sources []string) *marks {
	m := &marks{patience: patience, at: map[string]time.Time{}, left: map[string]bool{}, due: map[string]due{}, changed: make(chan struct{})}
	for _, s := range sources {
		m.at[s] = time.Time{}
	}
	return m
}

// reach moves the watermark of a batch's source and returns the merged one, once that has
// reached it too or the patience is over; at once, and zero if there is none yet, for a
// batch that was pushed.
func (m *marks) reach(ctx context.Context, b source.Batch, log *slog.Logger) (time.Time, error) {
	merged := m.set(b.Source, b.Watermark)
	if !merged.Before(b.Watermark) {
		return merged, nil
	}
	var left []string
	var err error
	if b.Pushed {
		merged, left = m.overdue(b.Watermark, time.Now())
	} else {
		merged, left, err = m.wait(ctx, b.Watermark)
	}
	for _, name := range left {
		log.Warn("source is left behind: windows are judged without it", "source", name, "after", m.patience)
	}
	return merged, err
}

// set moves the watermark of a source and returns the merged one.
func (m *marks) set(source string, w time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w.After(m.at[source]) {
		m.at[source] = w
	}
	merged := m.merged()
	for s := range m.left {
		if !m.at[s].Before(merged) {
			delete(m.left, s)
		}
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return merged
}

// merged is the smallest watermark of the sources that are not left behind.
func (m *marks) merged() time.Time {
	var least time.Time
	first := true
	for s, w := range m.at {
		if !m.left[s] && (first || w.Before(least)) {
			least, first = w, false
		}
	}
	return least
}

// wait returns the merged watermark as soon as it has reached w. When it has not after the
// patience, whoever is behind w is left behind.
func (m *marks) wait(ctx context.Context, w time.Time) (time.Time, []string, error) {
	timer := time.NewTimer(m.patience)
	defer timer.Stop()
	for {
		m.mu.Lock()
		merged, changed := m.merged(), m.changed
		m.mu.Unlock()
		if !merged.Before(w) {
			return merged, nil, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return merged, nil, context.Cause(ctx)
		case <-timer.C:
			merged, left := m.leave(w)
			return merged, left, nil
		}
	}
}

// overdue returns the merged watermark. Whoever has not reached within the patience what
// another source had reached is left behind, unless it has come further than the clock in
// that time: then it reads what was before the start, or an outage, and catches up.
func (m *marks) overdue(w, now time.Time) (time.Time, []string) {
	m.mu.Lock()
	var late time.Time // the latest watermark that is overdue
	for s, at := range m.at {
		if m.left[s] || !at.Before(w) {
			delete(m.due, s)
			continue
		}
		d, ok := m.due[s]
		switch {
		case !ok || !at.Before(d.mark):
			m.due[s] = due{w, now, at}
		case now.Sub(d.since) < m.patience:
		case at.Sub(d.from) > now.Sub(d.since) && !d.from.IsZero():
			m.due[s] = due{w, now, at}
		case d.mark.After(late):
			late = d.mark
		}
	}
	if late.IsZero() {
		defer m.mu.Unlock()
		return m.merged(), nil
	}
	m.mu.Unlock()
	return m.leave(late)
}

// leave leaves behind whoever has not reached w.
func (m *marks) leave(w time.Time) (time.Time, []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var left []string
	for s, at := range m.at {
		if at.Before(w) && !m.left[s] {
			m.left[s] = true
			left = append(left, s)
		}
	}
	slices.Sort(left)
	close(m.changed)
	m.changed = make(chan struct{})
	return m.merged(), left
}
