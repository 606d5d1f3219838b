package sources

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	// between, if not nil, starts what stands between the client and culprit once culprit
	// listens, and returns more of the client's environment. Who finds nobody there
	// waits longer with every try.
	between func() (env []string)
	// also, if not nil, must hold of an incident that blames the right operation.
	also func(outside.Incident) bool
}

// settle is what all sources are told to wait for spans, YAML: longer than a loaded
// machine keeps a client, or culprit, from going on.
const settle = "settle: 8s"

// found is how long a fault may take to be told at most. It takes a window, the settle
// delay and the clients' batches; the rest is patience, which costs nothing while
// all is well.
const found = 2 * time.Minute

// follow starts culprit with the sources of a row, has the story told to the row's
// client, and checks that nothing is said while all is well, that the right
// operation is blamed then, that the sources are well and that nothing was lost.
func follow(t *testing.T, r row) {
	t.Helper()
	dir := program(t, built)
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
	if r.between != nil {
		r.env = append(r.env, r.between()...)
	}
	told := tell(t, state, r)
	slow := told.begin.Add(story.Usual().Quiet)

	var incidents []outside.Incident
	for {
		incidents = published(t, culprit)
		for _, in := range incidents {
			if !in.OpenedAt.After(slow) { // windows before it, whenever they were judged
				t.Fatalf("all is well until %s, but: %+v\n%s", slow.Format(time.TimeOnly), in, status(t, culprit).text)
			}
		}
		if len(incidents) > 0 && blamed(incidents[0]) && (r.also == nil || r.also(incidents[0])) {
			break
		}
		if time.Now().After(slow.Add(found)) {
			t.Fatalf("%s %s is slow since %s, and this was told: %+v\n%s", story.Service, story.Operation, slow.Format(time.TimeOnly), incidents, status(t, culprit).text)
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-culprit.Done():
			t.Fatal("culprit has ended")
		case <-told.ended:
			t.Fatal("the client has ended")
		}
	}
	t.Logf("%.0f s after the beginning: %s; the story was told up to %.1f s late", time.Since(slow).Seconds(), incidents[0].Suspects[0].Reason, told.late().Seconds())
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

// telling is a story that is being told to a client.
type telling struct {
	begin time.Time
	ended <-chan struct{} // closed when the client has ended
	late  func() time.Duration
}

// tell starts the client, waits until it listens, and has the story told to it until
// the test ends.
func tell(t *testing.T, dir string, r row) telling {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "client.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(r.client[0], r.client[1:]...)
	cmd.Env = append(os.Environ(), r.env...)
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready := newWatchFor(story.Ready, log)
	cmd.Stdout = ready
	if err := cmd.Start(); err != nil {
		t.Fatalf("the client: %v; .ci/needs debian python node installs what clients need", err)
	}
	ended := make(chan struct{})
	var exit error
	go func() {
		defer close(ended)
		exit = cmd.Wait()
	}()
	ctx, stop := context.WithCancel(context.Background())
	var teller story.Teller
	over := make(chan error, 1)
	over <- nil // nothing is told yet
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
		_ = in.Close() // the client's sign to send what it still has, and to end
		kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		<-ended
		if exit != nil {
			t.Errorf("the client: %v", exit)
		}
		_ = log.Close()
		if t.Failed() {
			t.Logf("the story was told up to %.1f s late", teller.Late().Seconds())
			show(t, log.Name())
		}
	})
	select {
	case <-ready.seen:
	case <-ended:
		t.Fatal("the client has ended before the story began")
	case <-time.After(2 * time.Minute):
		t.Fatal("the client does not say that it is ready")
	}
	<-over
	begin := time.Now().Add(time.Second)
	go func() { over <- teller.Tell(ctx, story.Usual(), begin, in) }()
	return telling{begin, ended, teller.Late}
}

// watchFor passes on what is written and says when a text has come.
type watchFor struct {
	to   io.Writer
	text []byte
	last []byte // what came so far, until the text has
	seen chan struct{}
}

func newWatchFor(text string, to io.Writer) *watchFor {
	return &watchFor{to: to, text: []byte(text), seen: make(chan struct{})}
}

func (w *watchFor) Write(b []byte) (int, error) {
	if w.text != nil {
		if w.last = append(w.last, b...); bytes.Contains(w.last, w.text) {
			close(w.seen)
			w.text, w.last = nil, nil
		}
	}
	return w.to.Write(b)
}

// published is what was told so far, newest first.
func published(t *testing.T, c *rig.Culprit) []outside.Incident {
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
