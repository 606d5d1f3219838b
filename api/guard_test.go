package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"culprit/model"
)

// Every answer, good or bad, tells browsers to sniff, run, frame and keep nothing, and
// no other origin is let in.
func TestAnswersAreHarmlessInABrowser(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	for _, path := range []string{"/api/v1/incidents", "/api/v1/status", "/metrics", "/healthz", "/nowhere", "/api/v1/incidents?limit=0"} {
		res, _ := s.do(t, http.MethodGet, path, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") })
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if cc := res.Header.Get("Cache-Control"); cc != "no-store" && res.Header.Get("ETag") == "" {
			t.Errorf("%s: Cache-Control %q without an ETag", path, cc)
		}
	}
}

// On a loopback address a name from elsewhere is not answered: it is a web page that
// pointed its own name here.
func TestForeignHostsAreRefusedOnLoopback(t *testing.T) {
	s := start(t, Config{Hosts: []string{"culprit.example.org"}}, ProjectionConfig{})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:7070": 200, "LOCALHOST": 200, "127.0.0.1:7070": 200, "[::1]:7070": 200, "[::1]": 200, "127.3.2.1": 200,
		"culprit.localhost": 200, "culprit.example.org:7070": 200,
		"evil.example": 421, "evil.example:7070": 421, "localhost.evil.example": 421, "192.168.1.2:7070": 421,
	} {
		res, body := s.do(t, http.MethodGet, "/api/v1/status", func(r *http.Request) { r.Host = host })
		if res.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", host, res.StatusCode, want)
		}
		if want != 200 {
			problemIs(t, res, body, "foreign-host")
		}
	}
}

// HEAD is GET without the body, everywhere.
func TestHeadIsGetWithoutBody(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	apply(t, s.projection, 1, sample(0))
	for _, path := range []string{"/api/v1/incidents", "/api/v1/incidents/inc-000000", "/api/v1/status", "/api/v1/operations/a/b/c", "/healthz", "/api/openapi.json"} {
		get, body := s.do(t, http.MethodGet, path)
		head, none := s.do(t, http.MethodHead, path)
		if head.StatusCode != get.StatusCode || head.Header.Get("ETag") != get.Header.Get("ETag") || len(none) != 0 || len(body) == 0 {
			t.Errorf("%s: HEAD %d %s with %d bytes, GET %d %s with %d bytes", path,
				head.StatusCode, head.Header.Get("ETag"), len(none), get.StatusCode, get.Header.Get("ETag"), len(body))
		}
	}
}

// Only reading is allowed; other methods are told what is.
func TestOtherMethodsAreRefused(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		res, body := s.do(t, method, "/api/v1/incidents")
		problemIs(t, res, body, "method-not-allowed")
		if allow := res.Header.Get("Allow"); res.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(allow, "GET") || !strings.Contains(allow, "HEAD") {
			t.Errorf("%s: %d, Allow %q", method, res.StatusCode, allow)
		}
	}
	for _, path := range []string{"/else", "/assets/none.js", "/assets/../index.html", "/api", "/api/v1/incidents/", "/api/v2/incidents", "/api/v1/operations/a", "/%2e%2e/etc/passwd"} {
		res, body := s.do(t, http.MethodGet, path)
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		problemIs(t, res, body, "no-such-path")
	}
}

// A body that nobody asked for is refused when it says that it is large.
func TestLargeBodiesAreRefused(t *testing.T) {
	s := start(t, Config{MaxBody: 1000}, ProjectionConfig{})
	for n, want := range map[int]int{1000: 200, 1001: 413} {
		res, err := http.DefaultClient.Do(must(http.NewRequest(http.MethodGet, s.url+"/api/v1/status", bytes.NewReader(make([]byte, n)))))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", n, res.StatusCode, want)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Rankings wait for a place, give it back, and give up in time.
func TestRankingsAreLimited(t *testing.T) {
	s := start(t, Config{MaxRankings: 2, RankingTimeout: 300 * time.Millisecond}, ProjectionConfig{})
	var running, most atomic.Int32
	s.engine.rank = func(ctx context.Context, from, to time.Time, _ [][2]time.Time) (model.Ranking, error) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		<-ctx.Done()
		return model.Ranking{}, ctx.Err()
	}
	const path = "/api/v1/rankings?from=2026-11-03T12:00:00Z&to=2026-11-03T12:01:0"
	kinds := make(chan string, 6)
	for n := range cap(kinds) {
		go func() {
			res, body := s.do(t, http.MethodGet, path+strconv.Itoa(n)+"Z")
			switch {
			case res.StatusCode != http.StatusServiceUnavailable:
				kinds <- res.Status
			case strings.Contains(string(body), problemSpace+"busy") && res.Header.Get("Retry-After") != "":
				kinds <- "busy"
			case strings.Contains(string(body), problemSpace+"too-long"):
				kinds <- "too-long"
			default:
				kinds <- string(body)
			}
		}()
	}
	count := map[string]int{}
	for range cap(kinds) {
		count[<-kinds]++
	}
	if most.Load() != 2 || count["too-long"] < 2 || count["busy"]+count["too-long"] != cap(kinds) {
		t.Errorf("%d at the same time, answers %v", most.Load(), count)
	}
	s.engine.rank = nil
	if res, body := s.do(t, http.MethodGet, path+"0Z"); res.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d %s", res.StatusCode, body)
	}
}

// The engine gets what the query says.
func TestRankingAsksForTheStretch(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	var got [][2]time.Time
	s.engine.rank = func(_ context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error) {
		got = append([][2]time.Time{{from, to}}, baseline...)
		return model.Ranking{}, nil
	}
	s.do(t, http.MethodGet, "/api/v1/rankings?from=2026-11-03T12:00:00Z&to=2026-11-03T14:01:00%2B02:00"+
		"&baseline_from=2026-11-03T11:00:00Z&baseline_from=2026-11-03T10:00:00.5Z&baseline_to=2026-11-03T11:30:00Z&baseline_to=2026-11-03T10:30:00Z")
	want := [][2]time.Time{
		{noon, noon.Add(time.Minute)},
		{noon.Add(-time.Hour), noon.Add(-30 * time.Minute)},
		{noon.Add(-2*time.Hour + 500*time.Millisecond), noon.Add(-90 * time.Minute)},
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if !got[i][0].Equal(want[i][0]) || !got[i][1].Equal(want[i][1]) {
			t.Errorf("stretch %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// What breaks inside is in the log with its stack, and told to nobody.
func TestPanicsAreLogged(t *testing.T) {
	var out bytes.Buffer
	engine := &fakeEngine{operation: func(string, string, time.Time) (model.OperationView, error) { panic("secret inside") }}
	srv, err := New(Config{}, engine, newProjection(t, ProjectionConfig{}), prometheus.NewRegistry(), slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx, ln) }()
	res, err := http.Get("http://" + ln.Addr().String() + "/api/v1/operations/a/b")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	if !strings.Contains(out.String(), "secret inside") || !strings.Contains(out.String(), "guard_test.go") {
		t.Errorf("the log does not say where it broke:\n%s", out.String())
	}
}

// A listener that breaks ends Serve with the address in the error.
func TestServeSaysWhyItEnded(t *testing.T) {
	srv, err := New(Config{}, &fakeEngine{}, newProjection(t, ProjectionConfig{}), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := srv.Serve(context.Background(), ln); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("error %v", err)
	}
}

// Settings that cannot work are refused by name.
func TestConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]Config{
		"max_streams must not be negative":   {MaxStreams: -1},
		"keep_alive must not be negative":    {KeepAlive: -time.Second},
		"must be shorter than write_timeout": {RankingTimeout: time.Minute},
	} {
		_, err := New(cfg, &fakeEngine{}, newProjection(t, ProjectionConfig{}), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := NewProjection(ProjectionConfig{MaxRevisions: 1}); err == nil || !strings.Contains(err.Error(), "max_revisions must be at least 2") {
		t.Errorf("error %v", err)
	}
	if _, err := NewProjection(ProjectionConfig{MaxBytes: -1}); err == nil || !strings.Contains(err.Error(), "max_bytes") {
		t.Errorf("error %v", err)
	}
}
