package app

import (
	"context"
	"sync"
	"time"

	"culprit/internal/source"
	"culprit/model"
)

// playback is a source that plays a recording with watermarks, and then is silent.
type playback struct {
	name  string
	rec   Recording
	speed float64 // so many times as fast as it was; 0 is as fast as it goes
	ended chan struct{}

	mu     sync.Mutex
	status model.SourceStatus
}

func newPlayback(name string, rec Recording, speed float64) *playback {
	return &playback{name: name, rec: rec, speed: speed, ended: make(chan struct{}),
		status: model.SourceStatus{Name: name, Protocol: "recording", Healthy: true, Warnings: []model.Warning{}}}
}

// Run delivers the recording. What lies before from has been seen.
func (p *playback) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	clock := clock{speed: p.speed, last: from}
	err := p.rec.Read(ctx, func(b source.Batch) error {
		b.Source = p.name
		if err := clock.wait(ctx, b); err != nil {
			return err
		}
		if err := deliver(ctx, b); err != nil {
			return err
		}
		p.note(b)
		return nil
	})
	if err != nil {
		return err
	}
	close(p.ended)
	<-ctx.Done()
	return nil
}

func (p *playback) note(b source.Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, td := range b.Traces {
		n := int64(td.SpanCount())
		p.status.SpansReceived += n
		p.status.SpansUsed += n
	}
	if b.Watermark.After(p.status.Watermark) {
		p.status.Watermark = b.Watermark
	}
}

// Status is how far the recording has been played.
func (p *playback) Status() model.SourceStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// clock paces a recording with watermarks.
type clock struct {
	speed float64 // so many times as fast as it was; 0 is as fast as it goes
	last  time.Time
	spans bool // some have come since the last watermark
}

// wait waits until the watermark of a batch is due, if it has one. Empty time is skipped.
func (c *clock) wait(ctx context.Context, b source.Batch) error {
	for _, td := range b.Traces {
		c.spans = c.spans || td.SpanCount() > 0
	}
	if b.Watermark.IsZero() {
		return nil
	}
	last, spans := c.last, c.spans
	c.last, c.spans = b.Watermark, false
	if last.IsZero() || !spans {
		return nil
	}
	return pace(ctx, b.Watermark.Sub(last), c.speed)
}

// pace waits for as long as a stretch of event time takes at a speed.
func pace(ctx context.Context, d time.Duration, speed float64) error {
	if speed <= 0 || d <= 0 {
		return nil
	}
	t := time.NewTimer(time.Duration(float64(d) / speed))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
