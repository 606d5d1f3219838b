package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"culprit/e2e/rig"
)

var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "culprit-alerts-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if program, err = rig.BuildCulprit(context.Background(), "../..", dir); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// write writes a file into the test's own directory and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func ports(t *testing.T, n int) []int {
	t.Helper()
	p, err := rig.FreePorts(n)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eventually waits for a condition; say tells what is there instead.
func eventually(t *testing.T, what string, ok func() bool, say func() string) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s; there is %s", what, say())
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func get(t *testing.T, url string, into any) error {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return do(req, into)
}

func post(t *testing.T, url string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return do(req, into)
}

func do(req *http.Request, into any) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s: %.300s", req.URL, res.Status, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// alert is an alert as an Alertmanager tells its webhook, and as its API lists it.
type alert struct {
	Status      string            `json:"-"`
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// pager is the webhook behind an Alertmanager: what a person would be told.
type pager struct {
	*httptest.Server
	mu   sync.Mutex
	told map[string][]alert // by the label incident
}

func newPager(t *testing.T) *pager {
	p := &pager{told: map[string][]alert{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Alerts []struct {
				alert
				Status string `json:"status"`
			} `json:"alerts"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, a := range in.Alerts {
			a.alert.Status = a.Status
			id := a.Labels["incident"]
			p.told[id] = append(p.told[id], a.alert)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// of is what was told of an incident, in order.
func (p *pager) of(id string) []alert {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]alert(nil), p.told[id]...)
}

// all is how often each incident was told to fire and to be over.
func (p *pager) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b bytes.Buffer
	for id, as := range p.told {
		for _, a := range as {
			fmt.Fprintf(&b, "%s %s %s %s\n", id, a.Status, a.Labels["service"], a.Labels["severity"])
		}
	}
	return b.String()
}

// alertmanager is a real one.
type alertmanager struct {
	*rig.Process
	url   string
	start func()
}

// newAlertmanager prepares an Alertmanager that tells p. It is not started yet.
func newAlertmanager(t *testing.T, p *pager) *alertmanager {
	t.Helper()
	port := ports(t, 1)[0]
	dir := t.TempDir()
	config := write(t, "alertmanager.yml", fmt.Sprintf(`
route: {receiver: pager, group_by: [incident], group_wait: 1s, group_interval: 1s, repeat_interval: 4h}
receivers:
  - name: pager
    webhook_configs: [{url: %q, send_resolved: true}]
`, p.URL))
	am := &alertmanager{url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	am.start = func() {
		var err error
		am.Process, err = rig.StartProcess("alertmanager", dir, "prometheus-alertmanager", nil, "--config.file", config, "--storage.path", filepath.Join(dir, "data"),
			"--web.listen-address", fmt.Sprintf("127.0.0.1:%d", port), "--cluster.listen-address", "")
		if err != nil {
			t.Fatalf("%v: is the Debian package prometheus-alertmanager installed? .ci/needs debian does it", err)
		}
		t.Cleanup(am.Stop)
		eventually(t, "alertmanager is ready", func() bool { return get(t, am.url+"/-/ready", nil) == nil }, func() string { return am.Log })
	}
	return am
}

// play plays a pack through culprit with alerts configured.
func play(t *testing.T, pack, config string, more ...string) *rig.Culprit {
	t.Helper()
	args := append([]string{"../../datasets/packs/" + pack, "--speed", "max", "--config", write(t, "culprit.yaml", config)}, more...)
	c, err := rig.StartCulprit(t.Context(), program, t.TempDir(), "demo", args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() }) // of the process that runs then: a restart makes a new one
	return c
}

type incident struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
	State    string `json:"state"`
	Event    string `json:"event"`
	Severity string `json:"severity"`
	Suspects []struct {
		Service   string   `json:"service"`
		Exemplars []string `json:"exemplars"`
	} `json:"suspects"`
}

// incidents lists what culprit has, once the recording is over.
func incidents(t *testing.T, c *rig.Culprit) []incident {
	t.Helper()
	var page struct {
		Incidents []incident `json:"incidents"`
	}
	eventually(t, "the recording is over", func() bool {
		text, err := os.ReadFile(c.Log)
		return err == nil && bytes.Contains(text, []byte("The recording is over"))
	}, func() string { return c.Log })
	if err := c.Get(t.Context(), "/api/v1/incidents", &page); err != nil {
		t.Fatal(err)
	}
	return page.Incidents
}
