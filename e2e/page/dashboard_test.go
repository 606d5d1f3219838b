package page

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"culprit/e2e/rig"
)

// dashboard is what of Grafana's JSON asks for metrics.
type dashboard struct {
	Panels []struct {
		Title   string  `json:"title"`
		Targets []query `json:"targets"`
	} `json:"panels"`
	Annotations struct {
		List []struct {
			Expr    string `json:"expr"`
			Title   string `json:"titleFormat"`
			Text    string `json:"textFormat"`
			TagKeys string `json:"tagKeys"`
		} `json:"list"`
	} `json:"annotations"`
}

type query struct {
	Expr     string `json:"expr"`
	Exemplar bool   `json:"exemplar"`
}

var (
	metricName = regexp.MustCompile(`\b(?:culprit|process|go)_[a-z0-9_]+`)
	selector   = regexp.MustCompile(`\b((?:culprit|process|go)_[a-z0-9_]+)\{([^}]*)\}`)
	grouping   = regexp.MustCompile(`by \(([^)]*)\)`)
	labelName  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|=)`)
	sampleLine = regexp.MustCompile(`(?m)^([a-z0-9_]+)(?:\{(.*?)\})? [^ \n]+(?: # \{(.*?)\})?`)
	braced     = regexp.MustCompile(`\{\{(\w+)\}\}`)
)

// Every metric and label that the dashboard asks for is served while an incident is open and a
// receiver refuses it; where it asks for exemplars there are some, with a trace; annotations
// have the labels that they are written from.
func TestDashboard(t *testing.T) {
	if testing.Short() {
		t.Skip("builds culprit")
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "grafana", "culprit.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	m := scrapeOpen(t)
	asked := 0
	check := func(where string, q query) {
		asked++
		labels := groupedBy(q.Expr)
		for _, name := range metricName.FindAllString(q.Expr, -1) {
			have, ok := m[name]
			if !ok {
				t.Errorf("%s: %s is not served", where, name)
				continue
			}
			for _, l := range labels {
				if !slices.Contains(have.labels, l) {
					t.Errorf("%s: %s has no label %s, only %v", where, name, l, have.labels)
				}
			}
			if q.Exemplar && !strings.Contains(have.exemplar, "trace_id=") {
				t.Errorf("%s: %s has no exemplar with a trace", where, name)
			}
		}
		for _, s := range selector.FindAllStringSubmatch(q.Expr, -1) {
			for _, l := range labelName.FindAllStringSubmatch(s[2], -1) {
				if l[1] != "job" && l[1] != "instance" && !slices.Contains(m[s[1]].labels, l[1]) { // those two are Prometheus's
					t.Errorf("%s: %s has no label %s", where, s[1], l[1])
				}
			}
		}
	}
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			check(p.Title, q)
		}
	}
	for _, a := range d.Annotations.List {
		check("annotations", query{Expr: a.Expr})
		name := metricName.FindString(a.Expr)
		for _, l := range braced.FindAllStringSubmatch(a.Title+a.Text, -1) {
			if !slices.Contains(m[name].labels, l[1]) {
				t.Errorf("annotations are written from %s, which %s does not have: %v", l[1], name, m[name].labels)
			}
		}
		for l := range strings.SplitSeq(a.TagKeys, ",") {
			if !slices.Contains(m[name].labels, l) {
				t.Errorf("annotations have the tag %s, which %s does not have: %v", l, name, m[name].labels)
			}
		}
	}
	if asked < 15 || len(d.Annotations.List) == 0 {
		t.Errorf("the dashboard asks %d times and has %d annotations", asked, len(d.Annotations.List))
	}
}

func groupedBy(expr string) []string {
	var out []string
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for l := range strings.SplitSeq(g[1], ",") {
			out = append(out, strings.TrimSpace(l))
		}
	}
	return out
}

// metric is what is served under one name.
type metric struct {
	labels   []string
	exemplar string
}

// scrapeOpen reads the metrics of a demo that ends with an open incident and has a receiver
// that refuses to be told.
func scrapeOpen(t *testing.T) map[string]metric {
	t.Helper()
	hook := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	small := wide{services: 12, perLayer: 3, operations: 24, requests: 60, windows: 9, slowFrom: 6}
	if err := small.record(dir); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "culprit.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "alerts:\n  targets:\n    - {name: hook, type: webhook, urls: [%q]}\n", hook.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	demo, err := rig.StartCulprit(t.Context(), program(t), filepath.Join(dir, "demo"), "demo", "--speed", "max", "--config", config, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	told(t, demo, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		m := scrape(ctx, t, demo.REST)
		if _, dead := m["culprit_alerts_dead_letters"]; dead && len(m["culprit_incident_started_seconds"].labels) > 0 {
			return m
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no dead letter and no open incident in the metrics after %s", patience)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func scrape(ctx context.Context, t *testing.T, base string) map[string]metric {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", res.Status, err)
	}
	out := map[string]metric{}
	for _, line := range sampleLine.FindAllStringSubmatch(string(body), -1) {
		m := out[line[1]]
		for _, l := range labelName.FindAllStringSubmatch(line[2], -1) {
			if !slices.Contains(m.labels, l[1]) {
				m.labels = append(m.labels, l[1])
			}
		}
		m.exemplar += line[3]
		out[line[1]] = m
	}
	return out
}
