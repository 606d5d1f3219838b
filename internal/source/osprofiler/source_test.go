package osprofiler

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"culprit/internal/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// note is a notification of a step of trace base, so many seconds after noon.
func note(base int, name string, id, seconds int) string {
	return fmt.Sprintf(`{"name": "%s", "base_id": "%s", "trace_id": "%s", "parent_id": "%s", "timestamp": "%s", "info": {"host": "ctl"}, "project": "nova", "service": "api"}`,
		name, uuid(base), uuid(id), uuid(base), stamp(seconds))
}

func uuid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

func stamp(seconds int) string {
	return noon.Add(time.Duration(seconds) * time.Second).Format("2006-01-02T15:04:05.000000")
}

// fetched are the spans of [noon, noon+1m) that the source delivers, by trace.
func fetched(t *testing.T, c Config) map[string]int {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	err = s.Fetch(t.Context(), noon, noon.Add(time.Minute), func(_ context.Context, b source.Batch) error {
		for _, td := range b.Traces {
			for _, rs := range td.ResourceSpans().All() {
				for _, span := range rs.ScopeSpans().At(0).Spans().All() {
					id := span.TraceID()
					got[fmt.Sprintf("%x", id[14:])]++
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRedis(t *testing.T) {
	server := miniredis.RunT(t)
	server.RequireAuth("s3cret")
	push := func(base int, notes ...string) {
		for _, n := range notes {
			if _, err := server.Lpush(listPrefix+uuid(base), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	push(1, note(1, "wsgi-start", 11, 5), note(1, "db-start", 12, 6), note(1, "db-stop", 12, 7), note(1, "wsgi-stop", 11, 8))
	push(2, note(2, "wsgi-start", 21, -600), note(2, "wsgi-stop", 21, -599)) // before the stretch
	push(3, note(3, "wsgi-start", 31, 40), "{broken", note(3, "wsgi-stop", 31, 41))
	for _, n := range []struct{ name, at string }{{"rpc-start", stamp(10)}, {"rpc-stop", stamp(11)}} {
		seconds := 10
		if strings.HasSuffix(n.name, "stop") {
			seconds = 11
		}
		if err := server.Set(singlePrefix+uuid(4)+"_"+uuid(41)+"_"+n.at, note(4, n.name, 41, seconds)); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Set("osprofiler_error:"+uuid(1), `{"base_id": "x"}`); err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.Store, c.PasswordEnv = "redis://"+server.Addr()+"/0", "OSPROFILER_TEST_PASSWORD"
	t.Setenv(c.PasswordEnv, "s3cret")
	got := fetched(t, c)
	if want := map[string]int{"0001": 2, "0003": 1, "0004": 1}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("spans by trace: %v, want %v", got, want)
	}
}

// The server answers as Elasticsearch 7 does to the two searches and the scroll.
func TestElasticsearch(t *testing.T) {
	docs := []string{note(1, "wsgi-start", 11, 5), note(1, "wsgi-stop", 11, 8), note(2, "wsgi-start", 21, -600)}
	var ended bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		if user, password, _ := r.BasicAuth(); user != "elastic" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		hits := []map[string]json.RawMessage{}
		switch {
		case r.Method == http.MethodDelete:
			ended = true
		case r.URL.Path == "/osprofiler-notifications/_search":
			for _, d := range docs {
				phrase := strings.Contains(body.String(), "match_phrase") && strings.Contains(body.String(), d[strings.Index(d, "base_id")+11:][:36])
				if phrase || strings.Contains(body.String(), "range") && !strings.Contains(d, "11:50") {
					hits = append(hits, map[string]json.RawMessage{"_source": json.RawMessage(d)})
				}
			}
		case r.URL.Path != "/_search/scroll":
			t.Errorf("asked for %s", r.URL)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"_scroll_id": "s1", "hits": map[string]any{"hits": hits}})
	}))
	defer server.Close()
	c := DefaultConfig()
	c.Store = strings.Replace(server.URL, "http://", "elasticsearch://elastic@", 1)
	c.PasswordFile = t.TempDir() + "/password"
	if err := os.WriteFile(c.PasswordFile, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := fetched(t, c); fmt.Sprint(got) != "map[0001:1]" {
		t.Errorf("spans by trace: %v", got)
	}
	if !ended {
		t.Error("the scroll was not freed")
	}
}

func TestBadStores(t *testing.T) {
	for _, store := range []string{"", "messaging://", "mongodb://h:1", "redis//x"} {
		c := DefaultConfig()
		c.Store = store
		if _, err := New(c); err == nil {
			t.Errorf("%q is accepted", store)
		}
	}
}
