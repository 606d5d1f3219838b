package incident

import "time"

// Policy holds the constants of the life cycle. Times are event time. The zero value of a
// field means the default.
type Policy struct {
	// Confirm is how many windows in a row must alarm before an incident opens. The
	// alarm already keeps the budget of false incidents; more than 1 only delays.
	Confirm int `yaml:"confirm"`
	// Calm is how many judged windows in a row must be without an active finding
	// before an incident is resolved. With fewer, a fault that pauses for a window is
	// told twice; with more, the all-clear comes late.
	Calm int `yaml:"calm"`
	// Reopen is how many windows after its end an incident may be opened again under
	// the same ID.
	Reopen int `yaml:"reopen"`
	// Repeat is the least time between an update and the revision before it.
	Repeat time.Duration `yaml:"repeat"`
	// Expire is how long an incident stays open while no window has enough data.
	Expire time.Duration `yaml:"expire"`
	// NewNormal is how long an incident may stay open before what it says is accepted
	// as the usual state of things.
	NewNormal time.Duration `yaml:"new_normal"`
}

// DefaultPolicy returns the life cycle that the published contracts describe.
func DefaultPolicy() Policy {
	return Policy{
		Confirm:   1,
		Calm:      3,
		Reopen:    3,
		Repeat:    time.Minute,
		Expire:    5 * time.Minute,
		NewNormal: 24 * time.Hour,
	}
}

// filled returns p with the default in each field that is zero.
func (p Policy) filled() Policy {
	d := DefaultPolicy()
	if p.Confirm <= 0 {
		p.Confirm = d.Confirm
	}
	if p.Calm <= 0 {
		p.Calm = d.Calm
	}
	if p.Reopen <= 0 {
		p.Reopen = d.Reopen
	}
	if p.Repeat <= 0 {
		p.Repeat = d.Repeat
	}
	if p.Expire <= 0 {
		p.Expire = d.Expire
	}
	if p.NewNormal <= 0 {
		p.NewNormal = d.NewNormal
	}
	return p
}
