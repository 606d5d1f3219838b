package sources

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// AWS's X-Ray SDK for Python over UDP, to where the X-Ray daemon would be.
func TestXRayFromPython(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)
	follow(t, row{
		sources: fmt.Sprintf("xray_daemon:\n  - {udp: %q, %s}\n", at[0], settle), count: 1,
		client: python("xray.py"),
		env:    []string{"AWS_XRAY_DAEMON_ADDRESS=" + at[0]},
	})
}

// X-Ray's API as moto serves it, filled by PutTraceSegments and read with AWS's SDK for Go.
func TestXRayAPI(t *testing.T) {
	t.Parallel()
	// moto takes any credentials, but the SDKs want some. The others are parallel, so
	// they are culprit's by the environment of all.
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"} {
		if err := os.Setenv(k, v); err != nil {
			t.Fatal(err)
		}
	}
	at := ports(t, 1)[0]
	moto(t, at)
	api := corrected(t, at)
	follow(t, row{
		sources: fmt.Sprintf("xray:\n  - {endpoint: 'http://%s', region: eu-west-1, step: 2s, %s, second_look: 2s, backfill: 2s, requests_per_second: 200}\n", strings.TrimPrefix(api, "http://"), settle), count: 1,
		client: python("xray.py"),
		env:    []string{"XRAY_ENDPOINT=http://" + at},
	})
}

// moto starts moto's server of AWS's interfaces.
func moto(t *testing.T, at string) {
	t.Helper()
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "moto.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(cache, "venv", "bin", "python"), "-m", "moto.server", "-H", host, "-p", port)
	cmd.Env = append(os.Environ(), "TZ=UTC") // it compares local times with UTC
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("moto: %v; .ci/needs python installs it", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		_ = log.Close()
		if t.Failed() {
			show(t, log.Name())
		}
	})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		c, err := net.Dial("tcp", at)
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			show(t, log.Name())
			t.Fatalf("moto does not answer: %v", err)
		}
	}
}

// corrected stands before moto, which writes the empty list of a trace's users as an
// empty object: AWS's own SDK does not read that, and AWS does not write it.
func corrected(t *testing.T, at string) (address string) {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: at})
	proxy.ModifyResponse = func(r *http.Response) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_ = r.Body.Close() // it is read
		b = bytes.ReplaceAll(b, []byte(`"Users": {}`), []byte(`"Users": []`))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		r.Header.Set("Content-Length", strconv.Itoa(len(b)))
		return nil
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL
}

// Google Cloud Trace, read with Google's own client library from a server whose answers are made
// by the API's documentation and types. None is recorded from Google: there is no emulator
// that could be run, and no project that could be asked.
func TestCloudTrace(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{
		sources: fmt.Sprintf("cloudtrace:\n  - {project: shop, endpoint: %q, insecure: true, step: 2s, %s, second_look: 2s, backfill: 2s, requests_per_second: 50}\n", at, settle), count: 1,
		client: goClient(t, "cloudtrace"),
		env:    []string{"CLOUDTRACE_ADDRESS=" + at},
	})
}
