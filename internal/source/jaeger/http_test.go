package jaeger

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"culprit/internal/source"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// webJaeger answers /api/v3 over real sockets from a fake; misbehave may answer instead.
type webJaeger struct {
	*httptest.Server
	fake      fake
	misbehave atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
}

func newWebJaeger(t *testing.T) *webJaeger {
	j := &webJaeger{}
	j.Server = httptest.NewServer(http.HandlerFunc(j.serve))
	t.Cleanup(j.Close)
	return j
}

func (j *webJaeger) serve(w http.ResponseWriter, r *http.Request) {
	if m := j.misbehave.Load(); m != nil && (*m)(w, r) {
		return
	}
	switch r.URL.Path {
	case "/api/v3/services":
		names, _ := j.fake.services(r.Context())
		json.NewEncoder(w).Encode(map[string]any{"services": names})
	case "/api/v3/traces":
		v := r.URL.Query()
		from, err1 := time.Parse(time.RFC3339Nano, v.Get("query.start_time_min"))
		to, err2 := time.Parse(time.RFC3339Nano, v.Get("query.start_time_max"))
		depth, err3 := strconv.Atoi(v.Get("query.num_traces"))
		if err1 != nil || err2 != nil || err3 != nil || v.Get("query.raw_traces") != "true" {
			http.Error(w, "bad query "+r.URL.RawQuery, http.StatusBadRequest)
			return
		}
		found, _ := j.fake.find(r.Context(), query{v.Get("query.service_name"), source.Window{From: from, To: to}, depth}, nil)
		if len(found) == 0 {
			http.Error(w, `{"error":{"httpCode":404,"message":"No traces found"}}`, http.StatusNotFound)
			return
		}
		w.Write(envelope(found...))
	default:
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!DOCTYPE html><title>Jaeger UI</title>")
	}
}

// envelope is the body of a v3 answer.
func envelope(found ...ptrace.Traces) []byte {
	all := ptrace.NewTraces()
	for _, td := range found {
		td.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	var m ptrace.JSONMarshaler
	body, _ := m.MarshalTraces(all)
	return fmt.Appendf(nil, `{"result":%s}`, body)
}

func (j *webJaeger) set(m func(w http.ResponseWriter, r *http.Request) bool) {
	if m == nil {
		j.misbehave.Store(nil)
		return
	}
	j.misbehave.Store(&m)
}

// only makes misbehaviour of searches alone.
func only(m http.HandlerFunc) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/api/v3/traces") {
			return false
		}
		m(w, r)
		return true
	}
}

// hasty is a configuration that a test can wait for.
func hasty(url string) Config {
	cfg := DefaultConfig()
	cfg.Endpoints = []string{url, "grpc://127.0.0.1:1"} // nothing listens on port 1
	cfg.Step, cfg.Settle, cfg.SecondLook = time.Second, ms, 0
	cfg.Timeout = 300 * ms
	return cfg
}

// Whatever an HTTP server does instead of answering, status names it while it lasts,
// and when it is over every trace comes.
func TestBadAnswersAreNamedAndSurvived(t *testing.T) {
	for _, tt := range []struct {
		name  string
		act   func(w http.ResponseWriter, r *http.Request) bool
		wants string // in Status.Error
	}{
		{"an HTML page", func(w http.ResponseWriter, r *http.Request) bool {
			io.WriteString(w, "<!DOCTYPE html><title>login</title>")
			return true
		}, "HTML page"},
		{"an HTML page for searches alone", only(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "\n<html>")
		}), "HTML page"},
		{"no credentials", func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}, "check token_file"},
		{"another server's 404", func(w http.ResponseWriter, r *http.Request) bool {
			http.NotFound(w, r)
			return true
		}, "HTTP 404"},
		{"silence", only(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}), "no answer within the timeout"},
		{"an answer that stops half-way", only(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"result":{"resourceSpans":[`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}), "no answer within the timeout"},
		{"a connection cut half-way", only(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"result":{"resourceSpans":[`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}), "broke off after"},
		{"JSON that is cut", only(func(w http.ResponseWriter, r *http.Request) {
			body := envelope(draw(7, time.Now(), shop...))
			w.Write(body[:len(body)/2])
		}), "the answer is cut"},
		{"an envelope that is an error", only(func(w http.ResponseWriter, r *http.Request) {
			w.Write(append(envelope(draw(7, time.Now(), shop...)), `{"error":{"message":"storage is away"}}`...))
		}), "storage is away"},
		{"an empty answer", only(func(w http.ResponseWriter, r *http.Request) {}), "the answer is empty"},
		{"spans that are no spans", only(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"result":{"resourceSpans":"none"}}`)
		}), "decoding traces"},
		{"an internal error", only(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "elasticsearch: all shards failed", http.StatusInternalServerError)
		}), "all shards failed"},
		{"too many requests", only(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "0")
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}), "slow down"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := newWebJaeger(t)
			start := time.Now().Add(-5 * sec).Truncate(sec)
			for i := range 20 {
				j.fake.add(start, draw(i, start.Add(time.Duration(i)*100*ms), shop...))
			}
			j.set(tt.act)
			s, err := New(hasty(j.URL))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			k := newSink(start.Add(3 * sec))
			var wg sync.WaitGroup
			wg.Go(func() { s.Run(ctx, start, k.deliver) })
			eventually(t, "status names it", func() bool {
				st := s.Status()
				return !st.Healthy && strings.Contains(st.Error, tt.wants)
			})
			if len(k.lines()) > 0 || !k.watermark.IsZero() {
				t.Errorf("delivered %d spans and watermark %s while nothing could be read", len(k.lines()), k.watermark)
			}
			j.set(nil)
			select {
			case <-k.reached:
			case <-time.After(20 * time.Second):
				t.Errorf("not read 20 s after it was over: %+v", s.Status())
			}
			cancel()
			wg.Wait()
			if n := len(k.lines()); n != 80 {
				t.Errorf("have %d spans, want 80", n)
			}
			if st := s.Status(); st.Error != "" || st.Retries == 0 {
				t.Errorf("status afterwards: %+v", st)
			}
		})
	}
}

// A server that goes away and comes back on the same address is read again.
func TestServerThatRestarts(t *testing.T) {
	addr := freeAddr(t)
	start := time.Now().Add(-5 * sec).Truncate(sec)
	s, err := New(hasty("http://" + addr))
	if err != nil {
		t.Fatal(err)
	}
	k := newSink(start.Add(3 * sec))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx, start, k.deliver) })
	eventually(t, "status says that nobody answers", func() bool {
		return strings.Contains(s.Status().Error, "connection refused")
	})
	j := &webJaeger{}
	j.fake.add(start, draw(1, start, shop...))
	srv := &http.Server{Addr: addr, Handler: http.HandlerFunc(j.serve)}
	wg.Go(func() { srv.ListenAndServe() })
	select {
	case <-k.reached:
	case <-time.After(20 * time.Second):
		t.Errorf("not read after the start: %+v", s.Status())
	}
	cancel()
	srv.Close()
	wg.Wait()
	if st := s.Status(); k.has(1) != 4 || st.Protocol != "jaeger HTTP api_v3" {
		t.Errorf("have %d spans over %q", k.has(1), st.Protocol)
	}
}

// An answer beyond the size limit is asked for in smaller windows; a trace that is
// too large by itself is counted, and the others come.
func TestLargeAnswers(t *testing.T) {
	j := newWebJaeger(t)
	start := time.Now().Add(-time.Minute).Truncate(30 * sec)
	for i := range 200 {
		j.fake.add(start, draw(i, start.Add(time.Duration(i)*100*ms), shop...))
	}
	var many []call
	for i := range 200 {
		many = append(many, call{byte(i + 1), byte(min(i, 1)), "web", strings.Repeat("x", 500), 0, ms, false})
	}
	j.fake.add(start, draw(1000, start.Add(25*sec), many...))
	cfg := hasty(j.URL)
	cfg.Step = 30 * sec
	cfg.Timeout = 10 * sec
	cfg.MaxResponseBytes = 50_000
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k := newSink(time.Time{})
	if err := s.Fetch(t.Context(), start, start.Add(30*sec), k.deliver); err != nil {
		t.Fatal(err)
	}
	if n := len(k.lines()); n != 800 {
		t.Errorf("have %d spans, want the 800 of the small traces", n)
	}
	if st := s.Status(); st.Truncated == 0 || k.warned("answer-cut") == 0 {
		t.Errorf("the large trace is not counted: %+v", st)
	}
}

// Token and tenant go with each request, the token as it is in the file now.
func TestCredentialsAreSent(t *testing.T) {
	j := newWebJaeger(t)
	var seen atomic.Value
	j.set(func(w http.ResponseWriter, r *http.Request) bool {
		seen.Store(r.Header.Get("Authorization") + " " + r.Header.Get("X-Scope-OrgID"))
		return false
	})
	cfg := hasty(j.URL)
	cfg.TokenFile = filepath.Join(t.TempDir(), "token")
	cfg.TenantHeader, cfg.Tenant = "X-Scope-OrgID", "acme"
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, token := range []string{"one", "two"} {
		if err := os.WriteFile(cfg.TokenFile, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Fetch(t.Context(), now.Add(-sec), now, newSink(now.Add(time.Hour)).deliver); err != nil {
			t.Fatal(err)
		}
		if got, want := seen.Load(), "Bearer "+token+" acme"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
}

// TLS: an unknown authority is refused, a known one accepted.
func TestTLS(t *testing.T) {
	j := &webJaeger{}
	j.Server = httptest.NewUnstartedServer(http.HandlerFunc(j.serve))
	j.Config.ErrorLog = log.New(io.Discard, "", 0)
	j.StartTLS()
	defer j.Close()
	now := time.Now()
	for _, tt := range []struct {
		name  string
		tls   source.TLS
		wants string
	}{
		{"unknown authority", source.TLS{}, "certificate"},
		{"known authority", source.TLS{CAFile: writePEM(t, j.Certificate().Raw)}, ""},
		{"no check", source.TLS{InsecureSkipVerify: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := hasty(j.URL)
			cfg.TLS = tt.tls
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*sec)
			defer cancel()
			err = s.Fetch(ctx, now.Add(-sec), now, newSink(now.Add(time.Hour)).deliver)
			if tt.wants == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tt.wants != "" && !strings.Contains(s.Status().Error, tt.wants) {
				t.Errorf("status says %q, want a word about the %s", s.Status().Error, tt.wants)
			}
		})
	}
}
