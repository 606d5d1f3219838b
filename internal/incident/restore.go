package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"culprit/model"
)

// kept is a tracker's state in a snapshot.
type kept struct {
	Window  time.Duration `json:"window"`
	Last    time.Time     `json:"last"`
	Data    time.Time     `json:"data"`
	Records []*record     `json:"records"`
	// Expected is left out when empty, so that snapshots of before read the same.
	Expected []expectation `json:"expected,omitempty"`
}

// Snapshot returns the whole state as JSON, to be kept together with what else belongs
// to the same window.
func (t *Tracker) Snapshot() ([]byte, error) {
	b, err := json.Marshal(kept{t.window, t.last, t.data, t.records, t.expected})
	if err != nil {
		return nil, fmt.Errorf("incident snapshot: %w", err)
	}
	return b, nil
}

// RestoreSnapshot replaces the state by that of a snapshot.
func (t *Tracker) RestoreSnapshot(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return fmt.Errorf("incident snapshot: %w", err)
	}
	t.window, t.last, t.data, t.records, t.expected = k.Window, k.Last, k.Data, k.Records, k.Expected
	return nil
}

// Restore tells a tracker, after RestoreSnapshot if there is a snapshot, what the
// incident log holds: any revisions in any order, the last of each incident decides.
//
// Windows up to the last one in the log emit nothing again, except that of the last
// one itself the revisions that the log lacks are emitted: the service may have been
// stopped between two of them. Where the windows are judged differently this time
// (late spans), the log wins.
func (t *Tracker) Restore(incidents []model.Incident) {
	log := map[string]model.Incident{}
	for _, in := range incidents {
		if in.Revision > log[in.ID].Revision {
			log[in.ID] = in
		}
		if in.UpdatedAt.After(t.loggedTo) {
			t.loggedTo = in.UpdatedAt
		}
	}
	if len(log) == 0 {
		return
	}
	t.log, t.keptTo = log, t.last
	if !t.loggedTo.After(t.last) {
		t.adopt(nil)
	}
}

// LoggedTo is the end of the last window that the log held at the restart.
func (t *Tracker) LoggedTo() time.Time { return t.loggedTo }

// adopt makes the state agree with the log. events are what the log's last window
// caused this time; those that follow on what the log holds are returned.
func (t *Tracker) adopt(events []model.Incident) []model.Incident {
	fresh := map[string]bool{}
	events = slices.DeleteFunc(events, func(in model.Incident) bool {
		if in.Revision != t.log[in.ID].Revision+1 {
			return true
		}
		fresh[in.ID] = true
		return false
	})
	known := map[string]bool{}
	t.records = slices.DeleteFunc(t.records, func(r *record) bool {
		if r.Phase == pending {
			return false
		}
		in, logged := t.log[r.Told.ID]
		known[r.Told.ID] = true
		switch {
		case fresh[r.Told.ID]:
		case logged && in.Revision >= r.Told.Revision:
			r.adopt(in)
		case r.Told.UpdatedAt.After(t.keptTo):
			// Judged differently this time, and the log knows nothing of it.
			if logged {
				r.adopt(in)
			} else {
				return true
			}
		}
		return false
	})
	for _, in := range t.log {
		if in.State != model.StateExpired && in.UpdatedAt.After(t.data) {
			t.data = in.UpdatedAt // whatever was told then was told from data
		}
	}
	if t.loggedTo.After(t.last) {
		t.last = t.loggedTo
	}
	for _, in := range t.log {
		if known[in.ID] || in.State != model.StateOpen && t.window > 0 && t.windowsSince(in.UpdatedAt) > t.policy.Reopen {
			continue
		}
		r := &record{}
		r.adopt(in)
		t.records = append(t.records, r)
	}
	t.log = nil
	t.sort()
	return events
}

// adopt makes a record say what a revision in the log says. What the log does not
// hold (counters, related causes) stays.
func (r *record) adopt(in model.Incident) {
	same := r.Told.Revision == in.Revision && r.Told.Event == in.Event && r.Told.UpdatedAt.Equal(in.UpdatedAt)
	was := r.Phase
	r.Told = in
	if same && was != "" {
		return
	}
	r.Cause = in.Cause
	if !slices.Contains(r.Causes, in.Cause) {
		r.Causes = append(r.Causes, in.Cause)
	}
	r.Onset = in.StartedAt
	r.Title, r.Summary, r.Suspects = in.Title, strings.TrimSuffix(in.Summary, Quote(in.Changes)), in.Suspects
	r.Severities = []string{in.Severity}
	r.Affected, r.Impact = in.Affected, in.Impact
	switch {
	case in.State != model.StateOpen:
		r.Phase, r.Closed = closed, in.UpdatedAt
	case was != opened:
		r.Phase, r.Since, r.Calm = opened, in.UpdatedAt, 0
	}
}
