package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

func encoding(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Accept-Encoding", name) }
}

// Every address of the page gives the same document, which may run nothing but what
// it came with.
func TestPageAnswers(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	for _, path := range []string{"/", "/incidents", "/incidents/abc", "/incidents/%3Cb%3E", "/topology?at=x", "/operations?service=a&operation=b", "/compare?from=x", "/health"} {
		res, body := s.do(t, http.MethodGet, path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(string(body), `<div id="page">`) {
			t.Errorf("%s: %d %s %.80s", path, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "data:") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: a new version would not be seen: Cache-Control %q", path, res.Header.Get("Cache-Control"))
		}
		again, _ := s.do(t, http.MethodGet, path, func(r *http.Request) { r.Header.Set("If-None-Match", res.Header.Get("ETag")) })
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d to its own ETag", path, again.StatusCode)
		}
	}
}

// The document asks for nothing from elsewhere, and has nothing inline that the policy
// would refuse.
func TestPageAsksOnlyUs(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	_, page := s.do(t, http.MethodGet, "/")
	if bytes.Contains(page, []byte("://")) || bytes.Contains(page, []byte("<style")) || regexp.MustCompile(`<script[^>]*>[^<]`).Match(page) {
		t.Errorf("inline, or from elsewhere:\n%s", page)
	}
	links := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(page, -1)
	if len(links) < 3 {
		t.Fatalf("want a script, a style and an icon, have %q", links)
	}
	for _, l := range links {
		path := string(l[1])
		plain, body := s.do(t, http.MethodGet, path, encoding("identity"))
		packed, small := s.do(t, http.MethodGet, path, encoding("br;q=1, gzip"))
		if plain.StatusCode != http.StatusOK || plain.Header.Get("Content-Encoding") != "" || plain.Header.Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%s: %d %v", path, plain.StatusCode, plain.Header)
		}
		if fixed := strings.Contains(plain.Header.Get("Cache-Control"), "immutable"); fixed != strings.HasPrefix(path, "/assets/") {
			t.Errorf("%s: Cache-Control %q", path, plain.Header.Get("Cache-Control"))
		}
		if packed.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is not compressed", path)
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(small))
		if err != nil {
			t.Fatal(err)
		}
		if unpacked, err := io.ReadAll(r); err != nil || !bytes.Equal(unpacked, body) {
			t.Errorf("%s: compressed and plain differ: %v", path, err)
		}
	}
}

func TestAccepts(t *testing.T) {
	for line, want := range map[string]bool{
		"gzip": true, "br, gzip": true, "GZIP;q=0.5": true, "gzip; q=0.001": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "xgzip": false,
	} {
		if accepts([]string{line}, "gzip") != want {
			t.Errorf("Accept-Encoding %q: want %v", line, want)
		}
	}
}

// mostPage is the most that the whole page may take on its way, compressed.
const mostPage = 400_000

func TestPageIsSmall(t *testing.T) {
	total := 0
	err := fs.WalkDir(os.DirFS("web/dist"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile("web/dist/" + name)
		if err != nil {
			return err
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(body); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		total += packed.Len()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes compressed", total)
	if total > mostPage || total < 10_000 {
		t.Errorf("the page takes %d bytes, compressed: want at most %d", total, mostPage)
	}
}
