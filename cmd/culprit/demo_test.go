package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is a terminal that ends the command when it shows a text.
type screen struct {
	mu    sync.Mutex
	shows bytes.Buffer
	until string
	then  func()
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shows.Write(b)
	if strings.Contains(s.shows.String(), s.until) {
		s.then()
	}
	return len(b), nil
}

// The demo of the README: the outage is told, the culprit is named, and Ctrl-C ends it.
func TestDemoNamesTheCulprit(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := &screen{until: "culprit goes on serving", then: cancel}
	var complaints bytes.Buffer
	status := run(ctx, []string{"demo", "--speed", "max", "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--data", t.TempDir()}, out, &complaints)
	if status != 0 {
		t.Fatalf("status %d: %s", status, &complaints)
	}
	shown := out.shows.String()
	for _, want := range []string{"opened", "mysql", "resolved", "The culprit was named: mysql SQL SELECT, at rank 1"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown in\n%s", want, shown)
		}
	}
}
