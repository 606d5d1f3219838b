package app

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"culprit/model"
)

// logbook remembers the last revision of the incidents that matter for a restart and for
// healing: those that are open, and those that ended not long before the log's end.
// It is safe for concurrent use.
type logbook struct {
	mu   sync.Mutex
	last map[string]model.Incident
	end  time.Time // of the last window in the log
	acks map[string]model.Incident
}

// memory is how long, in event time, a closed incident is remembered. It only has to
// be longer than the windows within which one can be opened again.
const memory = 6 * time.Hour

func newLogbook() *logbook {
	return &logbook{last: map[string]model.Incident{}, acks: map[string]model.Incident{}}
}

// read takes in a revision from the log.
func (b *logbook) read(in model.Incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if in.Revision <= b.last[in.ID].Revision {
		return
	}
	in.Exhibit = nil // a restart needs the verdict, not what it is shown with
	b.last[in.ID] = in
	if in.UpdatedAt.After(b.end) {
		b.end = in.UpdatedAt
	}
	maps.DeleteFunc(b.last, func(_ string, in model.Incident) bool {
		return in.State != model.StateOpen && b.end.Sub(in.UpdatedAt) > memory
	})
}

// acknowledged takes in a revision that the log has acknowledged to us.
func (b *logbook) acknowledged(in model.Incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if in.State == model.StateOpen {
		b.acks[in.ID] = in
	} else {
		delete(b.acks, in.ID)
	}
}

// all returns what a restart needs to know of the log, in a fixed order.
func (b *logbook) all() []model.Incident {
	b.mu.Lock()
	defer b.mu.Unlock()
	return sorted(b.last)
}

// open returns the open incidents as the log acknowledged them.
func (b *logbook) open() []model.Incident {
	b.mu.Lock()
	defer b.mu.Unlock()
	return sorted(b.acks)
}

func sorted(m map[string]model.Incident) []model.Incident {
	return slices.SortedFunc(maps.Values(m), func(a, b model.Incident) int { return strings.Compare(a.ID, b.ID) })
}
