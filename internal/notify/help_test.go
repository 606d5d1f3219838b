package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"culprit/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// fakeLog is the incident log and the dead letters in memory. It is its own guard.
type fakeLog struct {
	mu      sync.Mutex
	all     []model.Incident
	more    chan struct{}
	places  map[string]uint64
	letters map[string]model.DeadLetter
}

func newFakeLog() *fakeLog {
	return &fakeLog{more: make(chan struct{}), places: map[string]uint64{}, letters: map[string]model.DeadLetter{}}
}

func (l *fakeLog) append(in model.Incident) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, in)
	close(l.more)
	l.more = make(chan struct{})
}

func (l *fakeLog) place(reader string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.places[reader]
}

func (l *fakeLog) Follow(ctx context.Context, reader string, after uint64, begin func(uint64), take func(context.Context, uint64, model.Incident) error) error {
	l.mu.Lock()
	if _, known := l.places[reader]; !known {
		l.places[reader] = after
	}
	at := l.places[reader]
	l.mu.Unlock()
	begin(at)
	for {
		l.mu.Lock()
		more := l.more
		var next *model.Incident
		if int(at) < len(l.all) {
			next = &l.all[at]
		}
		l.mu.Unlock()
		if next == nil {
			select {
			case <-more:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := take(ctx, at+1, *next); err != nil {
			return err
		}
		at++
		l.mu.Lock()
		l.places[reader] = at
		l.mu.Unlock()
	}
}

func (l *fakeLog) Revision(_ context.Context, seq uint64) (model.Incident, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq == 0 || int(seq) > len(l.all) {
		return model.Incident{}, errors.New("not there")
	}
	return l.all[seq-1], nil
}

func (l *fakeLog) PutLetter(_ context.Context, d model.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.letters[d.ID] = d
	return nil
}

func (l *fakeLog) DropLetter(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.letters, id)
	return nil
}

func (l *fakeLog) Letters(context.Context) ([]model.DeadLetter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []model.DeadLetter
	for _, d := range l.letters {
		out = append(out, d)
	}
	return out, nil
}

// posted is a request as a receiver got it.
type posted struct {
	path   string
	header http.Header
	body   string
}

// receiverServer is a receiver that remembers, and answers what it is told to.
type receiverServer struct {
	*httptest.Server
	mu     sync.Mutex
	got    []posted
	status int
	says   string
}

func newReceiver(t *testing.T) *receiverServer {
	s := &receiverServer{status: http.StatusOK}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got = append(s.got, posted{r.URL.Path, r.Header.Clone(), string(body)})
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.says)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *receiverServer) answer(status int, says string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.says = status, says
}

func (s *receiverServer) all() []posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]posted(nil), s.got...)
}

// alerts are all alerts that were posted, in order.
func (s *receiverServer) alerts(t *testing.T) (out []alert) {
	t.Helper()
	for _, p := range s.all() {
		var as []alert
		if err := json.Unmarshal([]byte(p.body), &as); err != nil {
			t.Fatalf("%v in %s", err, p.body)
		}
		out = append(out, as...)
	}
	return out
}

// run starts a notifier that is quick.
func run(t *testing.T, l *fakeLog, cfg Config, change func(*Notifier)) *Notifier {
	t.Helper()
	n, err := New(cfg, Parts{Log: l, Letters: l, Muted: func(*model.Incident) *model.Mute { return nil }, Slog: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	n.pause, n.longest, n.tick = time.Millisecond, 5*time.Millisecond, 5*time.Millisecond
	if change != nil {
		change(n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx, 0) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		for _, r := range n.receivers {
			r.client.CloseIdleConnections()
		}
	})
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// revision is revision r of an incident, with an event.
func revision(id string, r int, event, severity string) model.Incident {
	in := model.Incident{
		ID: id, Revision: r, Event: event, State: model.StateOpen, Severity: severity, Title: "mysql SELECT is slow", Summary: "It is slow.", Because: "the alarm",
		StartedAt: noon, OpenedAt: noon.Add(30 * time.Second), UpdatedAt: noon.Add(time.Duration(r) * 30 * time.Second), Affected: []string{"mysql", "web"},
		Suspects: []model.Suspect{{Rank: 1, Service: "mysql", Operation: "SELECT", Kind: model.KindOwnTime, Reason: "own time rose", Confidence: 0.8}},
		Impact:   model.Impact{Requests: 100, Affected: 40, Share: 0.4},
	}
	if event == model.EventResolved {
		in.State, in.ResolvedAt = model.StateResolved, &in.UpdatedAt
	}
	return in
}
