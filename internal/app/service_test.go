package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"culprit/internal/bus"
	"culprit/internal/source"
	"culprit/model"
)

// player is a source that delivers a recording once, from where it is told to begin, and
// then is silent.
type player struct {
	mu   sync.Mutex
	from time.Time // as told by the service
	done chan struct{}
	stop int // batches to deliver; 0: all
	name string
}

func newPlayer() *player { return &player{done: make(chan struct{})} }

func (p *player) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	p.mu.Lock()
	p.from = from
	p.mu.Unlock()
	for i, b := range batches(from) {
		if p.stop > 0 && i >= p.stop {
			break
		}
		if p.name != "" {
			b.Source = p.name
		}
		if err := deliver(ctx, b); err != nil {
			return err
		}
	}
	close(p.done)
	<-ctx.Done()
	return nil
}

func (p *player) Status() model.SourceStatus { return model.SourceStatus{Name: "shop", Healthy: true} }

func testConfig(dir string) Config {
	c := DefaultConfig()
	c.NATS.StoreDir = filepath.Join(dir, "nats")
	c.NATS.Listen = ""
	c.REST.Listen = "127.0.0.1:0"
	c.Engine.Shards = 2
	return c
}

// runs starts a service and returns a function that stops it and waits.
func runs(t *testing.T, cfg Config, options ...Option) (*Service, func() error) {
	t.Helper()
	s, err := New(cfg, slog.New(slog.NewTextHandler(t.Output(), nil)), options...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("service: %v", err)
		}
	})
	return s, stop
}

// logOf is what the incident log in dir holds.
func logOf(t *testing.T, cfg Config) []model.Incident {
	t.Helper()
	b, err := bus.Open(t.Context(), cfg.NATS, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var all []model.Incident
	if _, err := b.Load(t.Context(), func(_ uint64, in model.Incident) error {
		all = append(all, in)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// verdicts are revisions without what they are shown with: after a restart the windows
// from before it are no longer there to be drawn.
func verdicts(ins []model.Incident) []model.Incident {
	out := slices.Clone(ins)
	for i := range out {
		out[i].Exhibit = nil
	}
	return out
}

func asLines(t *testing.T, ins []model.Incident) string {
	t.Helper()
	var out strings.Builder
	for _, in := range ins {
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", b)
	}
	return out.String()
}

func get(t *testing.T, s *Service, path string, into any) int {
	t.Helper()
	res, err := http.Get("http://" + s.Addr(t.Context()).String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: %v in %s", path, err, body)
		}
	}
	return res.StatusCode
}

// What the service publishes is what a replay of the same batches prints, and what REST shows.
func TestServiceTellsWhatReplayTells(t *testing.T) {
	want, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1)})
	cfg, src := testConfig(t.TempDir()), newPlayer()
	var told []model.Incident
	s, stop := runs(t, cfg, WithSource("shop", src), OnAppend(func(in model.Incident) { told = append(told, in) }))
	<-src.done
	eventually(t, func() bool {
		var page model.IncidentPage
		get(t, s, "/api/v1/incidents", &page)
		return len(page.Incidents) > 0 && page.Incidents[0].State == model.StateResolved
	})
	var st model.ServiceStatus
	get(t, s, "/api/v1/status", &st)
	if want := noon.Add(outageWindows * step); !st.Watermark.Equal(want) || st.SpansSeen == 0 || len(st.Sources) != 1 {
		t.Errorf("status %+v", st)
	}
	checkMemory(t, st.Memory)
	if code := get(t, s, "/readyz", nil); code != http.StatusOK {
		t.Errorf("/readyz answers %d", code)
	}
	res, err := http.Get("http://" + s.Addr(t.Context()).String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, _ := io.ReadAll(res.Body)
	res.Body.Close()
	for _, name := range []string{"culprit_watermark_seconds", `culprit_source_healthy{source="shop"} 1`, "culprit_judge_seconds_count", "culprit_log_appended_total 2", "culprit_nats_connected 1"} {
		if !strings.Contains(string(metrics), name) {
			t.Errorf("/metrics lacks %s", name)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if a, b := asLines(t, want), asLines(t, told); a != b {
		t.Errorf("replay tells\n%s\nthe service tells\n%s", a, b)
	}
	if a, b := asLines(t, want), asLines(t, logOf(t, cfg)); a != b {
		t.Errorf("replay tells\n%s\nthe log holds\n%s", a, b)
	}
}

// checkMemory expects figures that can be true, and of each bound that it holds.
func checkMemory(t *testing.T, m model.Memory) {
	t.Helper()
	if m.HeapBytes < 1<<20 || m.SystemBytes < m.HeapBytes || m.PeakBytes < 1<<20 || m.ResidentBytes != nil && *m.ResidentBytes > m.PeakBytes+8<<20 {
		t.Errorf("memory %+v", m)
	}
	used := map[string]bool{}
	for _, b := range m.Bounds {
		if b.Have < 0 || b.Most <= 0 || b.Have > b.Most || b.What == "" || b.Setting == "" {
			t.Errorf("bound %+v", b)
		}
		used[b.Setting] = b.Have > 0
	}
	for _, setting := range []string{"engine.retain", "engine.history", "kept.max_bytes", "kept.max_closed"} {
		if !used[setting] {
			t.Errorf("nothing counts against %s: %+v", setting, m.Bounds)
		}
	}
}

// Whenever the service is killed, a new one on what was on disk at that moment completes the
// log to what an uninterrupted run writes.
func TestKilledServiceLosesAndDoublesNothing(t *testing.T) {
	want, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1)})
	dir := t.TempDir()
	cfg, src := testConfig(dir), newPlayer()
	var wrecks []Config // copies of the disk right after an append, before the snapshot
	_, stop := runs(t, cfg, WithSource("shop", src), OnAppend(func(model.Incident) {
		wreck := testConfig(filepath.Join(dir, fmt.Sprint("killed", len(wrecks))))
		if err := os.CopyFS(wreck.NATS.StoreDir, os.DirFS(cfg.NATS.StoreDir)); err != nil {
			t.Error(err)
		}
		wrecks = append(wrecks, wreck)
	}))
	<-src.done
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if len(wrecks) != len(want) {
		t.Fatalf("%d revisions appended, want %d", len(wrecks), len(want))
	}
	for i, wreck := range wrecks {
		src := newPlayer()
		_, stop := runs(t, wreck, WithSource("shop", src))
		<-src.done
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if src.from.IsZero() || src.from.After(want[i].UpdatedAt) {
			t.Errorf("killed after revision %d: reads again from %v", i, src.from)
		}
		if a, b := asLines(t, verdicts(want)), asLines(t, verdicts(logOf(t, wreck))); a != b {
			t.Errorf("killed after revision %d: the log holds\n%s\nwant\n%s", i, b, a)
		}
	}
}

// A service that is stopped in peace goes on where it stopped, and reads nothing twice.
func TestStoppedServiceGoesOn(t *testing.T) {
	want, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1)})
	cfg := testConfig(t.TempDir())
	for _, n := range []int{5, 8, 1, 100} {
		src := newPlayer()
		src.stop = n
		_, stop := runs(t, cfg, WithSource("shop", src))
		<-src.done
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := asLines(t, verdicts(want)), asLines(t, verdicts(logOf(t, cfg))); a != b {
		t.Errorf("the log holds\n%s\nwant\n%s", b, a)
	}
}

func TestServiceSaysWhatItCannotDo(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	if _, err := New(testConfig(t.TempDir()), quiet); err == nil || !strings.Contains(err.Error(), "no source of traces") {
		t.Errorf("without a source: %v", err)
	}
	bad := testConfig(t.TempDir())
	bad.Engine.Shards = 0
	if _, err := New(bad, quiet, WithSource("shop", newPlayer())); err == nil || !strings.Contains(err.Error(), "shards") {
		t.Errorf("without shards: %v", err)
	}
	first, _ := runs(t, testConfig(t.TempDir()), WithSource("shop", newPlayer()))
	taken := testConfig(t.TempDir())
	taken.REST.Listen = first.Addr(t.Context()).String()
	second, err := New(taken, quiet, WithSource("shop", newPlayer()))
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "is another culprit running?") {
		t.Errorf("port taken: %v", err)
	}
}

// broken is a source that ends with an error.
type broken struct{}

func (broken) Run(context.Context, time.Time, source.Deliver) error { return errors.New("broke") }
func (broken) Status() model.SourceStatus                           { return model.SourceStatus{Name: "broken"} }

func TestServiceEndsWithItsReason(t *testing.T) {
	s, err := New(testConfig(t.TempDir()), slog.New(slog.DiscardHandler), WithSource("broken", broken{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || err.Error() != "broken: broke" {
		t.Errorf("got %v", err)
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("did not happen within 5 s")
}
