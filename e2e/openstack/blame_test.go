package openstack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"culprit/e2e/outside"
	"culprit/e2e/rig"
)

// load is how the cloud is run: some VMs are made, and more images are read than VMs need,
// so that each window holds enough for a verdict and the machine is not busy.
var load = rig.CloudConfig{Rate: 0.5, Images: 8, Scale: 40, Seed: 1}

// healthy is how many windows must have been found healthy before the cloud is broken, and
// enough how much of the cloud's time after that is judged at most until it has been told: a
// busy machine makes both come later, not fail.
const (
	healthy = 20
	enough  = 90 * time.Second
)

// What is blamed, by all ways.
const (
	service   = "glance-api"
	operation = "STORE_FileStore.get"
)

// world is a broken cloud and the culprit that watches it.
type world struct {
	queue   *rig.Redis
	cloud   *rig.Cloud
	culprit *rig.Culprit
}

// The real osprofiler writes to a real Redis, which culprit reads; and what osprofiler's
// own command shows of one of the traces is a recording.
func TestRedis(t *testing.T) {
	t.Parallel()
	w := start(t, load, func(queue *rig.Redis) (store, sources string) {
		return queue.URL(0), fmt.Sprintf("osprofiler:\n  - {store: %q, step: 2s, settle: 8s, second_look: 2s, backfill: 2s}\n", queue.URL(0))
	})
	w.blames(t, operation)
	t.Run("show", func(t *testing.T) { show(t, w) })
}

// The real osprofiler writes to a real Elasticsearch, which culprit reads. Each
// notification is a request to the server, so this cloud does less, and has the machine
// to itself.
func TestElasticsearch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute of real time")
	}
	jars, err := elasticFetched()
	if err != nil {
		t.Fatal(err)
	}
	db, err := rig.StartElasticsearch(t.Context(), jars, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Stop()
		if t.Failed() {
			tail(t, db.Log)
		}
	})
	less := load
	less.Rate, less.Images = 0.25, 5
	w := start(t, less, func(*rig.Redis) (store, sources string) {
		store = "elasticsearch://" + db.Addr
		return store, fmt.Sprintf("osprofiler:\n  - {store: %q, step: 2s, settle: 8s, second_look: 2s, backfill: 2s}\n", store)
	})
	w.blames(t, operation)
}

// The real osprofiler sends OTLP, which culprit receives.
func TestOTLP(t *testing.T) {
	t.Parallel()
	w := start(t, load, func(*rig.Redis) (store, sources string) {
		free, err := rig.FreePorts(1)
		if err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprintf("127.0.0.1:%d", free[0])
		return "otlp://" + at, fmt.Sprintf("otlp:\n  - {http: %q, grpc: \"\", settle: 8s}\n", at)
	})
	w.blames(t, operation)
}

// start starts culprit and a cloud, which tells of itself as ways says: a connection
// string of osprofiler, and culprit's sources.
func start(t *testing.T, config rig.CloudConfig, ways func(queue *rig.Redis) (store, sources string)) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a minute of real time")
	}
	dir := t.TempDir()
	queue, err := rig.StartRedis(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(queue.Stop)
	store, sources := ways(queue)
	file := filepath.Join(dir, "culprit.yaml")
	if err := os.WriteFile(file, []byte("engine:\n  window: 2s\n"+sources), 0o600); err != nil {
		t.Fatal(err)
	}
	culprit, err := rig.StartCulprit(t.Context(), program(t), dir, "serve", "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(culprit.Stop)
	config.Store = store
	cloud, err := rig.StartCloud(t.Context(), "..", dir, queue, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cloud.Stop()
		if t.Failed() {
			for _, log := range []string{culprit.Log, cloud.Log} {
				tail(t, log)
			}
		}
	})
	return &world{queue, cloud, culprit}
}

// tail prints the end of a log.
func tail(t *testing.T, log string) {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil {
		t.Log(err)
		return
	}
	t.Logf("the end of %s:\n%s", filepath.Base(log), b[max(0, len(b)-4000):])
}

// blames checks that a slow Glance is blamed on this operation, and that nobody thought of
// it before. That nothing else is told while all is well is package sources' to check,
// whose story does not depend on how busy the machine is: this cloud's time does.
func (w *world) blames(t *testing.T, operation string) {
	t.Helper()
	w.until(t, "enough is known of how it usually is", func(s state) bool { return s.HealthyWindows >= healthy })
	if in, ok := w.blamed(t, operation); ok {
		t.Fatalf("all is well, but: %+v", in)
	}
	slow, err := w.cloud.Break(t.Context(), "slow-glance")
	if err != nil {
		t.Fatal(err)
	}
	w.until(t, "a slow Glance is told", func(s state) bool {
		in, ok := w.blamed(t, operation)
		if ok {
			t.Logf("%.0f s after the beginning: %s", time.Since(slow).Seconds(), in.Suspects[0].Reason)
		} else if s.Watermark.After(slow.Add(enough)) {
			t.Fatalf("Glance is slow since %s, and this was told: %+v\n%s", slow.Format(time.TimeOnly), w.told(t), s.text)
		}
		return ok
	})
	s := w.status(t)
	if len(s.Sources) != 1 || !s.Sources[0].Healthy || s.Sources[0].Error != "" || s.SpansDropped > 0 {
		t.Errorf("status after the verdict: %s", s.text)
	}
}

// until waits until something holds of the status.
func (w *world) until(t *testing.T, what string, holds func(state) bool) {
	t.Helper()
	for deadline := time.Now().Add(6 * time.Minute); ; {
		s := w.status(t)
		if holds(s) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not in six minutes: %s\n%s", what, s.text)
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-w.culprit.Done():
			t.Fatal("culprit has ended")
		case <-w.cloud.Done():
			t.Fatal("the cloud has ended")
		}
	}
}

// blamed is the incident that names the operation first, if there is one.
func (w *world) blamed(t *testing.T, operation string) (outside.Incident, bool) {
	t.Helper()
	for _, in := range w.told(t) {
		if len(in.Suspects) > 0 {
			if s := in.Suspects[0]; s.Service == service && s.Operation == operation && s.Kind == "own_time" {
				return in, true
			}
		}
	}
	return outside.Incident{}, false
}

// told is what was published, newest first.
func (w *world) told(t *testing.T) []outside.Incident {
	t.Helper()
	var page struct{ Incidents []outside.Incident }
	if err := w.culprit.Get(t.Context(), "/api/v1/incidents", &page); err != nil {
		t.Fatal(err)
	}
	return page.Incidents
}

// state is what of /api/v1/status is looked at.
type state struct {
	text string

	Watermark      time.Time `json:"watermark"`
	HealthyWindows int       `json:"healthy_windows"`
	SpansDropped   int64     `json:"spans_dropped"`
	Sources        []struct {
		Healthy bool   `json:"healthy"`
		Error   string `json:"error"`
	} `json:"sources"`
}

func (w *world) status(t *testing.T) state {
	t.Helper()
	var raw json.RawMessage
	if err := w.culprit.Get(t.Context(), "/api/v1/status", &raw); err != nil {
		t.Fatal(err)
	}
	s := state{text: string(raw)}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
