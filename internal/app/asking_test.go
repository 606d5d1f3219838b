package app

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"culprit/model"
)

// questions are the paths of everything that can be read about an outage at service-wide
// and operation level.
func questions(t *testing.T, s *Service) []string {
	t.Helper()
	var page model.IncidentPage
	get(t, s, "/api/v1/incidents", &page)
	var ops model.OperationPage
	get(t, s, "/api/v1/operations?limit=1", &ops)
	if len(page.Incidents) == 0 || len(ops.Operations) == 0 {
		t.Fatalf("%d incidents, %d operations", len(page.Incidents), len(ops.Operations))
	}
	op := "/" + url.PathEscape(ops.Operations[0].Service) + "/" + url.PathEscape(ops.Operations[0].Operation)
	at := func(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339)) }
	from, to := at(ops.From), at(ops.To)
	before := at(ops.From.Add(-4 * step))
	return []string{
		"/", "/healthz", "/readyz", "/metrics", "/api/openapi.json",
		"/api/v1/status", "/api/v1/changes", "/api/v1/mutes", "/api/v1/alerts",
		"/api/v1/incidents", "/api/v1/incidents/" + page.Incidents[0].ID,
		"/api/v1/topology", "/api/v1/operations?limit=200", "/api/v1/operations" + op, "/api/v1/workflows" + op,
		"/api/v1/rankings?from=" + from + "&to=" + to,
		"/api/v1/compare?from=" + from + "&to=" + to + "&baseline_from=" + before + "&baseline_to=" + from,
		"/api/v1/criticalpath", "/api/v1/correlate?service=web&operation=GET+%2Fcart",
	}
}

// No question waits for a batch that is taken in, a window that is judged or a revision
// that is on its way into the log: with all of that at a standstill, each is answered.
func TestQuestionsWaitForNothing(t *testing.T) {
	src := newPlayer()
	s, _ := runs(t, testConfig(t.TempDir()), WithSource("shop", src))
	<-src.done
	eventually(t, func() bool { return s.projection.Sequence() > 1 })
	asked := questions(t, s)
	s.intake.Lock()
	defer s.intake.Unlock()
	release := s.pipe.changes()
	defer release()
	for _, path := range asked {
		if code := get(t, s, path, nil); code != http.StatusOK {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// What the service tells does not depend on who asks meanwhile.
func TestQuestionsChangeNothing(t *testing.T) {
	want, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1)})
	src := newPlayer()
	var told []model.Incident
	s, stop := runs(t, testConfig(t.TempDir()), WithSource("shop", src), OnAppend(func(in model.Incident) { told = append(told, in) }))
	var asking sync.WaitGroup
	for _, path := range []string{"/api/v1/status", "/api/v1/topology", "/api/v1/operations", "/metrics", "/api/v1/criticalpath", "/api/v1/incidents"} {
		asking.Go(func() {
			for {
				res, err := http.Get("http://" + s.Addr(t.Context()).String() + path)
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close()
				select {
				case <-src.done:
					return
				default:
				}
			}
		})
	}
	asking.Wait()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if a, b := asLines(t, want), asLines(t, told); a != b {
		t.Errorf("replay tells\n%s\nthe service that was asked tells\n%s", a, b)
	}
}
