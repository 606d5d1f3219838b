package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"culprit/model"
)

func loadDocument(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(specYAML)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// conforms fails the test if an answer is not what the OpenAPI file promises.
func conforms(t testing.TB, doc *openapi3.T, template string, res *http.Response, body []byte) {
	t.Helper()
	conformsTo(t, doc, http.MethodGet, template, res, body)
}

func conformsTo(t testing.TB, doc *openapi3.T, method, template string, res *http.Response, body []byte) {
	t.Helper()
	item := doc.Paths.Value(template)
	if item == nil {
		t.Fatalf("the OpenAPI file has no path %s", template)
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: res.Request,
			Route:   &routers.Route{Spec: doc, Path: template, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		},
		Status: res.StatusCode,
		Header: res.Header,
		Body:   io.NopCloser(bytes.NewReader(body)),
	}
	in.Options = &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
		t.Errorf("%s answers otherwise than the OpenAPI file says: %v\n%.400s", res.Request.URL, err, body)
	}
}

// Every answer, good or bad, is what the OpenAPI file says.
func TestAnswersConform(t *testing.T) {
	doc := loadDocument(t)
	s := start(t, Config{}, ProjectionConfig{})
	for i := range 5 {
		apply(t, s.projection, uint64(i+1), sample(i))
	}
	bare := model.Incident{ID: "bare", Revision: 1, Event: model.EventExpired, State: model.StateExpired, Severity: model.SeverityMinor, OpenedAt: noon, UpdatedAt: noon}
	bare.Impact.Share = model.Number(nan())
	apply(t, s.projection, 6, bare)
	hostile := sample(8)
	hostile.ID, hostile.Title = "hostile", "<script>alert(1)</script>\u202e\x00\xff"
	apply(t, s.projection, 7, hostile)
	s.engine.operation = func(service, operation string, at time.Time) (model.OperationView, error) {
		switch service {
		case "gone":
			return model.OperationView{}, &NotRetainedError{&model.Retained{From: noon, To: noon.Add(time.Hour)}}
		case "new":
			return model.OperationView{}, &NotRetainedError{}
		case "typo":
			return model.OperationView{}, &UnknownError{What: "operation", Name: operation, Known: []string{"GET /cart", "GET /checkout", "Charge"}}
		case "broken":
			return model.OperationView{}, errors.New("secret inside")
		case "panics":
			panic("secret inside")
		}
		return (&fakeEngine{}).Operation(service, operation, at)
	}

	for _, tt := range []struct {
		template, path string
		status         int
		problem        string // its type, for errors
		says           string // part of the body
	}{
		{"/api/v1/incidents", "", 200, "", `"next_cursor":null,"total":7,"log_sequence":7`},
		{"/api/v1/incidents", "?state=open&state=expired&severity=minor&severity=major", 200, "", `"id":"bare"`},
		{"/api/v1/incidents", "?view=brief&limit=2", 200, "", `"evidence":[]`},
		{"/api/v1/incidents", "?service=nobody", 200, "", `"incidents":[]`},
		{"/api/v1/incidents", "?since=2026-11-03T12:00:00Z&until=2026-11-03T12:00:30Z", 200, "", `"total":2`},
		{"/api/v1/incidents", "?state=closed", 400, "bad-parameter", `state must be one of open, resolved, expired, is \"closed\"`},
		{"/api/v1/incidents", "?severity=", 400, "bad-parameter", `severity`},
		{"/api/v1/incidents", "?since=yesterday", 400, "bad-parameter", `the parameter since must be a time with its day and zone, such as 2026-01-31T12:03:00Z, is \"yesterday\"`},
		{"/api/v1/incidents", "?since=2026-11-03T12:00:00Z&until=2026-11-03T12:00:00Z", 400, "bad-parameter", `until must be after since`},
		{"/api/v1/incidents", "?limit=0", 400, "bad-parameter", `limit must be 1 to 500, is 0`},
		{"/api/v1/incidents", "?limit=501", 400, "bad-parameter", `limit must be 1 to 500, is 501`},
		{"/api/v1/incidents", "?limit=many", 400, "bad-parameter", `"parameter":"limit"`},
		{"/api/v1/incidents", "?cursor=%F0%9F%92%A9", 400, "bad-parameter", `not a cursor of this list`},
		{"/api/v1/incidents", "?view=tiny", 400, "bad-parameter", `view must be full or brief`},
		{"/api/v1/incidents", "?sevice=payment", 400, "bad-parameter", `there are state, severity, service, since`},
		{"/api/v1/incidents", "?state=%zz", 400, "bad-parameter", `the query cannot be read`},
		{"/api/v1/incidents/{id}", "/inc-000001", 200, "", `"revisions":[{"id":"inc-000001"`},
		{"/api/v1/incidents/{id}", "/hostile", 200, "", `\u003cscript\u003e`},
		{"/api/v1/incidents/{id}", "/%3Cscript%3E", 404, "unknown-incident", `\u003cscript\u003e`},
		{"/api/v1/rankings", "?from=2026-11-03T12:00:00Z&to=2026-11-03T12:01:00Z", 200, "", `"method":"culprit"`},
		{"/api/v1/rankings", "?from=2026-11-03T12:00:00Z&to=2026-11-03T12:01:00Z&baseline_from=2026-11-03T11:00:00Z&baseline_to=2026-11-03T11:01:00Z", 200, "", `"method":"culprit"`},
		{"/api/v1/rankings", "", 400, "bad-parameter", `from`},
		{"/api/v1/rankings", "?from=2026-11-03T12:00:00Z", 400, "bad-parameter", `to`},
		{"/api/v1/rankings", "?from=2026-11-03T12:00:00Z&to=2026-11-03T12:00:00Z", 400, "bad-parameter", `"parameter":"to"`},
		{"/api/v1/rankings", "?from=2026-11-03T12:00:00Z&to=2026-11-03T12:01:00Z&baseline_from=2026-11-03T11:00:00Z", 400, "bad-parameter", `there are 1 and 0`},
		{"/api/v1/topology", "", 200, "", `"operations":[]`},
		{"/api/v1/topology", "?at=2026-11-03T12:00:00Z", 200, "", `"nodes"`},
		{"/api/v1/topology", "?at=noon", 400, "bad-parameter", `"parameter":"at"`},
		{"/api/v1/operations", "", 200, "", `"threshold":6.1,"total":1,"operations":[{"service":"frontend"`},
		{"/api/v1/operations", "?service=a&find=b&limit=500&at=2026-11-03T12:00:00Z", 200, "", `"z":null`},
		{"/api/v1/operations", "?limit=501", 400, "bad-parameter", `limit must be 1 to 500`},
		{"/api/v1/operations", "?at=noon", 400, "bad-parameter", `"parameter":"at"`},
		{"/api/v1/operations/{service}/{operation}", "/frontend/GET%20%2Fusers%2F%7B%7D", 200, "", `"operation":"GET /users/{}"`},
		{"/api/v1/operations/{service}/{operation}", "/frontend/GET%20/users/{}", 200, "", `"operation":"GET /users/{}"`},
		{"/api/v1/operations/{service}/{operation}", "/frontend/GET%20/users/%7B%7D?at=2026-11-03T12:00:00Z", 200, "", `"operation":"GET /users/{}"`},
		{"/api/v1/operations/{service}/{operation}", "/frontend/GET%20/users/x?at=noon", 400, "bad-parameter", `"parameter":"at"`},
		{"/api/v1/operations/{service}/{operation}", "/frontend/100%25", 200, "", `"operation":"100%"`},
		{"/api/v1/operations/{service}/{operation}", "/frontend/100%25%2Fa%252F", 200, "", `"operation":"100%/a%2F"`},
		{"/api/v1/operations/{service}/{operation}", "/gone/x", 404, "not-retained", `"retained":{"from":"2026-11-03T12:00:00Z","to":"2026-11-03T13:00:00Z"}`},
		{"/api/v1/operations/{service}/{operation}", "/new/x", 404, "not-retained", `no window has been judged yet`},
		{"/api/v1/operations/{service}/{operation}", "/typo/GET%20%2Fcard", 404, "unknown-operation", `"closest":["GET /cart"]`},
		{"/api/v1/operations/{service}/{operation}", "/broken/x", 500, "internal", `its log says more`},
		{"/api/v1/operations/{service}/{operation}", "/panics/x", 500, "internal", `its log says more`},
		{"/api/v1/compare", "?from=2026-11-03T12:05:00Z&to=2026-11-03T12:10:00Z&baseline_from=2026-11-03T12:00:00Z&baseline_to=2026-11-03T12:05:00Z", 200, "", `"kind":"slower"`},
		{"/api/v1/compare", "?from=2026-11-03T12:05:00Z&to=2026-11-03T12:10:00Z", 400, "bad-parameter", `baseline_from`},
		{"/api/v1/compare", "?from=2026-11-03T12:05:00Z&to=2026-11-03T12:10:00Z&baseline_from=2026-11-03T12:05:00Z&baseline_to=2026-11-03T12:05:00Z", 400, "bad-parameter", `"parameter":"baseline_to"`},
		{"/api/v1/compare", "?from=2020-11-03T12:05:00Z&to=2026-11-03T12:10:00Z&baseline_from=2026-11-03T12:00:00Z&baseline_to=2026-11-03T12:05:00Z", 404, "not-retained", `"retained":{"from"`},
		{"/api/v1/correlate", "?service=frontend&operation=GET%20%2F&failing=true&slower_than_ms=12.5", 200, "", `"lift":null`},
		{"/api/v1/correlate", "?service=frontend", 400, "bad-parameter", `operation`},
		{"/api/v1/correlate", "?service=frontend&operation=x&slower_than_ms=-1", 400, "bad-parameter", `"parameter":"slower_than_ms"`},
		{"/api/v1/correlate", "?service=typo&operation=GET%20%2Fcard", 404, "unknown-operation", `"closest":["GET /cart"]`},
		{"/api/v1/criticalpath", "", 200, "", `"drag_ms":null`},
		{"/api/v1/criticalpath", "?service=frontend&operation=GET%20%2F&faster=mysql%20SELECT%3D0.2&from=2026-11-03T12:00:00Z", 200, "", `"faster":0.2`},
		{"/api/v1/criticalpath", "?faster=mysql", 400, "bad-parameter", `"parameter":"faster"`},
		{"/api/v1/criticalpath", "?operation=x", 400, "bad-parameter", `"parameter":"operation"`},
		{"/api/v1/criticalpath", "?from=2026-11-03T12:00:00Z&to=2026-11-03T12:00:00Z", 400, "bad-parameter", `"parameter":"to"`},
		{"/api/v1/workflows/{service}/{operation}", "/frontend/GET%20%2Fusers%2F%7B%7D", 200, "", `"operation":"GET /users/{}"`},
		{"/api/v1/workflows/{service}/{operation}", "/frontend/GET%20/users/{}?trace=beef&from=2026-11-03T12:00:00Z", 200, "", `"trace":"0000000000000000000000000000beef"`},
		{"/api/v1/workflows/{service}/{operation}", "/frontend/x?from=2026-11-03T12:00:00Z&to=2026-11-03T12:00:00Z", 400, "bad-parameter", `"parameter":"to"`},
		{"/api/v1/workflows/{service}/{operation}", "/frontend/x?trace=noon", 400, "bad-parameter", `"parameter":"trace"`},
		{"/api/v1/workflows/{service}/{operation}", "/frontend/x/y?from=noon", 400, "bad-parameter", `"parameter":"from"`},
		{"/api/v1/workflows/{service}/{operation}", "/frontend/x?format=papyrus", 400, "bad-parameter", `"parameter":"format"`},
		{"/api/v1/workflows/{service}/{operation}", "/gone/x", 404, "not-retained", `"retained":{"from":"2026-11-03T12:00:00Z"`},
		{"/api/v1/workflows/{service}/{operation}", "/typo/GET%20%2Fcard", 404, "unknown-operation", `"closest":["GET /cart"]`},
		{"/api/v1/workflows/{service}/{operation}", "/lost/x?trace=beef", 404, "unknown-trace", `beef`},
		{"/api/v1/status", "", 200, "", `"false_incidents_per_day_measured":null`},
		{"/api/openapi.json", "", 200, "", `"openapi":"3.1.0"`},
		{"/metrics", "", 200, "", `culprit_http_requests_total{code="200",method="GET",route="/api/v1/incidents"}`},
		{"/api/v1/mutes", "", 200, "", `"mutes":[]`},
		{"/api/v1/changes", "", 200, "", `"changes":[],"next_cursor":null,"total":0`},
		{"/api/v1/changes", "?kind=deployment", 400, "bad-parameter", `kind must be one of deploy, flag`},
		{"/api/v1/alerts", "", 200, "", `"targets":[],"dead_letters":[]`},
		{"/healthz", "", 200, "", `{"status":"ok"}`},
		{"/readyz", "", 200, "", `{"status":"ready"}`},
	} {
		t.Run(tt.template+tt.path, func(t *testing.T) {
			path := tt.template + tt.path
			if i := strings.Index(tt.template, "{"); i > 0 {
				path = strings.TrimSuffix(tt.template[:i], "/") + tt.path
			}
			res, body := s.do(t, http.MethodGet, path)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %.300s", res.StatusCode, tt.status, body)
			}
			if !strings.Contains(string(body), tt.says) {
				t.Errorf("the answer does not say %s:\n%.600s", tt.says, body)
			}
			if strings.Contains(string(body), "secret inside") || strings.ContainsAny(string(body), "<") && tt.template != "/metrics" {
				t.Errorf("the answer says too much:\n%.600s", body)
			}
			if tt.problem != "" {
				problemIs(t, res, body, tt.problem)
			}
			conforms(t, doc, tt.template, res, body)
		})
	}

	s.engine.ready = errors.New("the incident log is still being read: 12 of 40")
	res, body := s.do(t, http.MethodGet, "/readyz")
	problemIs(t, res, body, "not-ready")
	conforms(t, doc, "/readyz", res, body)
}

func nan() float64 { var zero float64; return zero / zero }

// problemIs checks the five fields of RFC 9457 and the content type.
func problemIs(t testing.TB, res *http.Response, body []byte, kind string) model.Problem {
	t.Helper()
	var p model.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("not a problem document: %v: %.200s", err, body)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	if p.Type != problemSpace+kind || p.Status != res.StatusCode || p.Title == "" || p.Detail == "" || p.Instance != res.Request.URL.EscapedPath() {
		t.Errorf("problem %+v, want type %s, status %d and instance %s", p, kind, res.StatusCode, res.Request.URL.EscapedPath())
	}
	return p
}

// The schemas name exactly the fields of model's JSON, and require those that are
// always there.
func TestSchemasEqualModel(t *testing.T) {
	doc := loadDocument(t)
	for name, typ := range map[string]reflect.Type{
		"Attribute": reflect.TypeFor[model.Attribute](), "Warning": reflect.TypeFor[model.Warning](), "Evidence": reflect.TypeFor[model.Evidence](),
		"Suspect": reflect.TypeFor[model.Suspect](), "EntryImpact": reflect.TypeFor[model.EntryImpact](), "Impact": reflect.TypeFor[model.Impact](),
		"Quality": reflect.TypeFor[model.Quality](), "Link": reflect.TypeFor[model.Link](), "Incident": reflect.TypeFor[model.Incident](),
		"IncidentPage": reflect.TypeFor[model.IncidentPage](), "IncidentHistory": reflect.TypeFor[model.IncidentHistory](),
		"Ranking": reflect.TypeFor[model.Ranking](), "TopologyNode": reflect.TypeFor[model.TopologyNode](), "TopologyEdge": reflect.TypeFor[model.TopologyEdge](),
		"Topology": reflect.TypeFor[model.Topology](), "OperationNumbers": reflect.TypeFor[model.OperationNumbers](), "OperationTest": reflect.TypeFor[model.OperationTest](),
		"OperationPeer": reflect.TypeFor[model.OperationPeer](), "OperationInstance": reflect.TypeFor[model.OperationInstance](), "OperationView": reflect.TypeFor[model.OperationView](),
		"Comparison": reflect.TypeFor[model.Comparison](), "CompareSide": reflect.TypeFor[model.CompareSide](), "Difference": reflect.TypeFor[model.Difference](), "EntryEffect": reflect.TypeFor[model.EntryEffect](), "EntryChange": reflect.TypeFor[model.EntryChange](), "ServiceChange": reflect.TypeFor[model.ServiceChange](), "Correlation": reflect.TypeFor[model.Correlation](), "CorrelatedAttribute": reflect.TypeFor[model.CorrelatedAttribute](), "CriticalPaths": reflect.TypeFor[model.CriticalPaths](), "EntryPaths": reflect.TypeFor[model.EntryPaths](), "PathOperation": reflect.TypeFor[model.PathOperation](), "PathInstance": reflect.TypeFor[model.PathInstance](), "PathEdge": reflect.TypeFor[model.PathEdge](), "PathPrediction": reflect.TypeFor[model.PathPrediction](), "PathChange": reflect.TypeFor[model.PathChange](), "PathStack": reflect.TypeFor[model.PathStack](),
		"Workflow": reflect.TypeFor[model.Workflow](), "WorkflowStep": reflect.TypeFor[model.WorkflowStep](), "WorkflowGap": reflect.TypeFor[model.WorkflowGap](),
		"WorkflowParticipant": reflect.TypeFor[model.WorkflowParticipant](), "WorkflowVariant": reflect.TypeFor[model.WorkflowVariant](),
		"WorkflowUsual": reflect.TypeFor[model.WorkflowUsual](), "WorkflowDeviation": reflect.TypeFor[model.WorkflowDeviation](),
		"SourceStatus": reflect.TypeFor[model.SourceStatus](), "Folded": reflect.TypeFor[model.Folded](), "ServiceStatus": reflect.TypeFor[model.ServiceStatus](), "Memory": reflect.TypeFor[model.Memory](), "MemoryBound": reflect.TypeFor[model.MemoryBound](),
		"Note": reflect.TypeFor[model.Note](), "Feedback": reflect.TypeFor[model.Feedback](), "FeedbackRequest": reflect.TypeFor[model.FeedbackRequest](), "AcknowledgeRequest": reflect.TypeFor[model.AcknowledgeRequest](), "Cause": reflect.TypeFor[model.Cause](), "Mute": reflect.TypeFor[model.Mute](), "MuteRequest": reflect.TypeFor[model.MuteRequest](), "MuteList": reflect.TypeFor[model.MuteList](), "Change": reflect.TypeFor[model.Change](), "ChangeRequest": reflect.TypeFor[model.ChangeRequest](), "ChangePage": reflect.TypeFor[model.ChangePage](), "Marks": reflect.TypeFor[model.Marks](), "FeedbackCounts": reflect.TypeFor[model.FeedbackCounts](), "TargetStatus": reflect.TypeFor[model.TargetStatus](), "DeadLetter": reflect.TypeFor[model.DeadLetter](), "AlertStatus": reflect.TypeFor[model.AlertStatus](),
		"Exhibit": reflect.TypeFor[model.Exhibit](), "ExhibitTrace": reflect.TypeFor[model.ExhibitTrace](), "ExhibitSpan": reflect.TypeFor[model.ExhibitSpan](),
		"ExhibitExcess": reflect.TypeFor[model.ExhibitExcess](), "Chart": reflect.TypeFor[model.Chart](), "AttributeSplit": reflect.TypeFor[model.AttributeSplit](),
		"Usual": reflect.TypeFor[model.Usual](), "OperationSummary": reflect.TypeFor[model.OperationSummary](), "OperationPage": reflect.TypeFor[model.OperationPage](),
		"Retained": reflect.TypeFor[model.Retained](), "Problem": reflect.TypeFor[model.Problem](),
	} {
		all, always := jsonFields(typ)
		var said, required []string
		for _, schema := range append(openapi3.SchemaRefs{doc.Components.Schemas[name]}, doc.Components.Schemas[name].Value.AllOf...) {
			for field := range schema.Value.Properties {
				said = append(said, field)
			}
			required = append(required, schema.Value.Required...)
		}
		slices.Sort(said)
		slices.Sort(required)
		if !slices.Equal(all, said) {
			t.Errorf("schema %s has the fields\n%q, model.%s has\n%q", name, said, typ.Name(), all)
		}
		if !slices.Equal(always, required) {
			t.Errorf("schema %s requires\n%q, model.%s always writes\n%q", name, required, typ.Name(), always)
		}
	}
}

// jsonFields gives the names of all fields, and of those without omitempty, sorted.
func jsonFields(typ reflect.Type) (all, always []string) {
	for _, f := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		all = append(all, name)
		if options != "omitempty" {
			always = append(always, name)
		}
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}

// Generated files carry the hash of what they were generated from.
func TestGeneratedIsFresh(t *testing.T) {
	for generated, settings := range map[string]string{
		"gen/server.gen.go":    "gen/server.yaml",
		"client/client.gen.go": "client/client.yaml",
		"web/src/api.gen.ts":   "",
	} {
		sum := sha256.New()
		for _, name := range []string{"openapi.yaml", settings} {
			if name == "" {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sum.Write(text)
		}
		text, err := os.ReadFile(generated)
		if err != nil {
			t.Fatal(err)
		}
		want := "// Source-SHA256: " + hex.EncodeToString(sum.Sum(nil)) + "\n"
		if !strings.HasPrefix(string(text), want) {
			t.Errorf("%s is stale: run go generate ./api/...", generated)
		}
	}
}

// The document names what it says it names: all routes of the contract.
func TestSpecificationHasEveryRoute(t *testing.T) {
	doc := loadDocument(t)
	for _, path := range []string{
		"/api/v1/incidents", "/api/v1/incidents/{id}", "/api/v1/rankings", "/api/v1/topology", "/api/v1/operations", "/api/v1/operations/{service}/{operation}",
		"/api/v1/workflows/{service}/{operation}", "/api/v1/compare", "/api/v1/correlate", "/api/v1/criticalpath",
		"/api/v1/status", "/api/v1/events", "/metrics", "/healthz", "/readyz", "/api/openapi.json",
		"/api/v1/incidents/{id}/feedback", "/api/v1/changes", "/api/v1/mutes", "/api/v1/alerts", "/api/docs",
	} {
		if doc.Paths.Value(path) == nil {
			t.Errorf("no %s", path)
		}
	}
	s := start(t, Config{}, ProjectionConfig{})
	_, body := s.do(t, http.MethodGet, "/api/openapi.json")
	if _, err := openapi3.NewLoader().LoadFromData(body); err != nil {
		t.Errorf("what is served is no OpenAPI document: %v", err)
	}
}
