package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"culprit/api/gen"
	"culprit/internal/render/sequence"
)

// A workflow comes in every notation, escaped, with a type of content that the OpenAPI file
// knows, and what a browser shows may use its own style only.
func TestWorkflowNotations(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	op := loadDocument(t).Paths.Value("/api/v1/workflows/{service}/{operation}").Get
	for _, f := range sequence.Formats() {
		if !gen.WorkflowFormat(f.Name).Valid() {
			t.Errorf("the OpenAPI file has no format %s", f.Name)
		}
		res, body := s.do(t, http.MethodGet, "/api/v1/workflows/frontend/GET%20/users/x?format="+f.Name)
		media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
		if res.StatusCode != http.StatusOK || op.Responses.Status(200).Value.Content.Get(media) == nil {
			t.Errorf("%s: status %d, content type %q", f.Name, res.StatusCode, media)
		}
		if res.Header.Get("ETag") == "" || len(body) == 0 {
			t.Errorf("%s: no ETag or no body", f.Name)
		}
		again, _ := s.do(t, http.MethodGet, "/api/v1/workflows/frontend/GET%20/users/x?format="+f.Name, func(r *http.Request) {
			r.Header.Set("If-None-Match", res.Header.Get("ETag"))
		})
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: the same again is status %d", f.Name, again.StatusCode)
		}
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", f.Name, policy)
		}
		if shown := slices.Contains([]string{"html", "svg"}, f.Name); shown && (strings.Contains(string(body), "<b>") || !strings.Contains(policy, "style-src 'sha256-")) {
			t.Errorf("%s: a name is not escaped, or the policy %q allows no style", f.Name, policy)
		}
	}
}
