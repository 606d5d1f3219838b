package alerts

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"culprit/e2e/rig"
)

// toPager configures an Alertmanager. It holds alerts for longer than the Alertmanager waits
// for its group.
func toPager(urls ...string) string {
	return fmt.Sprintf("alerts:\n  targets:\n    - {name: pager, type: alertmanager, urls: [\"%s\"], hold: 3s}\n", strings.Join(urls, `", "`))
}

// once fails the test unless a person was told of an incident once that it fires and once
// that it is over; of one that grew worse, once more that it fires with its new severity.
func once(t *testing.T, p *pager, in incident) {
	t.Helper()
	eventually(t, "told that "+in.ID+" is over", func() bool {
		as := p.of(in.ID)
		return len(as) > 0 && as[len(as)-1].Status == "resolved" && as[len(as)-1].Annotations["revision"] == fmt.Sprint(in.Revision)
	}, p.all)
	as := p.of(in.ID)
	prints := map[string]int{}
	for _, a := range as {
		prints[a.Fingerprint+" "+a.Status]++
	}
	for what, n := range prints {
		if n != 1 {
			t.Errorf("%s was told %d times", what, n)
		}
	}
	if last := as[len(as)-1]; last.Annotations["summary"] == "" || as[0].Status != "firing" {
		t.Errorf("told first %v and last %v", as[0], last)
	}
}

// Each fault of the HotROD recordings reaches both peers of an Alertmanager once, and
// ends there; what is silenced in it is not told on.
func TestFaultsReachAlertmanager(t *testing.T) {
	t.Parallel()
	people := [2]*pager{newPager(t), newPager(t)}
	peers := [2]*alertmanager{newAlertmanager(t, people[0]), newAlertmanager(t, people[1])}
	for _, am := range peers {
		am.start()
	}
	silence := map[string]any{"matchers": []map[string]any{{"name": "service", "value": "route", "isRegex": false}},
		"startsAt": time.Now().UTC(), "endsAt": time.Now().Add(time.Hour).UTC(), "createdBy": "test", "comment": "test"}
	if err := post(t, peers[1].url+"/api/v2/silences", silence, nil); err != nil {
		t.Fatal(err)
	}
	packs, err := filepath.Glob("../../datasets/packs/hotrod-*/faults.json")
	if err != nil || len(packs) < 6 {
		t.Fatalf("%d packs, %v", len(packs), err)
	}
	for _, labels := range packs {
		pack := filepath.Base(filepath.Dir(labels))
		t.Run(pack, func(t *testing.T) {
			t.Parallel()
			c := play(t, pack, toPager(peers[0].url, peers[1].url))
			ins := incidents(t, c)
			if healthy := pack == "hotrod-normal"; healthy != (len(ins) == 0) {
				t.Fatalf("%d incidents", len(ins))
			}
			for _, in := range ins {
				once(t, people[0], in)
				if in.Suspects[0].Service != "route" {
					once(t, people[1], in)
					continue
				}
				if told := people[1].of(in.ID); len(told) > 0 {
					t.Errorf("silenced, and told all the same: %v", told)
				}
			}
		})
	}
}

// With the Alertmanager away while a whole outage goes by, ten minutes of event time,
// nothing is lost: it fires when the Alertmanager is there, and ends.
func TestAlertmanagerIsAway(t *testing.T) {
	t.Parallel()
	p := newPager(t)
	am := newAlertmanager(t, p)
	c := play(t, "hotrod-mysql-delay", toPager(am.url))
	ins := incidents(t, c)
	if len(ins) != 1 || ins[0].State != "resolved" {
		t.Fatalf("incidents %+v, want one that is over", ins)
	}
	var st struct {
		Targets []struct {
			Name             string
			Healthy          bool
			Pending, Retries int
		}
	}
	eventually(t, "seen to be away", func() bool {
		return c.Get(t.Context(), "/api/v1/alerts", &st) == nil && len(st.Targets) == 1 && !st.Targets[0].Healthy && st.Targets[0].Pending > 0 && st.Targets[0].Retries > 0
	}, func() string { return fmt.Sprintf("%+v", st) })
	// A restart in between changes nothing: the reader's place is in the log.
	c.Kill()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	am.start()
	once(t, p, ins[0])
}

// A receiver that shares nothing with us verifies every webhook, gets each revision once,
// and refuses what is signed otherwise.
func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	port, dir := ports(t, 1)[0], t.TempDir()
	secret, out := write(t, "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"), filepath.Join(dir, "events")
	r, err := rig.StartProcess("receiver", dir, "python3", nil, "receiver.py", fmt.Sprint(port), secret, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	hook := fmt.Sprintf("http://127.0.0.1:%d/", port)
	eventually(t, "the receiver listens", func() bool { _, err := http.Get(hook); return err == nil }, func() string { return r.Log })
	if err := post(t, hook, map[string]string{"id": "forged"}, nil); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a forged event: %v, want 401", err)
	}
	c := play(t, "hotrod-mysql-delay", fmt.Sprintf("alerts:\n  targets:\n    - {name: hook, type: webhook, urls: [%q], secret_file: %s}\n", hook, secret))
	ins := incidents(t, c)
	if len(ins) != 1 {
		t.Fatalf("%d incidents", len(ins))
	}
	read := func() string { text, _ := os.ReadFile(out); return string(text) }
	eventually(t, "the last revision", func() bool { return strings.Contains(read(), fmt.Sprintf("%s:%d ", ins[0].ID, ins[0].Revision)) }, read)
	lines := strings.Split(strings.TrimSpace(read()), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, fmt.Sprintf("%s:%d culprit.incident.", ins[0].ID, i+1)) {
			t.Errorf("event %d is %q", i+1, line)
		}
	}
	if len(lines) != ins[0].Revision {
		t.Errorf("%d events for %d revisions", len(lines), ins[0].Revision)
	}
}

// Prometheus scrapes the metrics, answers questions about them, and keeps the exemplars
// that lead to traces.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	c := play(t, "hotrod-mysql-delay", "")
	ins := incidents(t, c)
	if len(ins) != 1 {
		t.Fatalf("%d incidents", len(ins))
	}
	port, dir := ports(t, 1)[0], t.TempDir()
	config := write(t, "prometheus.yml", fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: culprit, static_configs: [{targets: [%q]}]}]\n", strings.TrimPrefix(c.REST, "http://")))
	prom, err := rig.StartProcess("prometheus", dir, "prometheus", nil, "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", fmt.Sprintf("127.0.0.1:%d", port), "--enable-feature=exemplar-storage")
	if err != nil {
		t.Fatalf("%v: is the Debian package prometheus installed? .ci/needs debian does it", err)
	}
	t.Cleanup(prom.Stop)
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	ask := func(query string) func() bool {
		return func() bool {
			return get(t, at+"/api/v1/query?query="+url.QueryEscape(query), &answer) == nil && len(answer.Data.Result) > 0
		}
	}
	for _, query := range []string{
		`up{job="culprit"} == 1`, `sum(culprit_incident_events_total{event="opened"}) == 1`, `sum(rate(culprit_http_requests_total[1m])) >= 0`,
		`histogram_quantile(0.9, sum by (le) (culprit_incident_delay_seconds_bucket)) > 0`, `culprit_incidents_by_feedback{feedback="none"} == 1`,
	} {
		eventually(t, query, ask(query), func() string { return fmt.Sprintf("%+v; %s", answer, prom.Log) })
	}
	var found struct {
		Data []struct {
			Exemplars []struct {
				Labels map[string]string `json:"labels"`
			} `json:"exemplars"`
		} `json:"data"`
	}
	trace := func() string {
		now := time.Now()
		q := url.Values{"query": {"culprit_incident_events_total"}, "start": {now.Add(-time.Hour).Format(time.RFC3339)}, "end": {now.Add(time.Hour).Format(time.RFC3339)}}
		if err := get(t, at+"/api/v1/query_exemplars?"+q.Encode(), &found); err != nil {
			return ""
		}
		for _, d := range found.Data {
			for _, e := range d.Exemplars {
				if e.Labels["incident"] == ins[0].ID {
					return e.Labels["trace_id"]
				}
			}
		}
		return ""
	}
	eventually(t, "an exemplar with a trace ID", func() bool { return len(trace()) == 32 }, func() string { return fmt.Sprintf("%+v", found) })
}

// What somebody calls expected ends in the Alertmanager, is in the incident's history,
// and does not come again while it lasts.
func TestExpectedStopsTheAlert(t *testing.T) {
	t.Parallel()
	p := newPager(t)
	am := newAlertmanager(t, p)
	am.start()
	c := play(t, "hotrod-mysql-delay", toPager(am.url), "--speed", "20")
	var page struct {
		Incidents []incident `json:"incidents"`
	}
	eventually(t, "an open incident", func() bool {
		return c.Get(t.Context(), "/api/v1/incidents?state=open", &page) == nil && len(page.Incidents) == 1
	}, func() string { return c.Log })
	id := page.Incidents[0].ID
	if err := post(t, c.REST+"/api/v1/incidents/"+id+"/feedback", map[string]string{"verdict": "expected", "by": "eve"}, nil); err != nil {
		t.Fatal(err)
	}
	ins := incidents(t, c)
	if len(ins) != 1 || ins[0].ID != id || ins[0].State != "resolved" {
		t.Errorf("incidents %+v, want the one that was expected", ins)
	}
	var h struct {
		Revisions []struct{ Event, Because string }
		Notes     []struct {
			Kind, By string
			Feedback struct{ Verdict string }
		}
	}
	if err := c.Get(t.Context(), "/api/v1/incidents/"+id, &h); err != nil {
		t.Fatal(err)
	}
	if last := h.Revisions[len(h.Revisions)-1]; last.Event != "resolved" || !strings.HasPrefix(last.Because, "expected, says eve") {
		t.Errorf("the last revision is %+v", last)
	}
	if len(h.Notes) != 1 || h.Notes[0].Feedback.Verdict != "expected" || h.Notes[0].By != "eve" {
		t.Errorf("notes %+v", h.Notes)
	}
	once(t, p, ins[0])
}
