// Package receivetest is what every receiver promises its senders, as tests: a source
// that listens is run with [Start], and [Check] sends it what [Sender] can say in
// its protocol. It is for tests only.
package receivetest

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"culprit/internal/source"
	"culprit/internal/source/receive"
)

// Token is the secret that senders bring where one is asked for.
const Token = "s3cret"

// Answers that a sender gets, whatever its protocol calls them.
var (
	ErrAgain   = errors.New("come again later")     // and it was said when
	ErrToken   = errors.New("the token is wrong")   // 401, Unauthenticated
	ErrLarge   = errors.New("too large")            // 413, or what the protocol has for it
	ErrRefused = errors.New("it cannot be read")    // 400, InvalidArgument
	ErrOther   = errors.New("something unexpected") // wrapped, with what it was
)

// Sender is one protocol of one receiver.
type Sender struct {
	// Open makes the source, which listens at 127.0.0.1 on ports of its choice, and returns
	// where, nil until it does.
	Open func(receive.Config) (source.Source, func() net.Addr, error)
	// Message holds so many spans of now, each of a trace of its own, not packed.
	Message func(spans int) []byte
	// Garbage is no message of the protocol.
	Garbage []byte
	// Send sends a message to an address with a token ("": none) in so many pieces and
	// returns one of the errors above.
	Send func(ctx context.Context, to string, message []byte, token string, pieces int) error
}

// Receiver is a source that runs until the test ends.
type Receiver struct {
	source.Source
	Addr string

	mu    sync.Mutex
	spans int
	hold  chan struct{} // deliveries wait until it is closed
}

// Start runs a source. What it delivers is held until [Receiver.Release] if held says so.
func Start(t *testing.T, src source.Source, addr func() net.Addr, held bool) *Receiver {
	t.Helper()
	r := &Receiver{Source: src, hold: make(chan struct{})}
	if !held {
		close(r.hold)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- src.Run(ctx, time.Time{}, r.deliver) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	Eventually(t, "listening", func() bool {
		a := addr()
		if a != nil {
			r.Addr = a.String()
		}
		return a != nil
	})
	return r
}

func (r *Receiver) deliver(ctx context.Context, b source.Batch) error {
	if len(b.Traces) > 0 {
		select {
		case <-r.hold:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, td := range b.Traces {
		r.spans += td.SpanCount()
	}
	return nil
}

// Release lets deliveries that were held go on.
func (r *Receiver) Release() { close(r.hold) }

// Spans is how many were delivered.
func (r *Receiver) Spans() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spans
}

// Eventually waits until something holds.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// Check runs the tests that hold of every receiver.
func Check(t *testing.T, s Sender) {
	t.Helper()
	start := func(t *testing.T, held bool, change func(*receive.Config)) *Receiver {
		t.Helper()
		cfg := receive.DefaultConfig()
		change(&cfg)
		src, addr, err := s.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return Start(t, src, addr, held)
	}
	// send sends and holds the answer against what is wanted.
	send := func(t *testing.T, r *Receiver, message []byte, token string, pieces int, want error) {
		t.Helper()
		if err := s.Send(t.Context(), r.Addr, message, token, pieces); !errors.Is(err, want) {
			t.Errorf("%d bytes with token %q in %d pieces: %v, want %v", len(message), token, pieces, err, want)
		}
	}
	plain := func(*receive.Config) {}

	t.Run("whole or in pieces", func(t *testing.T) {
		r := start(t, false, plain)
		for _, pieces := range []int{1, 2, 7} {
			send(t, r, s.Message(3), "", pieces, nil)
		}
		Eventually(t, "nine spans are delivered", func() bool { return r.Spans() == 9 })
		if st := r.Status(); !st.Healthy || st.SpansReceived != 9 {
			t.Errorf("status: %+v", st)
		}
	})
	t.Run("no room", func(t *testing.T) {
		r := start(t, true, func(c *receive.Config) { c.QueueSpans = 2 })
		send(t, r, s.Message(2), "", 1, nil)
		send(t, r, s.Message(1), "", 1, ErrAgain)
		r.Release()
		Eventually(t, "what was taken is delivered", func() bool { return r.Spans() == 2 })
		Eventually(t, "there is room again", func() bool { return s.Send(t.Context(), r.Addr, s.Message(1), "", 1) == nil })
		Eventually(t, "what was sent again is delivered", func() bool { return r.Spans() == 3 })
	})
	t.Run("token", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(Token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, false, func(c *receive.Config) { c.TokenFile = file })
		send(t, r, s.Message(1), "", 1, ErrToken)
		send(t, r, s.Message(1), "another", 1, ErrToken)
		send(t, r, s.Message(1), Token, 1, nil)
		Eventually(t, "one span is delivered", func() bool { return r.Spans() == 1 })
	})
	t.Run("size", func(t *testing.T) {
		r := start(t, false, func(c *receive.Config) { c.MaxMessageBytes = 1 << 10 })
		send(t, r, s.Message(200), "", 1, ErrLarge)
		send(t, r, s.Message(200), "", 2, ErrLarge)
		send(t, r, s.Message(1), "", 1, nil)
		Eventually(t, "one span is delivered", func() bool { return r.Spans() == 1 })
	})
	t.Run("garbage", func(t *testing.T) {
		r := start(t, false, plain)
		whole := s.Message(1)
		send(t, r, s.Garbage, "", 1, ErrRefused)
		send(t, r, whole[:len(whole)-1], "", 1, ErrRefused)
		send(t, r, whole, "", 1, nil)
		Eventually(t, "one span is delivered", func() bool { return r.Spans() == 1 })
		bad := int64(0)
		for _, w := range r.Status().Warnings {
			if w.Kind == "bad-message" {
				bad += w.Count
			}
		}
		if bad != 2 {
			t.Errorf("%d bad messages are counted, want 2: %+v", bad, r.Status().Warnings)
		}
	})
}
