package rig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// The Zipkin server: one jar, which Maven fetches from where it is told to and which needs a
// Java runtime of version 17 or later.
const (
	zipkinVersion = "3.5.1"
	zipkinSum     = "7ac633a6832647e71e50012a5e3e91fbc7054414955261724526030faf271d8d"
)

// Zipkin is a running Zipkin server with its storage in memory.
type Zipkin struct {
	*Process
	URL string
}

// FetchZipkin fetches the server's jar into cache, once, and returns its path.
func FetchZipkin(ctx context.Context, cache string) (jar string, err error) {
	return fetch(ctx, "io.zipkin", "zipkin-server", zipkinVersion, "exec", zipkinSum, cache)
}

// StartZipkin starts a server on a free port with its log below dir.
func StartZipkin(ctx context.Context, jar, dir string) (*Zipkin, error) {
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

// fetch has Maven put a jar whose SHA-256 is known into dir, unless it is there, and
// returns its path.
func fetch(ctx context.Context, group, artifact, version, classifier, sum, dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s-%s-%s.jar", artifact, version, classifier)
	if !is(filepath.Join(dir, name), sum) {
		cmd := exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
			fmt.Sprintf("-Dartifact=%s:%s:%s:jar:%s", group, artifact, version, classifier), "-DoutputDirectory="+dir)
		cmd.Dir = os.TempDir() // away from any project
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("fetching %s: %w\n%s", name, err, out)
		}
	}
	if path := filepath.Join(dir, name); is(path, sum) {
		return path, nil
	}
	return "", fmt.Errorf("fetching %s: its SHA-256 is not %s", name, sum)
}

// is reports whether a file has a SHA-256.
func is(path, sum string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && hex.EncodeToString(h.Sum(nil)) == sum
}
