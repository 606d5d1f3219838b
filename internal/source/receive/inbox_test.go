package receive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/model"
)

// sink keeps what is delivered.
type sink struct {
	mu    sync.Mutex
	slow  time.Duration // how long a delivery of spans takes
	fails int           // so many deliveries of spans fail
	names []string
	marks []time.Time
	warns []model.Warning
}

func (s *sink) deliver(ctx context.Context, b source.Batch) error {
	if !b.Pushed {
		return errors.New("not marked as pushed")
	}
	if len(b.Traces) > 0 {
		select {
		case <-time.After(s.slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b.Traces) > 0 && s.fails > 0 {
		s.fails--
		return errors.New("busy")
	}
	for _, td := range b.Traces {
		s.names = append(s.names, td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
	}
	if !b.Watermark.IsZero() {
		s.marks = append(s.marks, b.Watermark)
	}
	s.warns = append(s.warns, b.Warnings...)
	return nil
}

// last is the last watermark.
func (s *sink) last() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.marks) == 0 {
		return time.Time{}
	}
	return s.marks[len(s.marks)-1]
}

// message is n spans that end at a time.
func message(name string, n int, end time.Time) ptrace.Traces {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	for i := range n {
		s := ss.Spans().AppendEmpty()
		s.SetName(name)
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{byte(i), byte(i >> 8), 1})
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-time.Millisecond)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	}
	return td
}

// running runs an inbox in a bubble of its own clock until fn returns.
func running(t *testing.T, out *sink, change func(*Config), fn func(t *testing.T, in *Inbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		if change != nil {
			change(&cfg)
		}
		in, err := New("test 127.0.0.1:1", "test", cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- in.Run(ctx, out.deliver, func(ctx context.Context) error { <-ctx.Done(); return nil })
		}()
		fn(t, in)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsPutIsDeliveredInOrder(t *testing.T) {
	out := &sink{slow: 10 * time.Millisecond}
	var want []string
	running(t, out, nil, func(t *testing.T, in *Inbox) {
		for i := range 50 {
			name := fmt.Sprint(i)
			want = append(want, name)
			if _, err := in.Put(t.Context(), message(name, 2000, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
	})
	if !slices.Equal(out.names, want) {
		t.Errorf("delivered %v", out.names)
	}
}

func TestAFullQueueSaysHowLongToWait(t *testing.T) {
	out := &sink{slow: 5 * time.Second}
	running(t, out, func(c *Config) { c.QueueSpans = 100 }, func(t *testing.T, in *Inbox) {
		for _, n := range []int{60, 40} {
			if _, err := in.Put(t.Context(), message("a", n, time.Now())); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		time.Sleep(4 * time.Second)
		_, err := in.Put(t.Context(), message("a", 1, time.Now()))
		var full *Full
		if !errors.As(err, &full) || full.After != 4*time.Second {
			t.Errorf("got %v, want to come again after as long as the first in the queue has waited", err)
		}
		if _, err := in.Admit(); !errors.As(err, &full) {
			t.Errorf("a message is admitted while there is no room: %v", err)
		}
		time.Sleep(7 * time.Second)
		if _, err := in.Put(t.Context(), message("a", 1000, time.Now())); err != nil {
			t.Errorf("a message larger than the queue is not taken by an empty one: %v", err)
		}
	})
	if st := len(out.names); st != 3 {
		t.Errorf("%d messages delivered", st)
	}
}

func TestWhatCannotBeDeliveredIsTriedAgain(t *testing.T) {
	out := &sink{fails: 3}
	running(t, out, nil, func(t *testing.T, in *Inbox) {
		if _, err := in.Put(t.Context(), message("a", 1, time.Now())); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if st := in.Status(); st.Healthy || !strings.Contains(st.Error, "busy") {
			t.Errorf("status %+v", st)
		}
		time.Sleep(5 * time.Second)
		if st := in.Status(); !st.Healthy || st.Error != "" || st.SpansUsed != 1 {
			t.Errorf("status %+v", st)
		}
	})
	if len(out.names) != 1 {
		t.Errorf("delivered %v", out.names)
	}
}

func TestTheWatermarkFollowsTheClockWhetherAnythingComesOrNot(t *testing.T) {
	out := &sink{}
	running(t, out, func(c *Config) { c.Settle = 10 * time.Second }, func(t *testing.T, in *Inbox) {
		time.Sleep(2 * time.Second)
		for range 100 {
			time.Sleep(time.Second)
			if lag := time.Since(out.last()); lag > 12*time.Second || lag < 10*time.Second {
				t.Fatalf("a silent source is %v behind", lag)
			}
		}
	})
	for i := 1; i < len(out.marks); i++ {
		if out.marks[i].Before(out.marks[i-1]) {
			t.Fatalf("the watermark goes back: %v", out.marks[i-1:i+1])
		}
	}
	if n := len(out.marks); n > 110 {
		t.Errorf("%d watermarks in 100 s", n)
	}
}

func TestTheWatermarkWaitsForWhatIsInTheQueue(t *testing.T) {
	out := &sink{slow: 30 * time.Second}
	running(t, out, func(c *Config) { c.Settle = time.Second }, func(t *testing.T, in *Inbox) {
		time.Sleep(2 * time.Second)
		came := time.Now()
		for range 3 {
			if _, err := in.Put(t.Context(), message("a", deliverSpans, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(80 * time.Second) // two of three are delivered
		if mark := out.last(); mark.After(came) {
			t.Errorf("the watermark is %v after the coming of what waits", mark.Sub(came))
		}
	})
}

func TestAMessageWithoutASenderIsNotTaken(t *testing.T) {
	running(t, &sink{}, nil, func(t *testing.T, in *Inbox) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := in.Put(ctx, message("a", 1, time.Now())); err == nil {
			t.Error("its sender has given up, and will send it again")
		}
	})
}

func TestTooManyMessagesAtATimeAreRefused(t *testing.T) {
	running(t, &sink{}, func(c *Config) { c.Concurrency = 2 }, func(t *testing.T, in *Inbox) {
		one, err := in.Admit()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Admit(); err != nil {
			t.Fatal(err)
		}
		var full *Full
		if _, err := in.Admit(); !errors.As(err, &full) {
			t.Errorf("a third one: %v", err)
		}
		one()
		if _, err := in.Admit(); err != nil {
			t.Errorf("after one has ended: %v", err)
		}
	})
}

func TestABadMessageIsCounted(t *testing.T) {
	out := &sink{}
	running(t, out, nil, func(t *testing.T, in *Inbox) {
		_, err := in.Take(t.Context(), func() ([]byte, error) { return []byte("x"), nil },
			func([]byte) (ptrace.Traces, error) { return ptrace.Traces{}, errors.New("no such thing") })
		var bad *Bad
		if !errors.As(err, &bad) {
			t.Errorf("got %v", err)
		}
		_, err = in.Take(t.Context(), func() ([]byte, error) { return nil, nil }, func([]byte) (ptrace.Traces, error) { panic("hostile") })
		if !errors.As(err, &bad) {
			t.Errorf("a decoder that breaks: %v", err)
		}
		time.Sleep(2 * time.Second)
	})
	if len(out.warns) != 2 || out.warns[0].Kind != "bad-message" || out.warns[1].Kind != "bad-message" {
		t.Errorf("warnings %v", out.warns)
	}
}

func TestAServerThatFailsEndsTheRun(t *testing.T) {
	in, err := New("test", "test", DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("port taken")
	err = in.Run(t.Context(), (&sink{}).deliver,
		func(ctx context.Context) error { <-ctx.Done(); return nil },
		func(context.Context) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
