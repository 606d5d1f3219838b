package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"culprit/model"
)

func TestMain(m *testing.M) {
	if helper() {
		return
	}
	// A connection that is closed before its first asynchronous publisher has started
	// leaves that publisher waiting on a channel that is already gone (nats.go v1.55.0).
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

// local is an embedded server on a free port with a store of its own.
func local(t testing.TB) Config {
	cfg := DefaultConfig()
	cfg.StoreDir = filepath.Join(t.TempDir(), "nats")
	cfg.Listen = "127.0.0.1:0"
	cfg.ConnectWait = 10 * time.Second
	return cfg
}

func open(t testing.TB, cfg Config) *Bus {
	t.Helper()
	b, err := Open(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// revision is the n-th revision of an incident.
func revision(id string, n int) model.Incident {
	in := model.Incident{
		ID: id, Revision: n, Event: model.EventUpdated, State: model.StateOpen, Severity: model.SeverityMajor,
		StartedAt: noon, OpenedAt: noon.Add(30 * time.Second), UpdatedAt: noon.Add(time.Duration(n) * 30 * time.Second),
		Title:    "payment Charge is slow",
		Suspects: []model.Suspect{{Rank: 1, Service: "payment", Operation: "Charge", Kind: model.KindOwnTime, Score: 31.2, Evidence: []model.Evidence{}, Exemplars: []string{}}},
		Affected: []string{}, Links: []model.Link{}, Warnings: []model.Warning{}, Impact: model.Impact{EntryPoints: []model.EntryImpact{}},
	}
	if n == 1 {
		in.Event = model.EventOpened
	}
	return in
}

func appendAll(t testing.TB, b *Bus, ins ...model.Incident) {
	t.Helper()
	for _, in := range ins {
		if err := b.Append(t.Context(), in); err != nil {
			t.Fatalf("append %s:%d: %v", in.ID, in.Revision, err)
		}
	}
}

// logged is what the log holds, as id:revision.
func logged(t testing.TB, b *Bus) []string {
	t.Helper()
	ids := []string{}
	if _, err := b.Load(t.Context(), func(_ uint64, in model.Incident) error {
		ids = append(ids, messageID(in.ID, in.Revision))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// captured collects log records as lines.
type captured struct {
	mu sync.Mutex
	b  strings.Builder
}

func (c *captured) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.Write(p)
}

func (c *captured) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.String()
}

func (c *captured) logger() *slog.Logger { return slog.New(slog.NewTextHandler(c, nil)) }

func TestIncidentsComeBackAsTheyWereAppended(t *testing.T) {
	b := open(t, local(t))
	want := []model.Incident{revision("a", 1), revision("b", 1), revision("a", 2)}
	appendAll(t, b, want...)
	var got []model.Incident
	var seqs []uint64
	last, err := b.Load(t.Context(), func(seq uint64, in model.Incident) error {
		got, seqs = append(got, in), append(seqs, seq)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{1, 2, 3}, seqs); diff != "" || last != 3 {
		t.Errorf("sequences %v, last %d", seqs, last)
	}
}

func TestRestartGoesOnWhereItStopped(t *testing.T) {
	cfg := local(t)
	b := open(t, cfg)
	appendAll(t, b, revision("a", 1), revision("a", 2))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(t.Context(), revision("a", 3)); err == nil {
		t.Error("a closed bus took a revision")
	}
	b = open(t, cfg)
	appendAll(t, b, revision("a", 2), revision("a", 3))
	if diff := cmp.Diff([]string{"a:1", "a:2", "a:3"}, logged(t, b)); diff != "" {
		t.Error(diff)
	}
}

// What `nats sub 'culprit.incidents.>'` shows is what the log holds, in its order,
// with the CloudEvents headers.
func TestPlainSubscriberSeesTheLog(t *testing.T) {
	b := open(t, local(t))
	nc, err := nats.Connect(b.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync("culprit.incidents.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	want := []model.Incident{revision("a", 1), revision("a", 2)}
	noService := revision("a", 3)
	noService.Suspects, noService.Event = []model.Suspect{}, model.EventResolved
	want = append(want, noService)
	appendAll(t, b, want...)
	appendAll(t, b, want...) // seen once all the same
	subjects := []string{"culprit.incidents.opened.payment", "culprit.incidents.updated.payment", "culprit.incidents.resolved._"}
	for i, in := range want {
		m, err := sub.NextMsg(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var got model.Incident
		if err := json.Unmarshal(m.Data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, got); diff != "" || m.Subject != subjects[i] {
			t.Errorf("%s: %s", m.Subject, diff)
		}
		headers := map[string]string{
			"ce-specversion": "1.0",
			"ce-id":          fmt.Sprintf("a:%d", i+1),
			"ce-type":        "culprit.incident." + in.Event,
			"ce-source":      "/culprit",
			"ce-time":        in.UpdatedAt.Format(time.RFC3339),
			"ce-subject":     "a",
			"content-type":   "application/json",
			"Nats-Msg-Id":    fmt.Sprintf("a:%d", i+1),
		}
		for k, v := range headers {
			if m.Header.Get(k) != v {
				t.Errorf("%s: header %s is %q, want %q", m.Subject, k, m.Header.Get(k), v)
			}
		}
	}
	if m, err := sub.NextMsg(200 * time.Millisecond); err == nil {
		t.Errorf("one message too many: %s %s", m.Subject, m.Data)
	}
}

func TestWatchFollows(t *testing.T) {
	b := open(t, local(t))
	appendAll(t, b, revision("a", 1), revision("a", 2))
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan string, 10)
	done := make(chan error, 1)
	go func() {
		done <- b.Watch(ctx, 1, func(_ uint64, in model.Incident) error {
			seen <- messageID(in.ID, in.Revision)
			return nil
		})
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-seen:
			if got != want {
				t.Fatalf("saw %s, want %s", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("did not see %s", want)
		}
	}
	expect("a:2")
	appendAll(t, b, revision("a", 3))
	expect("a:3")
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("watch ended with %v", err)
	}
}

func TestReadingEndsWithTheError(t *testing.T) {
	b := open(t, local(t))
	appendAll(t, b, revision("a", 1))
	stop := fmt.Errorf("enough")
	fn := func(uint64, model.Incident) error { return stop }
	if _, err := b.Load(t.Context(), fn); err != stop {
		t.Errorf("Load: %v", err)
	}
	if err := b.Watch(t.Context(), 0, fn); err != stop {
		t.Errorf("Watch: %v", err)
	}
}

func TestHeartbeatAndStats(t *testing.T) {
	b := open(t, local(t))
	nc, err := nats.Connect(b.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, _ := nc.SubscribeSync("culprit.heartbeat")
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	beat := Heartbeat{At: noon.Add(time.Minute), Watermark: noon, Version: "1", Leader: true, OpenIncidents: 2}
	if err := b.Beat(t.Context(), beat); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsg(5 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"at":"2026-11-03T12:01:00Z","watermark":"2026-11-03T12:00:00Z","version":"1","leader":true,"open_incidents":2}`
	if string(m.Data) != want {
		t.Errorf("heartbeat %s, want %s", m.Data, want)
	}
	appendAll(t, b, revision("a", 1), revision("a", 1))
	s := b.Stats(t.Context())
	if !s.Embedded || !s.Connected || s.Messages != 1 || s.LastSeq != 1 || s.Bytes == 0 || s.Appended != 1 || s.Error != "" ||
		!strings.HasPrefix(s.Address, "nats://127.0.0.1:") {
		t.Errorf("stats %+v", s)
	}
}
