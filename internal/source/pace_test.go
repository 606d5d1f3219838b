package source

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Ten requests at four a second take nine quarters of a second, whoever makes them.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begin := NewPace(4), time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := p.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(begin); took != 2250*time.Millisecond {
			t.Errorf("took %v, want 2.25s", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if p.Wait(ctx) == nil {
			t.Error("the wait does not end with its context")
		}
	})
}
