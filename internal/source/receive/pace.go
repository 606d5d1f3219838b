package receive

import "time"

// pace makes the watermark. It belongs to whoever holds the inbox's lock.
type pace struct {
	settle time.Duration
	// The shortest delay with which spans came, in this stretch of time and the one before.
	since     time.Time
	now, last delay
	mark      time.Time
}

// delay is the time from the latest end of a message's spans to its coming.
type delay struct {
	known bool
	least time.Duration
}

const (
	// paceStretch is half of how long a delay counts: senders that send once a minute
	// are the rule.
	paceStretch = 30 * time.Second
	// maxDelay is the longest delay that is made up for. Who sends older spans does not
	// send what is going on.
	maxDelay = 10 * time.Minute
)

// saw takes note of a message that came at a time, with its latest end.
func (p *pace) saw(at, newest time.Time) {
	p.turn(at)
	if d := at.Sub(newest); !p.now.known || d < p.now.least {
		p.now = delay{true, d}
	}
}

// turn begins a new stretch when the last one is over.
func (p *pace) turn(at time.Time) {
	switch d := at.Sub(p.since); {
	case p.since.IsZero():
		p.since = at
	case d >= 2*paceStretch || d < 0: // silence, or a clock that was set back
		p.last, p.now, p.since = delay{}, delay{}, at
	case d >= paceStretch:
		p.last, p.now, p.since = p.now, delay{}, at
	}
}

// reached returns the watermark now that everything has been delivered that came before
// a moment. It never goes back.
func (p *pace) reached(at time.Time) time.Time {
	p.turn(at)
	d := p.now
	if !d.known || p.last.known && p.last.least < d.least {
		d = p.last
	}
	if m := at.Add(-p.settle - min(max(d.least, 0), maxDelay)); m.After(p.mark) {
		p.mark = m.UTC()
	}
	return p.mark
}
