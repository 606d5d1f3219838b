package api

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// linked are the targets of Link headers.
func linked(t *testing.T, res *http.Response) []string {
	t.Helper()
	var out []string
	for _, l := range res.Header.Values("Link") {
		m := regexp.MustCompile(`^<(/[^>\s]*)>; rel=(modulepreload|preload; as=(fetch|style); crossorigin)`).FindStringSubmatch(l)
		if m == nil {
			t.Errorf("Link: %s", l)
			continue
		}
		out = append(out, m[1])
	}
	return out
}

// A browser is told at once of all that a view begins with; that the page asks for
// just that is seen in e2e/page.
func TestPageIsFetchedAhead(t *testing.T) {
	for _, c := range []struct {
		address   string
		questions []string
		libraries []string
	}{
		{"/", []string{"/api/v1/incidents?view=brief&state=open&limit=500", "/api/v1/incidents?view=brief&state=resolved&state=expired&limit=50"}, nil},
		{"/incidents?severity=major", nil, nil},
		{"/incidents/abc", []string{"/api/v1/incidents/abc"}, []string{"uplot", "@dagrejs/dagre"}},
		{"/incidents/%3E%2C%0D%0Ab%3A(c)", []string{"/api/v1/incidents/%3E%2C%0D%0Ab%3A(c)"}, []string{"uplot", "@dagrejs/dagre"}},
		{"/topology?at=2026-11-22T13:00:00Z", []string{"/api/v1/topology?at=2026-11-22T13%3A00%3A00Z"}, []string{"cytoscape", "@dagrejs/dagre"}},
		{"/operations", []string{"/api/v1/operations?limit=200"}, nil},
		{"/operations?service=a%2Fb&operation=GET+%2Fx", []string{"/api/v1/operations/a%2Fb/GET%20%2Fx"}, []string{"uplot"}},
		{"/compare", nil, nil},
		{"/health", []string{"/api/v1/alerts", "/api/v1/mutes"}, nil},
	} {
		s := start(t, Config{}, ProjectionConfig{})
		res, page := s.do(t, http.MethodGet, c.address)
		have := linked(t, res)
		want := append([]string{"/api/v1/status"}, c.questions...)
		var asked, files []string
		for _, path := range have {
			if strings.HasPrefix(path, "/api/") {
				asked = append(asked, path)
				continue
			}
			files = append(files, path)
			if file, _ := s.do(t, http.MethodGet, path); file.StatusCode != http.StatusOK {
				t.Errorf("%s: %s: %d", c.address, path, file.StatusCode)
			}
		}
		if !slices.Equal(asked, want) {
			t.Errorf("%s: asked ahead: %q, want %q", c.address, asked, want)
		}
		if len(files) != 2+len(c.libraries) || !strings.Contains(string(page), files[0]) || !strings.Contains(string(page), files[1]) {
			t.Errorf("%s: files: %q, want the script and the style of the page and %q", c.address, files, c.libraries)
		}
	}
}
