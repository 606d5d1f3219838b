package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A service whose Jaeger is away starts, says so, and stops when it is told to.
func TestServeStopsInPeace(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log := &screen{until: "cannot be reached", then: cancel}
	var out bytes.Buffer
	dir := t.TempDir()
	status := run(ctx, []string{"serve", "--jaeger", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--nats-listen", "", "--data", filepath.Join(dir, "data"),
		"--record", filepath.Join(dir, "recording")}, &out, log)
	if status != 0 {
		t.Errorf("status %d: %s", status, &log.shows)
	}
	shown := log.shows.String()
	for _, want := range []string{`"culprit is here"`, `"reading traces"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("%s is not logged in\n%s", want, shown)
		}
	}
	if out.Len() > 0 {
		t.Errorf("stdout is for data, but holds %s", &out)
	}
}
