package rig

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// customers are the four that HotROD's database knows.
var customers = []int{123, 392, 567, 731}

// LoadConfig says how HotROD is used.
type LoadConfig struct {
	Rate     float64 // mean rides asked for per second, a Poisson stream
	InFlight int     // asks beyond that many unanswered ones are not made: users who wait do not ask again
	Seed     uint64  // of arrival times and customers
}

// Load asks HotROD for rides until it is closed.
type Load struct {
	cfg    LoadConfig
	url    string
	client *http.Client
	cancel context.CancelFunc
	done   chan struct{}

	gate sync.RWMutex // read-locked by each ask, locked while paused

	asked, refused, failed atomic.Int64
}

// StartLoad begins to ask the frontend at url.
func StartLoad(url string, cfg LoadConfig) *Load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{
		cfg: cfg, url: url, cancel: cancel, done: make(chan struct{}),
		client: &http.Client{
			Timeout:   time.Minute,
			Transport: &http.Transport{MaxIdleConnsPerHost: cfg.InFlight},
		},
	}
	go l.run(ctx)
	return l
}

func (l *Load) run(ctx context.Context) {
	defer close(l.done)
	var wg sync.WaitGroup
	defer wg.Wait()
	rnd := rand.New(rand.NewPCG(l.cfg.Seed, l.cfg.Seed))
	slots := make(chan struct{}, l.cfg.InFlight)
	next := time.Now()
	for i := 1; ; i++ {
		next = next.Add(time.Duration(rnd.ExpFloat64() / l.cfg.Rate * float64(time.Second)))
		customer := customers[rnd.IntN(len(customers))]
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
		l.gate.RLock()
		if late := time.Since(next); late > time.Second {
			next = time.Now() // after a pause: go on, do not catch up
		}
		select {
		case slots <- struct{}{}:
			wg.Go(func() {
				defer func() { <-slots; l.gate.RUnlock() }()
				l.ask(ctx, customer, i)
			})
		default:
			l.gate.RUnlock()
			l.refused.Add(1)
		}
	}
}

// ask sends what HotROD's page sends when a customer's button is clicked.
func (l *Load) ask(ctx context.Context, customer, i int) {
	l.asked.Add(1)
	url := fmt.Sprintf("%s/dispatch?customer=%d&nonse=0.%d", l.url, customer, i)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		l.failed.Add(1)
		return
	}
	req.Header.Set("baggage", fmt.Sprintf("session=%d, request=%d-%d", l.cfg.Seed, l.cfg.Seed, i))
	res, err := l.client.Do(req)
	if err != nil {
		l.failed.Add(1)
		return
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK {
		l.failed.Add(1)
	}
}

// Pause stops asking and returns when all that was asked is answered.
func (l *Load) Pause() { l.gate.Lock() }

// Resume goes on after a Pause.
func (l *Load) Resume() { l.gate.Unlock() }

// Close ends the load and waits for it. It must not be paused.
func (l *Load) Close() {
	l.cancel()
	<-l.done
}

// Counts says how many rides were asked for, not asked for because too many were
// unanswered, and failed.
func (l *Load) Counts() (asked, refused, failed int64) {
	return l.asked.Load(), l.refused.Load(), l.failed.Load()
}
