package app

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"culprit/internal/source/jaeger"
	"culprit/internal/source/otlp"
)

// safeBuffer is a buffer that several may write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Tokens are read from a file and from the environment, and reach the server that is asked;
// they are in no log, however much is logged, also when that server refuses them, in
// nothing that REST answers, and not in the printed configuration.
func TestSecretsAreToldToNobodyElse(t *testing.T) {
	const fromFile, fromEnv, ofSenders = "hush-file", "hush-env", "hush-senders"
	dir := t.TempDir()
	file := func(name, secret string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("SHOP_JAEGER_TOKEN", fromEnv)
	var mu sync.Mutex
	brought := map[string]bool{}
	refuses := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		brought[r.Header.Get("Authorization")] = true
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}
	cfg := testConfig(filepath.Join(dir, "data"))
	for _, give := range []func(*jaeger.Config){
		func(c *jaeger.Config) { c.TokenFile = file("jaeger", fromFile) },
		func(c *jaeger.Config) { c.TokenEnv = "SHOP_JAEGER_TOKEN" },
	} {
		srv := httptest.NewServer(http.HandlerFunc(refuses))
		t.Cleanup(srv.Close)
		c := jaeger.DefaultConfig()
		c.Endpoints = []string{srv.URL}
		c.Protocol = jaeger.ProtocolHTTPv3
		give(&c)
		cfg.Jaeger = append(cfg.Jaeger, c)
	}
	receiver := otlp.DefaultConfig()
	receiver.GRPC, receiver.HTTP, receiver.TokenFile = "", "127.0.0.1:0", file("otlp", ofSenders)
	cfg.OTLP = []otlp.Config{receiver}

	var logged safeBuffer
	s, err := New(cfg, slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		ended <- s.Run(t.Context())
	}()
	t.Cleanup(func() { <-ended })
	seen := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return brought["Bearer "+fromFile] && brought["Bearer "+fromEnv]
	}
	for deadline := time.Now().Add(2 * time.Minute); !seen() || strings.Count(logged.String(), "refuses the credentials") < 2; time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("the service has ended: %v\n%s", err, logged.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("not in two minutes: both Jaegers refuse their tokens\n%s", logged.String())
		}
	}
	told := map[string]string{"the log": logged.String()}
	for _, path := range []string{"/api/v1/status", "/metrics", "/readyz"} {
		res, err := http.Get("http://" + s.Addr(t.Context()).String() + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close() // it is read
		if err != nil {
			t.Fatal(err)
		}
		told[path] = string(b)
	}
	if !json.Valid([]byte(told["/api/v1/status"])) || !strings.Contains(told["/api/v1/status"], "refuses the credentials") {
		t.Errorf("the status does not tell of the refusal: %s", told["/api/v1/status"])
	}
	printed, err := cfg.Print()
	if err != nil {
		t.Fatal(err)
	}
	told["the printed configuration"] = string(printed)
	for what, text := range told {
		if strings.Contains(text, "hush") {
			t.Errorf("%s holds a secret:\n%s", what, text)
		}
	}
}
