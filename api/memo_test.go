package api

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"culprit/model"
)

// A question is worked on once, however many ask it, until another window is judged; an
// answer has an ETag.
func TestQuestionsAreAnsweredOnce(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	var asked atomic.Int64
	s.engine.topology = func(time.Time) (model.Topology, error) {
		return model.Topology{From: noon, To: noon.Add(time.Duration(asked.Add(1)) * time.Minute)}, nil
	}
	ask := func() (int, string, string) {
		res, body := s.do(t, http.MethodGet, "/api/v1/topology?at=2026-11-03T12:00:00Z")
		return res.StatusCode, res.Header.Get("ETag"), string(body)
	}
	code, tag, body := ask()
	if code != http.StatusOK || tag == "" {
		t.Fatalf("%d %q", code, tag)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if c, e, b := ask(); c != code || e != tag || b != body {
				t.Errorf("%d %s %s, first it was %s", c, e, b, body)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("worked on %d times", n)
	}
	s.engine.moment.Add(1)
	if _, e, b := ask(); asked.Load() != 2 || e == tag || b == body {
		t.Errorf("after another window: worked on %d times, %s %s", asked.Load(), e, b)
	}
	if res, _ := s.do(t, http.MethodGet, "/api/v1/topology"); res.StatusCode != http.StatusOK || asked.Load() != 3 {
		t.Errorf("another question: %d, worked on %d times", res.StatusCode, asked.Load())
	}
}

// An error is told to all who wait for it and kept for nobody; whoever waits for somebody
// who goes away asks for itself; an answer that panics leaves nobody waiting.
func TestMemoKeepsNoErrors(t *testing.T) {
	var m memo
	fine := func() ([]byte, error) { return []byte("fine"), nil }
	if _, err := m.of(t.Context(), 1, "q", func() ([]byte, error) { return nil, http.ErrNotSupported }); err != http.ErrNotSupported {
		t.Errorf("error: %v", err)
	}
	started, gone := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, err := m.of(t.Context(), 1, "q", func() ([]byte, error) {
			close(started)
			<-gone
			return nil, context.Canceled
		})
		if err != context.Canceled {
			t.Errorf("who went away: %v", err)
		}
	})
	<-started
	all.Go(func() {
		if a, err := m.of(t.Context(), 1, "q", fine); err != nil || string(a.body) != "fine" {
			t.Errorf("who waited for somebody who went away: %v", err)
		}
	})
	close(gone)
	all.Wait()
	func() {
		defer func() { _ = recover() }()
		_, _ = m.of(t.Context(), 1, "broken", func() ([]byte, error) { panic("broken") })
	}()
	if a, err := m.of(t.Context(), 1, "broken", fine); err != nil || string(a.body) != "fine" {
		t.Errorf("after a panic: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	hold := make(chan struct{})
	working := make(chan struct{})
	all.Go(func() {
		_, _ = m.of(t.Context(), 1, "slow", func() ([]byte, error) { close(working); <-hold; return fine() })
	})
	<-working
	if _, err := m.of(ended, 1, "slow", fine); err != context.Canceled {
		t.Errorf("who gives up: %v", err)
	}
	close(hold)
	all.Wait()
}

// What is kept is bounded, and an answer about an earlier moment replaces nothing.
func TestMemoIsBounded(t *testing.T) {
	var m memo
	for i := range 40 {
		if _, err := m.of(t.Context(), 5, string(rune('a'+i)), func() ([]byte, error) { return make([]byte, maxMemo/8), nil }); err != nil {
			t.Fatal(err)
		}
		if m.bytes > maxMemo || len(m.answers) > 8 {
			t.Fatalf("%d bytes in %d answers", m.bytes, len(m.answers))
		}
	}
	kept := len(m.answers)
	if a, err := m.of(t.Context(), 4, "a", func() ([]byte, error) { return []byte("late"), nil }); err != nil || string(a.body) != "late" || len(m.answers) != kept || m.moment != 5 {
		t.Errorf("of before: %v, %d kept, moment %d", err, len(m.answers), m.moment)
	}
}
