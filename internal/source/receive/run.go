package receive

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
)

// stopGrace is how long a stop may take: messages that are coming in are read to their
// end, and the queue is delivered.
const stopGrace = 5 * time.Second

// Run serves and delivers until ctx ends, and then returns nil. Each of serve is a server
// that returns when its context ends; when one fails, all end.
func (in *Inbox) Run(ctx context.Context, deliver source.Deliver, serve ...func(context.Context) error) error {
	outer := ctx
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var servers sync.WaitGroup
	for _, s := range serve {
		servers.Go(func() {
			if err := s(ctx); err != nil {
				fail(err)
			}
		})
	}
	var pump sync.WaitGroup
	pump.Go(func() { in.pump(ctx, deliver) })
	servers.Wait()
	pump.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	for in.step(last, deliver, false) == nil && in.waiting() {
	}
	if outer.Err() == nil {
		return context.Cause(ctx)
	}
	return nil
}

// pump delivers what comes, and the watermark as time passes, until ctx ends.
func (in *Inbox) pump(ctx context.Context, deliver source.Deliver) {
	tick := time.NewTicker(in.tick())
	defer tick.Stop()
	wake := in.wake
	for {
		select {
		case <-wake:
		case <-tick.C:
			wake = in.wake
		case <-ctx.Done():
			return
		}
		for {
			err := in.step(ctx, deliver, true)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				if in.health.Ill(err) {
					in.cfg.Logger.Warn("what was received cannot be delivered; trying again", "source", in.health.Name(), "error", err)
				}
				wake = nil // no sooner than at the next tick
				break
			}
			if !in.waiting() {
				break
			}
		}
	}
}

// Down says that what is taken up cannot come, and why; nil that it can again. While it
// is down the source shows as ill, and its watermark stands: what comes late then
// is not late. It is for sources that fetch what others have put somewhere; one that
// listens does not know whether anybody sends.
func (in *Inbox) Down(why error) {
	in.mu.Lock()
	in.down = why
	in.mu.Unlock()
}

// tick is how often the watermark moves when nothing comes.
func (in *Inbox) tick() time.Duration {
	const least, most, share = 50 * time.Millisecond, time.Second, 10
	return min(max(in.cfg.Settle/share, least), most)
}

func (in *Inbox) waiting() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.queue) > 0
}

// step delivers one batch, and the watermark if marked. What was not delivered stays
// in the queue.
func (in *Inbox) step(ctx context.Context, deliver source.Deliver, marked bool) error {
	letters, at := in.take()
	b := source.Batch{Source: in.health.Name(), Pushed: true, Warnings: in.health.News()}
	for _, l := range letters {
		b.Traces = append(b.Traces, l.td)
	}
	if len(b.Traces) > 0 || len(b.Warnings) > 0 {
		if err := deliver(ctx, b); err != nil {
			in.putBack(letters)
			return fmt.Errorf("delivering spans: %w", err)
		}
		in.free(letters)
	}
	if !marked {
		return nil
	}
	in.mu.Lock()
	if down := in.down; down != nil {
		in.mu.Unlock()
		return down
	}
	mark := in.pace.reached(at)
	told := mark.Sub(in.told) < in.tick()
	in.mu.Unlock()
	if told && in.health.Status().Healthy {
		return nil
	}
	if err := deliver(ctx, source.Batch{Source: in.health.Name(), Pushed: true, Watermark: mark}); err != nil {
		return fmt.Errorf("delivering a watermark: %w", err)
	}
	in.mu.Lock()
	in.told = mark
	in.mu.Unlock()
	if in.health.Well(mark) {
		in.cfg.Logger.Info("what is received is delivered again", "source", in.health.Name())
	}
	return nil
}

// putBack puts letters to the front of the queue again.
func (in *Inbox) putBack(letters []letter) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.queue = append(letters, in.queue...)
}

// Decoder turns one message into traces.
type Decoder func(raw []byte) (ptrace.Traces, error)
