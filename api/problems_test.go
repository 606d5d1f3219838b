package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"culprit/model"
)

// good is a value that a parameter takes, bad ones are some that it refuses.
func values(p *openapi3.Parameter) (good string, bad []string) {
	schema := p.Schema.Value
	list := schema.Type.Is("array")
	if list {
		schema = schema.Items.Value
	}
	const control = "a\x1b[2J\x00b"
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0].(string), []string{"nonsense", control}
	case schema.Format == "date-time":
		return "2026-11-03T12:00:00Z", []string{"yesterday", "2026-13-01T00:00:00Z", "12:03", control, "2026-11-03T12:00:00", strings.Repeat("9", 5000)}
	case schema.Type.Is("integer"):
		return "1", []string{"many", "1.5", "-1", "99999999999999999999999", control}
	case schema.Type.Is("number"):
		return "1", []string{"slow", "NaN", "-1", control}
	case schema.Type.Is("boolean"):
		return "true", []string{"maybe", control}
	case p.Name == "cursor":
		return "", []string{"nonsense", "AAAA", control, strings.Repeat("A", 5000), "{}"}
	case p.Name == "trace":
		return "4bf92f3577b34da6a3ce929d0e0e4736", []string{"nonsense", control}
	case p.Name == "faster":
		return "mysql SELECT=0.2", []string{"mysql", "mysql=2", "=0.5", control}
	}
	return "mysql", nil
}

// Every parameter of every route, given something that it cannot be, is answered with a
// problem document that names it and says what is wrong; so is a parameter that does not
// exist, and a body that is none.
func TestEveryRouteSaysWhatIsWrong(t *testing.T) {
	doc := loadDocument(t)
	s := start(t, Config{}, ProjectionConfig{})
	apply(t, s.projection, 1, sample(0))
	s.engine.operation = func(service, operation string, _ time.Time) (model.OperationView, error) {
		return model.OperationView{}, &UnknownError{What: "service", Name: service}
	}
	asked := 0
	refused := func(method, template, path, parameter string) {
		t.Helper()
		asked++
		var change func(*http.Request)
		if method == http.MethodPost {
			change = func(r *http.Request) { r.Header.Set("Content-Type", contentJSON) }
		} else {
			change = func(*http.Request) {}
		}
		res, body := s.do(t, method, path, change)
		var p model.Problem
		if err := json.Unmarshal(body, &p); err != nil || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %.120s: %d, %.200s", method, path, res.StatusCode, body)
			return
		}
		if res.StatusCode < 400 || res.StatusCode > 499 || p.Status != res.StatusCode || p.Detail == "" || p.Instance == "" || len(body) > 4000 {
			t.Errorf("%s %.120s: %d, %s", method, path, res.StatusCode, body)
		}
		if parameter != "" && (p.Parameter != parameter || !strings.Contains(p.Detail, parameter)) {
			t.Errorf("%s %.120s: the problem is about %q: %s", method, path, p.Parameter, p.Detail)
		}
		conformsTo(t, doc, method, template, res, body)
	}
	for template, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			fine := url.Values{} // what is required
			path := template
			var queries []*openapi3.Parameter
			for _, ref := range append(item.Parameters, op.Parameters...) {
				p := ref.Value
				good, _ := values(p)
				switch p.In {
				case "path":
					path = strings.ReplaceAll(path, "{"+p.Name+"}", "typo")
				case "query":
					queries = append(queries, p)
					if p.Required {
						fine.Set(p.Name, good)
					}
				}
			}
			with := func(name, value string) string {
				v := url.Values{}
				for k, x := range fine {
					v[k] = x
				}
				v.Set(name, value)
				return path + "?" + v.Encode()
			}
			refused(method, template, with("nonsense", "1"), "nonsense")
			for _, p := range queries {
				_, bad := values(p)
				for _, value := range bad {
					refused(method, template, with(p.Name, value), p.Name)
				}
			}
			if path != template || op.RequestBody != nil { // a name that is not there; an empty body
				refused(method, template, path+strings.TrimSuffix("?"+fine.Encode(), "?"), "")
			}
		}
	}
	if asked < 150 {
		t.Errorf("only %d questions were asked", asked)
	}
}
