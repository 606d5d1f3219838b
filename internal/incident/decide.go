package incident

import (
	"fmt"
	"time"
)

// action is what is to be done about one record after a window.
type action uint8

const (
	quiet   action = iota
	open           // publish it as a new incident
	update         // publish what changed
	resolve        // publish that it is over
	accept         // publish that it is over because it is the usual state now
	reopen         // publish that it is back
	expire         // publish that nobody can tell any more
	forget         // drop the record; nothing is published
)

// phase is where a record is in its life.
type phase string

const (
	pending  phase = "pending"
	opened   phase = "open"
	closed   phase = "closed"   // resolved or expired, may be reopened
	accepted phase = "accepted" // the new normal; silent until the baseline has learned it
)

// state is what decide looks at: one record after one window.
type state struct {
	phase   phase
	judged  bool          // the window had enough data
	alarm   bool          // it alarmed, and as often in a row as the policy asks
	active  bool          // it was still unlike normal
	calm    int           // judged windows in a row that were not
	blind   time.Duration // since the last judged window
	open    time.Duration // since it was opened or reopened
	told    time.Duration // since the last revision
	changed string        // what differs from the last revision, in words
	because string        // a better reason for being calm, if there is one
}

// decide is the whole policy: what to do about a record, and the words that say why.
// Closed records that are too old to be reopened never get here.
func decide(s state, p Policy) (action, string) {
	switch {
	case s.phase != closed && !s.judged && s.blind >= p.Expire:
		if s.phase == opened {
			return expire, fmt.Sprintf("no data for %v of event time", p.Expire)
		}
		return forget, ""
	case !s.judged:
		return quiet, ""
	case s.phase == closed && s.alarm:
		return reopen, "the alarm is back soon after the incident was closed"
	case s.phase == closed:
		return quiet, ""
	case s.phase == opened && s.active && s.open >= p.NewNormal:
		return accept, fmt.Sprintf("new normal: it has been like this for %v and is no longer called a fault", p.NewNormal)
	case s.calm >= p.Calm && s.phase == opened:
		if s.because != "" {
			return resolve, s.because
		}
		return resolve, fmt.Sprintf("calm for %d windows", p.Calm)
	case s.calm >= p.Calm:
		return forget, ""
	case s.phase == pending && s.alarm:
		return open, "the alarm threshold was passed"
	case s.phase == opened && s.changed != "" && s.told >= p.Repeat:
		return update, s.changed
	}
	return quiet, ""
}
