package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"culprit/model"
)

// Log is the incident log as receivers read it.
type Log interface {
	// Follow calls take with one revision after the other from the reader's place on, and
	// moves that place when take has returned nil. A reader that is new begins behind
	// after. begin is told the place first. Follow outlives any absence of the log; it ends
	// with ctx, or with an error of take, and take then sees the revision again next time.
	Follow(ctx context.Context, reader string, after uint64, begin func(place uint64), take func(ctx context.Context, seq uint64, in model.Incident) error) error
	// Revision reads one revision by its sequence.
	Revision(ctx context.Context, seq uint64) (model.Incident, error)
}

// Notifier tells receivers. [New] makes one, [Notifier.Run] runs it once; the other methods
// are safe for concurrent use.
type Notifier struct {
	cfg       Config
	log       *slog.Logger
	board     *board
	letters   box
	reads     Log
	muted     func(*model.Incident) *model.Mute
	receivers []*receiver

	mu   sync.Mutex
	page string

	now            func() time.Time
	pause, longest time.Duration // between tries
	tick           time.Duration // how often mutes and repeats are looked at
}

// Parts are what a notifier works with.
type Parts struct {
	Log     Log
	Letters Letters
	// Muted says which mute keeps an incident from being told now, nil if none does.
	Muted func(*model.Incident) *model.Mute
	Slog  *slog.Logger
}

// New checks a configuration: templates are tried, files of secrets are read.
func New(cfg Config, p Parts) (*Notifier, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	n := &Notifier{
		cfg: cfg, log: p.Slog, board: newBoard(), letters: box{kept: p.Letters}, reads: p.Log, muted: p.Muted, page: cfg.URL,
		now: time.Now, pause: 500 * time.Millisecond, longest: 30 * time.Second, tick: time.Second,
	}
	for i := range cfg.Targets {
		rs, err := receiversOf(n, &cfg.Targets[i])
		if err != nil {
			return nil, fmt.Errorf("alerts: target %s: %w", cfg.Targets[i].Name, err)
		}
		n.receivers = append(n.receivers, rs...)
	}
	return n, nil
}

// Page says where culprit's page is, unless the configuration does.
func (n *Notifier) Page(url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cfg.URL == "" {
		n.page = url
	}
}

func (n *Notifier) base() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.page
}

// Saw is told every revision in the log, in order: also those that receivers were told of
// long ago, since routes and labels need to know how incidents began.
func (n *Notifier) Saw(seq uint64, in model.Incident) {
	if len(n.receivers) > 0 {
		n.board.saw(seq, in)
	}
}

// Readers are the names under which receivers read the log.
func (n *Notifier) Readers() []string {
	var out []string
	for _, r := range n.receivers {
		out = append(out, r.name)
	}
	return out
}

// Run tells the receivers until ctx ends, and waits for what it has begun. A receiver that is new
// is told of what comes behind after in the log, and an Alertmanager of what is open.
func (n *Notifier) Run(ctx context.Context, after uint64) error {
	if err := n.letters.load(ctx); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, r := range n.receivers {
		wg.Go(func() {
			err := n.reads.Follow(ctx, r.name, after, func(place uint64) {
				r.count(func(st *model.TargetStatus) { st.Sequence = place })
			}, r.take)
			if err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("alerts: target %s: %w", r.target.Name, err))
			}
		})
		wg.Go(func() { n.repeat(ctx, r) })
	}
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// repeat looks at mutes and repeats what fires.
func (n *Notifier) repeat(ctx context.Context, r *receiver) {
	t := time.NewTicker(n.tick)
	defer t.Stop()
	told := time.Time{}
	for {
		select {
		case <-t.C:
			firing := n.now().Sub(told) >= r.target.Resend
			if firing {
				told = n.now()
			}
			r.repeat(ctx, firing)
		case <-ctx.Done():
			return
		}
	}
}

// Status is how the receivers are doing, in the order of the configuration.
func (n *Notifier) Status() []model.TargetStatus {
	out := []model.TargetStatus{}
	last := n.board.sequence()
	for _, r := range n.receivers {
		out = append(out, r.status(last))
	}
	return out
}

// DeadLetters lists what was not taken, oldest first.
func (n *Notifier) DeadLetters() []model.DeadLetter { return n.letters.list() }

// ErrUnknown says that there is no such dead letter.
var ErrUnknown = errors.New("no such dead letter")

// ErrBusy says that the receiver is at another incident: ask again.
var ErrBusy = errors.New("it is being asked to take another one at this moment")

// Resend sends a dead letter once more. nil: it was taken, and is gone.
func (n *Notifier) Resend(ctx context.Context, id string) error {
	l, ok := n.letter(id)
	if !ok {
		return ErrUnknown
	}
	for _, r := range n.receivers {
		if r.target.Name != l.Target || r.host != l.Receiver {
			continue
		}
		in, err := n.reads.Revision(ctx, l.Sequence)
		if err != nil {
			return err
		}
		n.board.saw(l.Sequence, in)
		if !r.sending.TryLock() {
			return ErrBusy
		}
		err = r.once(ctx, &in, true)
		r.sending.Unlock()
		if err != nil {
			return err
		}
		return n.letters.drop(ctx, id)
	}
	return fmt.Errorf("target %s at %s is no longer configured", l.Target, l.Receiver)
}

// Drop throws a dead letter away.
func (n *Notifier) Drop(ctx context.Context, id string) error {
	if _, ok := n.letter(id); !ok {
		return ErrUnknown
	}
	return n.letters.drop(ctx, id)
}

func (n *Notifier) letter(id string) (model.DeadLetter, bool) {
	for _, l := range n.letters.list() {
		if l.ID == id {
			return l, true
		}
	}
	return model.DeadLetter{}, false
}
