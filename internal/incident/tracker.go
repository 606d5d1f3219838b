package incident

import (
	"cmp"
	"slices"
	"time"

	"culprit/model"
)

// Tracker keeps the incidents of one service. It belongs to one goroutine.
type Tracker struct {
	policy   Policy
	window   time.Duration // length of the last window
	last     time.Time     // end of the last window
	data     time.Time     // end of the last judged window
	records  []*record     // sorted by (opened, ID); pending ones last
	accepted []string      // causes that became normal in the last Update, or since
	expected []expectation // oldest first

	// After a restart, until the windows have caught up with the log.
	log      map[string]model.Incident
	loggedTo time.Time // end of the last window that the log holds
	keptTo   time.Time // end of the last window that the snapshot holds
}

// maxPending bounds the causes that are watched without being published. Beyond it
// those with the latest onset are not watched; they still open when they alarm.
const maxPending = 1024

// NewTracker returns a tracker that has seen nothing.
func NewTracker(p Policy) *Tracker { return &Tracker{policy: p.filled()} }

// Update takes in the next window and returns the revisions that it caused, in the
// order in which they are to be published. Windows come in order of time; one that
// does not end after the last one is ignored. The verdict's slices are kept: the
// caller does not change them afterwards.
func (t *Tracker) Update(v Verdict) []model.Incident {
	t.accepted = nil
	if !v.To.After(t.last) || !v.To.After(v.From) {
		return nil
	}
	t.window = v.To.Sub(v.From)
	var out []model.Incident
	if t.log != nil && v.To.After(t.loggedTo) {
		out = t.expire(earlier(v.From, t.loggedTo))
		if t.log != nil {
			t.adopt(nil)
		}
	}
	out = append(out, t.expire(v.From)...)
	return append(out, t.emit(v)...)
}

// expire runs the window in which an uninterrupted sequence of windows without data
// would have reached the policy's limit, if there is one after the last window and
// not after until.
func (t *Tracker) expire(until time.Time) []model.Incident {
	n := (t.policy.Expire + t.window - 1) / t.window
	at := t.data.Add(n * t.window)
	if t.data.IsZero() || !at.After(t.last) || at.After(until) {
		return nil
	}
	return t.emit(Verdict{From: at.Add(-t.window), To: at})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// emit runs one window and keeps back what the log already holds.
func (t *Tracker) emit(v Verdict) []model.Incident {
	out := t.step(v)
	switch {
	case t.log == nil:
	case v.To.Before(t.loggedTo):
		out = nil
	default:
		out = t.adopt(out)
	}
	return out
}

// step runs one window.
func (t *Tracker) step(v Verdict) []model.Incident {
	t.last = v.To
	if v.Judged {
		t.data = v.To
	}
	t.records = slices.DeleteFunc(t.records, func(r *record) bool {
		r.alarm, r.active, r.lead, r.explained = false, false, nil, ""
		return r.Phase == closed && t.windowsSince(r.Closed) > t.policy.Reopen
	})
	if v.Judged {
		for i := range v.Findings {
			if f := &v.Findings[i]; !t.expects(f) {
				t.join(f)
			}
		}
	}
	var out []model.Incident
	for _, r := range t.records {
		if v.Judged {
			r.count()
		}
		a, because := decide(t.stateOf(r, v.Judged), t.policy)
		out = append(out, t.act(r, a, because, &v)...)
	}
	t.records = slices.DeleteFunc(t.records, func(r *record) bool { return r.Phase == "" })
	t.sort()
	return out
}

// join gives a finding to the record that it fits best, or to a new one.
func (t *Tracker) join(f *Finding) {
	var best *record
	rank := noFit
	for _, r := range t.records {
		if n := fit(r, f); n < rank {
			best, rank = r, n
		}
	}
	if best == nil {
		if !f.Active && !f.Alarm || !f.Alarm && t.count(pending) >= maxPending {
			return
		}
		best = &record{Phase: pending, Cause: f.Cause}
		t.records = append(t.records, best)
	}
	if best.Phase == pending && f.Alarm && !best.alarm {
		best.Cause = f.Cause // the incident is named after what made it known
	}
	best.see(f, t.policy.Calm)
	if best.Phase == opened && best.active {
		for _, r := range t.records {
			if r != best && r.Phase == opened && slices.Contains(f.Related, r.Cause) {
				r.explained = best.Told.ID
			}
		}
	}
}

// noFit is more than any rank that fit gives.
const noFit = 100

// fit ranks how a finding belongs to a record, smaller is better, and less than noFit
// if it does. An open incident comes before one that is over; what is over or has been
// accepted as normal only keeps what is its own: the next fault nearby is a new one.
func fit(r *record, f *Finding) int {
	c := r.closeness(f)
	if c == apart || (r.Phase == accepted || r.Phase == closed) && c == relatedCause {
		return noFit
	}
	own := c != relatedCause
	switch {
	case r.Phase == opened && own:
		return int(c)
	case r.Phase == accepted:
		return 10 + int(c)
	case r.Phase == opened:
		return 20
	case r.Phase == closed:
		return 30 + int(c)
	}
	return 40 + int(c)
}

// count moves the counters of a record past a judged window.
func (r *record) count() {
	if r.alarm {
		r.Alarms++
	} else {
		r.Alarms = 0
	}
	if r.active {
		r.Calm = 0
	} else {
		r.Calm++
	}
}

func (t *Tracker) stateOf(r *record, judged bool) state {
	s := state{
		phase:  r.Phase,
		judged: judged,
		alarm:  r.Alarms >= t.policy.Confirm,
		active: r.active,
		calm:   r.Calm,
		blind:  t.last.Sub(t.data),
		open:   t.last.Sub(r.Since),
		told:   t.last.Sub(r.Told.UpdatedAt),
	}
	if r.Phase == opened {
		if r.active {
			s.changed = r.changed()
		}
		if r.explained != "" {
			s.because = "explained by incident " + r.explained
		}
	}
	return s
}

// windowsSince counts the windows since a moment, a begun one in full.
func (t *Tracker) windowsSince(at time.Time) int {
	return int((t.last.Sub(at) + t.window - 1) / t.window)
}

// act carries out what decide said and returns the revision to publish, if any.
func (t *Tracker) act(r *record, a action, because string, v *Verdict) []model.Incident {
	switch a {
	case open:
		r.Phase, r.Since = opened, v.To
		return []model.Incident{r.tell(model.EventOpened, because, v)}
	case reopen:
		r.Phase, r.Since = opened, v.To
		return []model.Incident{r.tell(model.EventReopened, because, v)}
	case update:
		return []model.Incident{r.tell(model.EventUpdated, because, v)}
	case resolve, accept:
		r.Phase, r.Closed = closed, v.To
		if a == accept {
			r.Phase = accepted
			t.accepted = append(t.accepted, r.Causes...)
		}
		return []model.Incident{r.tell(model.EventResolved, because, v)}
	case expire:
		r.Phase, r.Closed = closed, v.To
		return []model.Incident{r.tell(model.EventExpired, because, v)}
	case forget:
		r.Phase = ""
	}
	return nil
}

// sort puts the records into the order in which they speak: by age, pending ones as
// they were found.
func (t *Tracker) sort() {
	slices.SortStableFunc(t.records, func(a, b *record) int {
		pa, pb := a.Phase == pending, b.Phase == pending
		switch {
		case pa && !pb:
			return 1
		case pb && !pa:
			return -1
		case pa:
			return cmp.Or(a.Onset.Compare(b.Onset), cmp.Compare(a.Cause, b.Cause))
		}
		return byAge(a.Told, b.Told)
	})
}

func byAge(a, b model.Incident) int {
	return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
}

func (t *Tracker) count(p phase) int {
	n := 0
	for _, r := range t.records {
		if r.Phase == p {
			n++
		}
	}
	return n
}

// Open returns the last revision of every open incident, oldest first: after a restart
// what the log says, until the windows have caught up with it.
func (t *Tracker) Open() []model.Incident {
	out := []model.Incident{}
	if t.log != nil {
		for _, in := range t.log {
			if in.State == model.StateOpen {
				out = append(out, in)
			}
		}
		slices.SortFunc(out, byAge)
		return out
	}
	return append(out, t.Judged()...)
}

// Judged returns the open incidents as the windows so far have it, oldest first, also
// while those after a restart have not caught up with the log.
func (t *Tracker) Judged() []model.Incident {
	var out []model.Incident
	for _, r := range t.records {
		if r.Phase == opened {
			out = append(out, r.Told)
		}
	}
	return out
}

// Accepted returns the causes that the last Update accepted as the new normal: what
// they say may be learned.
func (t *Tracker) Accepted() []string { return slices.Clone(t.accepted) }

// Suspicious reports whether the last window had something open or pending: nothing is
// learned from such a window.
func (t *Tracker) Suspicious() bool { return t.count(opened)+t.count(pending) > 0 }
