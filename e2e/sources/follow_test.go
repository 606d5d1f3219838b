package sources

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"culprit/e2e/outside"
	"culprit/e2e/rig"
	"culprit/e2e/sources/story"
)

// row is a way for spans to come to culprit.
type row struct {
	// sources is the part of culprit's configuration that names its sources, YAML, and
	// count how many it names.
	sources string
	count   int
	// client is the command of the program that emits the story; see python, node
	// and goClient. env is what its environment holds beside this process's.
	client []string
	env    []string
	// also, if not nil, must hold of an incident that blames the right operation.
	also func(outside.Incident) bool
}

// Where things are, seen from this package.
const (
	root  = "../.."
	cache = root + "/.cache"
)

// found is how long a fault may take to be told: windows of two seconds, the settle
// delay, the clients' batches, and a loaded machine.
const found = 40 * time.Second

// TestMain lets all rows run side by side: they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	code := m.Run()
	if dir, err := built(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// built is a directory with culprit in it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "culprit-sources")
	if err != nil {
		return "", err
	}
	_, err = rig.BuildCulprit(context.Background(), root, dir)
	return dir, err
})

// python is the command of a client in Python.
func python(script string) []string {
	return []string{filepath.Join(cache, "venv", "bin", "python"), "-u", filepath.Join("clients", script)}
}

// node is the command of a client in JavaScript.
func node(script string) []string {
	return []string{"node", filepath.Join("clients", "node", script)}
}

// goClient builds a client in Go, once.
func goClient(t *testing.T, pkg string) []string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	building.Lock()
	defer building.Unlock()
	out := filepath.Join(dir, pkg)
	if _, err := os.Stat(out); err == nil {
		return []string{out}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, "./clients/"+pkg)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, b)
	}
	return []string{out}
}

// building is held while something is built that several rows use.
var building sync.Mutex

// follow starts culprit with the sources of a row, has the story told to the row's
// client, and checks that nothing is said while all is well, that the right
// operation is blamed then, that the sources are well and that nothing was lost.
func follow(t *testing.T, r row) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a minute of real time")
	}
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	config := filepath.Join(state, "culprit.yaml")
	if err := os.WriteFile(config, []byte("engine:\n  window: 2s\n"+r.sources), 0o600); err != nil {
		t.Fatal(err)
	}
	culprit, err := rig.StartCulprit(t.Context(), filepath.Join(dir, "culprit"), state, "serve", "--config", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		culprit.Stop()
		if t.Failed() {
			show(t, culprit.Log)
		}
	})
	begin := tell(t, state, r)
	slow := begin.Add(story.Usual().Quiet)

	var incidents []outside.Incident
	for {
		incidents = told(t, culprit)
		if len(incidents) > 0 && blamed(incidents[0]) && (r.also == nil || r.also(incidents[0])) {
			break
		}
		if time.Now().Before(slow) && len(incidents) > 0 {
			t.Fatalf("all is well, but: %+v", incidents)
		}
		if time.Now().After(slow.Add(found)) {
			t.Fatalf("%s %s is slow since %s, and this was told: %+v\n%s", story.Service, story.Operation, slow.Format(time.TimeOnly), incidents, status(t, culprit).text)
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-culprit.Done():
			t.Fatal("culprit has ended")
		}
	}
	t.Logf("%.0f s after the beginning: %s", time.Since(slow).Seconds(), incidents[0].Suspects[0].Reason)
	status(t, culprit).check(t, r)
	once(t, culprit, incidents[0].Suspects[0].Operation)
}

// once checks that each request counts once, however often its spans came.
func once(t *testing.T, c *rig.Culprit, operation string) {
	t.Helper()
	var view struct {
		Normal struct {
			PerSecond float64 `json:"per_second"`
		}
	}
	if err := c.Get(t.Context(), "/api/v1/operations/"+story.Service+"/"+operation, &view); err != nil {
		t.Fatal(err)
	}
	if want := story.Usual().Charges(); view.Normal.PerSecond < .8*want || view.Normal.PerSecond > 1.2*want {
		t.Errorf("%s usually has %.1f requests a second, want %.0f", story.Operation, view.Normal.PerSecond, want)
	}
}

// blamed reports whether the right operation is. Zipkin's libraries write names small.
func blamed(in outside.Incident) bool {
	if len(in.Suspects) == 0 {
		return false
	}
	s := in.Suspects[0]
	return s.Service == story.Service && strings.EqualFold(s.Operation, story.Operation) && s.Kind == "own_time"
}

// tell starts the client and has the story told to it until the test ends. It returns
// when the story begins.
func tell(t *testing.T, dir string, r row) time.Time {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "client.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(r.client[0], r.client[1:]...)
	cmd.Env = append(os.Environ(), r.env...)
	cmd.Stdout, cmd.Stderr = log, log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("the client: %v; .ci/needs debian python node installs what clients need", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	begin := time.Now().Add(time.Second)
	go func() { over <- story.Usual().Tell(ctx, begin, in) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
		_ = in.Close() // the client's sign to send what it still has, and to end
		kill := time.AfterFunc(15*time.Second, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the client: %v", err)
		}
		_ = log.Close()
		if t.Failed() {
			show(t, log.Name())
		}
	})
	return begin
}

// told is what was published, newest first.
func told(t *testing.T, c *rig.Culprit) []outside.Incident {
	t.Helper()
	var page struct{ Incidents []outside.Incident }
	if err := c.Get(t.Context(), "/api/v1/incidents", &page); err != nil {
		t.Fatal(err)
	}
	return page.Incidents
}

// show prints the end of a log.
func show(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Log(err)
		return
	}
	const most = 6000
	if len(b) > most {
		b = b[len(b)-most:]
	}
	t.Logf("the end of %s:\n%s", filepath.Base(path), strings.TrimSpace(string(b)))
}

// ports returns n free ports as addresses.
func ports(t *testing.T, n int) []string {
	t.Helper()
	free, err := rig.FreePorts(n)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, n)
	for i, p := range free {
		out[i] = fmt.Sprintf("127.0.0.1:%d", p)
	}
	return out
}
