package source

import (
	"context"
	"sync"
	"time"
)

// Pace spaces requests out evenly, for systems that answer so many a second. It is safe
// for concurrent use.
type Pace struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time // when the next request may be made
}

// NewPace allows perSecond requests a second, which is positive.
func NewPace(perSecond float64) *Pace {
	return &Pace{every: time.Duration(float64(time.Second) / perSecond)}
}

// Wait returns when a request may be made, or when ctx ends.
func (p *Pace) Wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every)
	p.mu.Unlock()
	if at.Equal(now) {
		return ctx.Err()
	}
	t := time.NewTimer(at.Sub(now))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
