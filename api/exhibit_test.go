package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"culprit/model"
)

// exhibited is a revision with a chart of so many windows, and a trace if it names one.
func exhibited(rev int, trace string, windows int) model.Incident {
	in := sample(0)
	in.Revision = rev
	in.Exhibit = &model.Exhibit{Charts: []model.Chart{{Quantity: "own_time", Service: "a", At: make([]int, windows)}}}
	if trace != "" {
		in.Exhibit.Trace = &model.ExhibitTrace{ID: trace}
		in.Exhibit.Charts = append(in.Exhibit.Charts, model.Chart{Quantity: "edge", Service: "a"})
	}
	return in
}

// An incident is shown with the newest trace and the newest charts, once; each event and
// each line of the list has what was published with it.
func TestExhibitStandsOnce(t *testing.T) {
	doc := loadDocument(t)
	s := start(t, Config{}, ProjectionConfig{})
	bare := sample(0)
	bare.Revision = 4
	for i, in := range []model.Incident{exhibited(1, "aa", 1), exhibited(2, "bb", 2), exhibited(3, "", 3), bare} {
		apply(t, s.projection, uint64(i+1), in)
	}
	res, body := s.do(t, http.MethodGet, "/api/v1/incidents/inc-000000")
	conforms(t, doc, "/api/v1/incidents/{id}", res, body)
	var got model.IncidentHistory
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	x := got.Exhibit
	if got.Revision != 4 || x == nil || x.Trace == nil || x.Trace.ID != "bb" || len(x.Charts) != 2 || len(x.Charts[0].At) != 3 || x.Charts[1].Quantity != "edge" {
		t.Fatalf("revision %d is shown with %+v", got.Revision, x)
	}
	if n := strings.Count(string(body), `"exhibit"`); n != 1 {
		t.Errorf("the exhibit stands %d times", n)
	}
	apply(t, s.projection, 5, func() model.Incident { in := exhibited(1, "cc", 1); in.ID = "alone"; return in }())
	for path, want := range map[string]int{"/api/v1/incidents": 1, "/api/v1/incidents?view=brief": 0, "/api/v1/incidents/alone": 1} {
		res, body := s.do(t, http.MethodGet, path)
		if n := strings.Count(string(body), `"exhibit"`); n != want || !json.Valid(body) {
			t.Errorf("%s has %d exhibits, want %d", path, n, want)
		}
		template := "/api/v1/incidents"
		if strings.HasSuffix(path, "alone") {
			template += "/{id}"
		}
		conforms(t, doc, template, res, body)
	}
}
