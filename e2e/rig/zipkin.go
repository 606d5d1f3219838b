package rig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// The Zipkin server: one jar from Maven Central, which needs a Java runtime of version 17
// or later.
const (
	zipkinVersion = "3.5.1"
	zipkinJar     = "https://repo1.maven.org/maven2/io/zipkin/zipkin-server/" + zipkinVersion + "/zipkin-server-" + zipkinVersion + "-exec.jar"
	zipkinSum     = "7ac633a6832647e71e50012a5e3e91fbc7054414955261724526030faf271d8d"
)

// Zipkin is a running Zipkin server with its storage in memory.
type Zipkin struct {
	*Process
	URL string
}

// StartZipkin starts a server on a free port with its log below dir. Its jar is fetched
// into cache, once.
func StartZipkin(ctx context.Context, cache, dir string) (*Zipkin, error) {
	jar, err := fetch(ctx, zipkinJar, zipkinSum, filepath.Join(cache, "zipkin-server-"+zipkinVersion+".jar"))
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	z := &Zipkin{URL: fmt.Sprintf("http://127.0.0.1:%d", ports[0])}
	env := []string{fmt.Sprintf("QUERY_PORT=%d", ports[0]), "STORAGE_TYPE=mem", "MEM_MAX_SPANS=500000", "SELF_TRACING_ENABLED=false"}
	z.Process, err = StartProcess("zipkin", dir, "java", env, "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", jar)
	if err != nil {
		return nil, err
	}
	if err := z.answers(ctx, z.URL+"/health"); err != nil {
		z.Stop()
		return nil, err
	}
	return z, nil
}

// fetch gets a file whose SHA-256 is known, unless it is there.
func fetch(ctx context.Context, url, sum, path string) (string, error) {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetching %s: %s", url, res.Status)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	out, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), res.Body)
	if err := errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("fetching %s: %w", url, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return "", fmt.Errorf("fetching %s: its SHA-256 is %s, want %s", url, got, sum)
	}
	return path, os.Rename(out.Name(), path)
}
