package bus

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// pair is two processes on one NATS server, that of the first.
func pair(t *testing.T, ttl time.Duration) (one, two *Bus, out *captured) {
	cfg := local(t)
	cfg.LeaseTTL = ttl
	one = open(t, cfg)
	ext := cfg
	ext.URL = one.Address()
	out = new(captured)
	two, err := Open(t.Context(), ext, out.logger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { two.Close() })
	return one, two, out
}

func lead(t *testing.T, b *Bus) *Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	l, err := b.Lead(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOneLeads(t *testing.T) {
	t.Parallel()
	one, two, out := pair(t, 2*time.Second)
	first := lead(t, one)
	ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond) // the lease is renewed meanwhile
	defer cancel()
	if _, err := two.Lead(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("two leaders: %v", err)
	}
	if !strings.Contains(out.String(), "standby: another culprit writes") || !strings.Contains(out.String(), "process ") {
		t.Errorf("the standby says nothing:\n%s", out.String())
	}
	select {
	case <-first.Lost():
		t.Fatal("lease lost although renewed")
	default:
	}
	first.Release()
	first.Release()
	start := time.Now()
	second := lead(t, two)
	if d := time.Since(start); d > 1900*time.Millisecond {
		t.Errorf("a lease given back was waited for %v", d)
	}
	second.Release()
}

func TestStandbyTakesOverFromTheDead(t *testing.T) {
	t.Parallel()
	one, two, _ := pair(t, time.Second)
	first := lead(t, two)
	first.cancel() // dies without giving back: see abandon
	<-first.done
	abandon(t, one, first)
	l := lead(t, one)
	defer l.Release()
}

// abandon writes the lease of a process that is dead.
func abandon(t *testing.T, b *Bus, l *Lease) {
	if _, err := b.lease.Put(t.Context(), leaseKey, l.value); err != nil {
		t.Fatal(err)
	}
	b.led.Store(true) // the right of the server's owner is used up
}

// Who owns the server does not wait for the lease of its own dead predecessor.
func TestRestartLeadsAtOnce(t *testing.T) {
	cfg := local(t)
	cfg.LeaseTTL = time.Minute
	b := open(t, cfg)
	if _, err := b.lease.Put(t.Context(), leaseKey, []byte(`{"token":"the dead"}`)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	b = open(t, cfg)
	start := time.Now()
	defer lead(t, b).Release()
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("leads after %v", d)
	}
}

func TestUsurpedLeaderLearnsOfIt(t *testing.T) {
	t.Parallel()
	one, two, _ := pair(t, time.Second)
	old := lead(t, two)
	defer old.Release()
	defer lead(t, one).Release() // the owner of the server
	select {
	case <-old.Lost():
	case <-time.After(5 * time.Second):
		t.Fatal("the former leader does not know")
	}
}

func TestLeaseIsLostWithTheServer(t *testing.T) {
	t.Parallel()
	one, two, _ := pair(t, 2*time.Second)
	l := lead(t, two)
	defer l.Release()
	one.Close()
	start := time.Now()
	select {
	case <-l.Lost():
	case <-time.After(5 * time.Second):
		t.Fatal("a leader without a server does not know")
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("known after %v, when another may lead already", d)
	}
}

// A renewal whose answer got lost has moved the lease's revision.
func TestLostAnswerIsNoLostLease(t *testing.T) {
	t.Parallel()
	one, two, _ := pair(t, 2*time.Second)
	l := lead(t, two)
	defer l.Release()
	if _, err := one.lease.Put(t.Context(), leaseKey, l.value); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.Lost():
		t.Fatal("lost to itself")
	case <-time.After(1500 * time.Millisecond):
	}
}

func TestCloseGivesTheLeaseBack(t *testing.T) {
	one, two, _ := pair(t, time.Minute)
	lead(t, two)
	two.Close()
	one.led.Store(true)
	start := time.Now()
	defer lead(t, one).Release()
	if d := time.Since(start); d > 15*time.Second {
		t.Errorf("waited %v", d)
	}
}
