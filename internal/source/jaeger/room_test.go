package jaeger

import (
	"context"
	"testing"
	"testing/synctest"
)

// Of large answers one at a time is in memory; small ones do not wait for it, and
// the end of the run ends the waiting.
func TestLargeAnswersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := make(chan struct{}, 1)
		large <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		open := func() *room { return &room{max: 1 << 30, large: large, wait: ctx} }
		a, b, c := open(), open(), open()
		if err := a.take(smallAnswer + 1); err != nil {
			t.Fatal(err)
		}
		if err := c.take(smallAnswer); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() { got <- b.take(smallAnswer + 1) }()
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("two large answers are in memory at once")
		default:
		}
		a.release()
		if err := <-got; err != nil || !b.waited {
			t.Fatalf("the second large answer: %v", err)
		}
		go func() { got <- c.take(1) }()
		synctest.Wait()
		cancel()
		if err := <-got; err == nil {
			t.Error("the wait did not end with the run")
		}
		b.release()
		b.release()
		if len(large) != 1 {
			t.Errorf("%d tokens, want 1", len(large))
		}
	})
}
