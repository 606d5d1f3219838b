package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"culprit/model"
)

// send posts a body.
func (s *service) send(t testing.TB, method, path, body string) (*http.Response, []byte) {
	t.Helper()
	return s.do(t, method, path, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Type", contentJSON)
	})
}

// What is said is checked before it is kept; every refusal names what is wrong.
func TestBodiesAreChecked(t *testing.T) {
	doc := loadDocument(t)
	s := start(t, Config{}, ProjectionConfig{})
	apply(t, s.projection, 1, sample(0))
	s.projection.Clock(noon)
	s.engine.alerts = model.AlertStatus{DeadLetters: []model.DeadLetter{{ID: "l1", Target: "pager"}}}
	s.engine.note = func(n model.Note) (model.Note, bool, error) {
		if n.Incident == "inc-000001" {
			return n, false, &UnknownError{What: "incident", Name: n.Incident}
		}
		n.ID, n.At = "n1", noon
		if n.Mute != nil {
			n.Mute.ID = n.ID
		}
		if n.Change != nil {
			n.Change.ID = n.ID
		}
		return n, n.Comment != "again", nil
	}
	const feedback, mutes, changes = "/api/v1/incidents/{id}/feedback", "/api/v1/mutes", "/api/v1/changes"
	for _, tt := range []struct {
		method, template, path, body string
		status                       int
		says                         string
	}{
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"right"}`, 201, `"verdict":"right"`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"right","comment":"again"}`, 200, `"kind":"feedback"`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"wrong","causes":[{"service":"redis"}],"by":" eve "}`, 201, `"by":"eve"`},
		{"POST", feedback, "/api/v1/incidents/inc-000001/feedback", `{"verdict":"right"}`, 404, `"closest":["inc-000000"]`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"maybe"}`, 400, `must be right, wrong or expected`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"right","causes":[{"service":"a"}]}`, 400, `belong to the verdict wrong`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"wrong","causes":[{"kind":"cpu"}]}`, 400, `must name a service`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"wrong","cause":"x"}`, 400, `unknown field`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"right"}{}`, 400, `more behind the object`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", ``, 400, `it is empty`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"right","by":"` + strings.Repeat("x", 257) + `"}`, 400, `at most 256 bytes`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"verdict":"right","comment":"a\u0000b"}`, 400, `control characters`},
		{"POST", feedback, "/api/v1/incidents/inc-000000/feedback", `{"comment":"` + strings.Repeat("x", 100<<10) + `"}`, 413, `too-large`},
		{"POST", "/api/v1/incidents/{id}/acknowledge", "/api/v1/incidents/inc-000000/acknowledge", `{"by":"eve"}`, 201, `"kind":"acknowledged"`},
		{"POST", mutes, mutes, `{"services":["b","a","a"],"for":"2h"}`, 201, `"services":["a","b"],"from":"2026-11-03T12:00:00Z","until":"2026-11-03T14:00:00Z"`},
		{"POST", mutes, mutes, `{"from":"2026-11-04T00:00:00Z","until":"2026-11-04T02:00:00Z"}`, 201, `"until":"2026-11-04T02:00:00Z"`},
		{"POST", mutes, mutes, `{"for":"2h"}`, 400, `name services, an operation or a kind`},
		{"POST", mutes, mutes, `{"kind":"error"}`, 400, `say when the mute ends`},
		{"POST", mutes, mutes, `{"kind":"error","for":"soon"}`, 400, `must be a duration`},
		{"POST", mutes, mutes, `{"kind":"broken","for":"1h"}`, 400, `kind must be one of`},
		{"POST", mutes, mutes, `{"kind":"error","until":"2026-11-03T12:00:00Z"}`, 400, `must end after it begins`},
		{"POST", mutes, mutes, `{"kind":"error","for":"9000h"}`, 400, `at most 90 days`},
		{"DELETE", "/api/v1/mutes/{id}", "/api/v1/mutes/nobody", ``, 404, `unknown-mute`},
		{"POST", changes, changes, `{"service":"payment","version":"1.4.2"}`, 201, `"kind":"deploy"`},
		{"POST", changes, changes, `{"kind":"flag","what":"new checkout on","at":"2026-11-03T11:57:00+01:00"}`, 201, `"at":"2026-11-03T10:57:00Z"`},
		{"POST", changes, changes, `{"kind":"version","service":"a"}`, 400, `kind must be one of deploy`},
		{"POST", changes, changes, `{"kind":"flag"}`, 400, `name the service`},
		{"POST", changes, changes, `{"service":"a","url":"javascript:alert(1)"}`, 400, `url must begin with http`},
		{"POST", changes, changes + "?service=a", `{"service":"a"}`, 400, `unknown query parameter`},
		{"POST", "/api/v1/alerts/dead-letters/{id}", "/api/v1/alerts/dead-letters/l1", ``, 204, ``},
		{"DELETE", "/api/v1/alerts/dead-letters/{id}", "/api/v1/alerts/dead-letters/l2", ``, 404, `unknown-dead-letter`},
	} {
		res, body := s.send(t, tt.method, tt.path, tt.body)
		if res.StatusCode != tt.status || !bytes.Contains(body, []byte(tt.says)) {
			t.Errorf("%s %s %.80s: %d %.300s\nwant %d with %s", tt.method, tt.path, tt.body, res.StatusCode, body, tt.status, tt.says)
		}
		conformsTo(t, doc, tt.method, tt.template, res, body)
	}
	s.engine.refused = &RefusedError{errors.New("503 Service Unavailable")}
	if res, body := s.send(t, "POST", "/api/v1/alerts/dead-letters/l1", ""); res.StatusCode != http.StatusBadGateway {
		t.Errorf("a receiver that refuses again: %d %s", res.StatusCode, body)
	}
	// A form that a page of another origin can send without asking is refused.
	if res, body := s.do(t, "POST", changes, func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(`{"service":"a"}`))
		r.Header.Set("Content-Type", "text/plain")
	}); res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d %s", res.StatusCode, body)
	}
}

// Notes show beside incidents: the newest feedback, the acknowledgement, the mute in
// force; and the list is no longer the same for If-None-Match.
func TestMarksAreShown(t *testing.T) {
	doc := loadDocument(t)
	s := start(t, Config{}, ProjectionConfig{})
	apply(t, s.projection, 1, sample(0))
	list := func() (model.IncidentPage, string) {
		res, body := s.do(t, "GET", "/api/v1/incidents?view=brief")
		conforms(t, doc, "/api/v1/incidents", res, body)
		var page model.IncidentPage
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		return page, res.Header.Get("ETag")
	}
	page, tag := list()
	if page.Incidents[0].Marks != nil {
		t.Errorf("marks %+v before anything was said", page.Incidents[0].Marks)
	}
	say := func(n model.Note) {
		n.Incident = "inc-000000"
		s.projection.Note(n)
		s.projection.Note(n) // the log delivers at least once
	}
	s.projection.Clock(noon)
	say(model.Note{ID: "1", Kind: model.NoteAcknowledged, By: "eve"})
	say(model.Note{ID: "2", Kind: model.NoteFeedback, Feedback: &model.Feedback{Verdict: model.VerdictRight}})
	say(model.Note{ID: "3", Kind: model.NoteFeedback, Feedback: &model.Feedback{Verdict: model.VerdictWrong}})
	say(model.Note{ID: "4", Kind: model.NoteMuted, Mute: &model.Mute{ID: "4", Services: []string{"service-1"}, From: noon, Until: noon.Add(time.Hour)}})
	page, now := list()
	m := page.Incidents[0].Marks
	if m == nil || m.Acknowledged.By != "eve" || m.Feedback.Feedback.Verdict != model.VerdictWrong || m.Muted == nil || m.Muted.ID != "4" || now == tag {
		t.Errorf("marks %+v with ETag %s, before %s", m, now, tag)
	}
	res, body := s.do(t, "GET", "/api/v1/incidents/inc-000000")
	conforms(t, doc, "/api/v1/incidents/{id}", res, body)
	var h model.IncidentHistory
	if err := json.Unmarshal(body, &h); err != nil || len(h.Notes) != 3 || len(h.Revisions) != 1 {
		t.Errorf("history %+v, %v; want the revision and three notes about it", h.Notes, err)
	}
	if c := s.projection.Feedback(); c.False != 1 || c.None != 0 {
		t.Errorf("feedback %+v, want one false incident", c)
	}
	s.projection.Clock(noon.Add(time.Hour))
	if page, over := list(); page.Incidents[0].Marks.Muted != nil || over == now {
		t.Error("the mute has ended and is still shown")
	}
}

// Every change comes once, newest first, on pages and by filters.
func TestChangesInPages(t *testing.T) {
	doc := loadDocument(t)
	s := start(t, Config{}, ProjectionConfig{})
	for i := range 10 {
		service := "odd"
		if i%2 == 0 {
			service = "even"
		}
		s.projection.Note(model.Note{Kind: model.NoteChange, Change: &model.Change{
			ID: string(rune('a' + i)), Kind: model.ChangeDeploy, Service: service, At: noon.Add(time.Duration(i/3) * time.Minute)}})
	}
	follow := func(query string) (got string) {
		next := ""
		for {
			res, body := s.do(t, "GET", "/api/v1/changes?"+query+next)
			conforms(t, doc, "/api/v1/changes", res, body)
			var page model.ChangePage
			if err := json.Unmarshal(body, &page); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			for _, c := range page.Changes {
				got += c.ID
			}
			if page.NextCursor == nil {
				return got
			}
			next = "&cursor=" + *page.NextCursor
		}
	}
	for query, want := range map[string]string{
		"limit=3":                              "jihgfedcba",
		"limit=2&service=odd":                  "jhfdb",
		"limit=1&since=2026-11-03T12:02:00Z":   "jihg",
		"limit=500&until=2026-11-03T12:01:00Z": "cba",
		"limit=2&kind=flag":                    "",
	} {
		if got := follow(query); got != want {
			t.Errorf("%s gives %q, want %q", query, got, want)
		}
	}
	if res, body := s.do(t, "GET", "/api/v1/changes?cursor=xyz"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a bad cursor: %d %s", res.StatusCode, body)
	}
}

// The reader's page has every operation and schema, and asks nobody else for anything.
func TestDocumentPage(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	res, body := s.do(t, "GET", "/api/docs")
	text := string(body)
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
		t.Errorf("status %d, policy %q", res.StatusCode, res.Header.Get("Content-Security-Policy"))
	}
	doc := loadDocument(t)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.Contains(text, `<section id="`+op.OperationID+`">`) || !strings.Contains(text, path) {
				t.Errorf("the page lacks %s %s", method, path)
			}
		}
	}
	for name := range doc.Components.Schemas {
		if !strings.Contains(text, `id="schema-`+name+`"`) {
			t.Errorf("the page lacks the schema %s", name)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "url("} {
		if strings.Contains(text, bad) && !strings.Contains(text, "must begin with "+bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}
