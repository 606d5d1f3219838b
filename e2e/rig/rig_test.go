package rig

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestProcess(t *testing.T) {
	dir := t.TempDir()
	p, err := StartProcess("sleeper", dir, "sh", []string{"WORD=hello"}, "-c", "echo $WORD; sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.ExitCode(); got != -1 {
		t.Errorf("ExitCode() of a running process = %d, want -1", got)
	}
	log := ""
	for deadline := time.Now().Add(10 * time.Second); log == "" && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		data, _ := os.ReadFile(p.Log)
		log = strings.TrimSpace(string(data))
	}
	if log != "hello" {
		t.Errorf("log = %q, want hello", log)
	}
	p.Kill()
	select {
	case <-p.Done():
	default:
		t.Error("Kill returned before the process had ended")
	}
	p.Stop() // must not hang on one that has ended
}

// A process that ends before it answers is an error that names its log.
func TestProcessThatEnds(t *testing.T) {
	p, err := StartProcess("ender", t.TempDir(), "sh", nil, "-c", "exit 3")
	if err != nil {
		t.Fatal(err)
	}
	ports, err := FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	err = p.listens(t.Context(), ports[0])
	if err == nil || !strings.Contains(err.Error(), "status 3") || !strings.Contains(err.Error(), p.Log) {
		t.Errorf("listens() = %v, want status 3 and %s", err, p.Log)
	}
}

func TestFreePortsAreDifferent(t *testing.T) {
	ports, err := FreePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range ports {
		if seen[p] {
			t.Errorf("port %d twice", p)
		}
		seen[p] = true
	}
}

// Two loads of one seed ask for the same customers in the same order, and nothing is
// asked while a load is paused.
func TestLoad(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.String()+" "+r.Header.Get("baggage"))
	}))
	defer server.Close()
	ask := func() []string {
		mu.Lock()
		asked = nil
		mu.Unlock()
		l := StartLoad(server.URL, LoadConfig{Rate: 500, InFlight: 1, Seed: 7})
		defer l.Close()
		time.Sleep(100 * time.Millisecond)
		l.Pause()
		defer l.Resume()
		mu.Lock()
		got := append([]string{}, asked...)
		mu.Unlock()
		time.Sleep(50 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		if len(asked) != len(got) {
			t.Errorf("%d requests came while the load was paused", len(asked)-len(got))
		}
		return got
	}
	a, b := ask(), ask()
	if len(a) < 5 || len(b) < 5 {
		t.Fatalf("%d and %d requests in 100 ms at 500 a second", len(a), len(b))
	}
	if a[0] != b[0] || !strings.Contains(a[0], "/dispatch?customer=") || !strings.Contains(a[0], "session=7") {
		t.Errorf("the first requests are %q and %q", a[0], b[0])
	}
}

func TestFaultNamed(t *testing.T) {
	for _, f := range Faults {
		if got, ok := FaultNamed(f.Name); !ok || got.Note != f.Note {
			t.Errorf("FaultNamed(%q) = %v, %v", f.Name, got, ok)
		}
	}
	if _, ok := FaultNamed("earthquake"); ok {
		t.Error("there is an earthquake")
	}
}

func TestPlayStopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Play(ctx, Schedule{Quiet: time.Hour}, nil, nil, func(string) {}); err == nil {
		t.Error("Play of a cancelled context: no error")
	}
}
