package receive

import (
	"fmt"
	"time"
)

// Admit lets a message in before it is read. done is to be called when the message has
// been put, or given up. A [*Full] error says that too many are in hand, or that the
// queue has no room.
func (in *Inbox) Admit() (done func(), err error) {
	in.mu.Lock()
	err = in.full(letter{at: in.cfg.Now(), spans: 1, bytes: 1})
	in.mu.Unlock()
	if err != nil {
		in.health.Retry()
		return nil, err
	}
	select {
	case in.gate <- struct{}{}:
		return func() { <-in.gate }, nil
	default:
		in.health.Retry()
		return nil, &Full{minWait, fmt.Sprintf("%d messages are being read (concurrency)", in.cfg.Concurrency)}
	}
}

// bucket bounds a rate: it fills with rate tokens a second, and holds those of one second.
type bucket struct {
	rate   float64
	tokens float64
	at     time.Time
}

// take takes n tokens, or returns how long to wait for them. A message of more than a
// second's tokens is taken when the bucket is full, and then owed.
func (b *bucket) take(now time.Time, n int) (wait time.Duration) {
	if b.at.IsZero() {
		b.tokens = b.rate
	} else if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.rate, b.tokens+b.rate*d.Seconds())
	}
	b.at = now
	need := min(float64(n), b.rate)
	if b.tokens < need {
		return max(time.Duration((need-b.tokens)/b.rate*float64(time.Second)), time.Millisecond)
	}
	b.tokens -= float64(n)
	return 0
}
