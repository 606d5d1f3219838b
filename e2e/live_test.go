package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"culprit/e2e/outside"
	"culprit/e2e/rig"
)

const (
	// window is culprit's default.
	window = 30 * time.Second
	// hold is how long a fault lasts at least: two full windows and what may be left
	// of the window in which it begins.
	hold = 85 * time.Second
	// patience is how long to wait for an event beyond the windows that it takes:
	// settle delay, second look, and a loaded machine.
	patience = 2 * time.Minute
)

// live is HotROD and Jaeger under load, and two culprits that watch them from an empty
// state, with someone outside who watches each.
type live struct {
	program string // culprit
	hotrod  *rig.HotROD
	load    *rig.Load
	serve   *rig.Culprit
	watch   *outside.Watch

	recorder *rig.Culprit // keeps what it reads, and is never killed
	recorded *outside.Watch
	record   string // directory of its recording
}

// TestLive is the on-call engineer's story: nothing while all is well; for each
// fault one incident, of the right first suspect, within two windows, that is
// resolved after it; also when culprit is killed in the middle.
func TestLive(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half an hour of real time")
	}
	l := startLive(t)
	quiet := t.Run("three quiet minutes open none", func(t *testing.T) {
		sleep(t, 3*time.Minute)
		for _, m := range l.watch.Log() {
			t.Errorf("%s: %s", m.Incident.Event, m.Incident.Summary)
		}
	})
	if !quiet {
		t.Log("going on, but what follows may be confused by it")
	}
	for _, f := range rig.Faults {
		t.Run(f.Name, func(t *testing.T) {
			var suspected, open func()
			switch f.Name {
			case "pool-of-one":
				suspected = func() { sleep(t, 20*time.Second); l.killAndRestart(t) }
			case "customer-stopped":
				open = func() { l.killAndRestart(t) }
			}
			l.fault(t, f, suspected, open)
		})
	}
	t.Run("the log and the plain subjects agree", func(t *testing.T) {
		sleep(t, 2*time.Second) // for what is on its way
		for _, broken := range l.watch.Check() {
			t.Error(broken)
		}
		if n := len(l.watch.Plain()); n == 0 {
			t.Error("the plain subscriber has got nothing")
		}
	})
	t.Run("Jaeger is asked for little more than is used", l.amplification)
	t.Run("what was recorded replays to the same bytes", l.replay)
}

func startLive(t *testing.T) *live {
	ctx := t.Context()
	dir := t.TempDir()
	programs, err := rig.Build(ctx, filepath.Join("..", ".cache", "e2e"))
	if err != nil {
		t.Fatal(err)
	}
	l := &live{record: filepath.Join(dir, "recording")}
	if l.program, err = rig.BuildCulprit(ctx, "..", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	jaeger, err := rig.StartJaeger(ctx, programs.Jaeger, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(jaeger.Stop)
	ports, err := rig.FreePorts(4)
	if err != nil {
		t.Fatal(err)
	}
	l.hotrod, err = rig.StartHotROD(ctx, programs.HotROD, dir, jaeger.OTLP, [4]int(ports))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.hotrod.Stop)
	l.load = rig.StartLoad(l.hotrod.URL, rig.LoadConfig{Rate: 6, InFlight: 16, Seed: 1})
	t.Cleanup(l.load.Close)
	l.serve, l.watch = l.start(t, filepath.Join(dir, "serve"), "--jaeger", jaeger.GRPC)
	l.recorder, l.recorded = l.start(t, filepath.Join(dir, "recorder"), "--jaeger", jaeger.HTTP, "--record", l.record)
	return l
}

// start starts a culprit and someone who watches it.
func (l *live) start(t *testing.T, dir string, args ...string) (*rig.Culprit, *outside.Watch) {
	c, err := rig.StartCulprit(t.Context(), l.program, dir, "serve", args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Stop()
		if t.Failed() {
			showLog(t, c.Log)
		}
	})
	w, err := outside.Start(t.Context(), c.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return c, w
}

// fault makes one fault and checks its incident from opening to resolution. If they
// are not nil, suspected is called when the fault begins and open when its incident is
// open.
func (l *live) fault(t *testing.T, f rig.Fault, suspected, open func()) {
	ctx := t.Context()
	before := len(l.watch.Log())
	on, err := f.On(ctx, l.hotrod, l.load)
	if err != nil {
		t.Fatal(err)
	}
	if suspected != nil {
		suspected()
	}
	opened, at, err := l.await(ctx, 3*window+patience, before, func(in outside.Incident) bool { return in.Event == "opened" })
	if err == nil {
		l.checkOpened(t, f, on, opened)
		if open != nil {
			open()
		}
		sleep(t, time.Until(on.Add(hold)))
	}
	off, offErr := f.Off(ctx, l.hotrod, l.load)
	if offErr != nil {
		t.Fatal(offErr)
	}
	if err != nil {
		t.Fatalf("no incident for %s of %s: %v", off.Sub(on).Round(time.Second), f.Note, err)
	}
	id := opened.Incident.ID
	resolved, _, err := l.await(ctx, 5*window+patience, at, func(in outside.Incident) bool { return in.ID == id && in.Event == "resolved" })
	if err != nil {
		t.Fatalf("%q was not resolved: %v", opened.Incident.Title, err)
	}
	t.Logf("resolved %s after the end", resolved.Incident.ResolvedAt.Sub(off).Round(time.Second))
	for _, m := range l.watch.Log()[before:] {
		if m.Incident.ID != id {
			t.Errorf("a second incident was %s: %s", m.Incident.Event, m.Incident.Summary)
		}
	}
	l.checkREST(t, resolved.Incident)
}

func (l *live) checkOpened(t *testing.T, f rig.Fault, on time.Time, m outside.Message) {
	in := m.Incident
	t.Logf("opened %s after the beginning: %s", in.OpenedAt.Sub(on).Round(time.Second), in.Summary)
	// The window in which the fault begins shows only a part of it.
	if latest := on.Truncate(window).Add(3 * window); in.OpenedAt.After(latest) {
		t.Errorf("opened at %s, later than two windows after %s", in.OpenedAt, on)
	}
	if len(in.Suspects) == 0 {
		t.Fatalf("%q has no suspects", in.Title)
	}
	first := in.Suspects[0]
	right := slices.ContainsFunc(f.Causes, func(c rig.Cause) bool {
		return first.Service == c.Service && (c.Operation == "" || first.Operation == c.Operation)
	})
	if !right || f.Kind != "" && first.Kind != f.Kind {
		t.Errorf("the first suspect of %s is %s, want %v %s", f.Name, tell(in.Suspects), f.Causes, f.Kind)
	}
}

// checkREST compares an incident on REST, which follows the log at a little distance,
// with what the log said of it.
func (l *live) checkREST(t *testing.T, in outside.Incident) {
	var got struct {
		outside.Incident
		Revisions []outside.Incident `json:"revisions"`
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); sleep(t, 50*time.Millisecond) {
		if err := l.serve.Get(t.Context(), "/api/v1/incidents/"+in.ID, &got); err != nil {
			t.Fatal(err)
		}
		if got.State == in.State && got.Revision == in.Revision && len(got.Revisions) == in.Revision {
			return
		}
	}
	t.Errorf("REST shows %q at revision %d with %d revisions, the log has %q at revision %d",
		got.State, got.Revision, len(got.Revisions), in.State, in.Revision)
}

// killAndRestart kills culprit as a power failure would and starts it again at once.
func (l *live) killAndRestart(t *testing.T) {
	l.serve.Kill()
	begin := time.Now()
	if err := l.serve.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready %s after kill -9", time.Since(begin).Round(time.Millisecond))
}

func (l *live) amplification(t *testing.T) {
	var status struct {
		Sources []struct {
			Name     string `json:"name"`
			Protocol string `json:"protocol"`
			Received int64  `json:"spans_received"`
			Used     int64  `json:"spans_used"`
		} `json:"sources"`
	}
	if err := l.serve.Get(t.Context(), "/api/v1/status", &status); err != nil {
		t.Fatal(err)
	}
	if len(status.Sources) != 1 || status.Sources[0].Used == 0 {
		t.Fatalf("sources: %+v", status.Sources)
	}
	s := status.Sources[0]
	t.Logf("%s: %d spans received, %d used", s.Protocol, s.Received, s.Used)
	if ratio := float64(s.Received) / float64(s.Used); ratio > 1.3 {
		t.Errorf("%.2f spans are fetched for each that is used, want at most 1.3", ratio)
	}
}

// replay stops the recorder and compares what its recording replays to with what it
// published.
func (l *live) replay(t *testing.T) {
	for _, broken := range l.recorded.Check() {
		t.Error(broken)
	}
	var published bytes.Buffer
	for _, m := range l.recorded.Log() {
		published.Write(m.Data)
		published.WriteByte('\n')
	}
	l.recorder.Stop()
	if published.Len() == 0 {
		t.Fatal("the recorder has published nothing to compare with")
	}
	begin := time.Now()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), l.program, "replay", "--json", l.record)
	cmd.Stderr = &stderr
	replayed, err := cmd.Output()
	if err != nil {
		t.Fatalf("culprit replay: %v\n%s", err, stderr.Bytes())
	}
	t.Logf("replayed in %s", time.Since(begin).Round(time.Millisecond))
	if !bytes.Equal(replayed, published.Bytes()) {
		t.Errorf("the replay differs from the live run: %s", firstDifference(published.Bytes(), replayed))
	}
}

func (l *live) await(ctx context.Context, d time.Duration, from int, want func(outside.Incident) bool) (outside.Message, int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, fmt.Errorf("nothing in %s", d))
	defer cancel()
	return l.watch.Await(ctx, from, want)
}
