package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"culprit/api/web"
)

// pagePolicy lets the page run what it came with and speak to where it came from;
// nothing inline, nothing from elsewhere. Text that would be markup is refused by the
// browser itself.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// routePage registers the page and its files.
func (s *Server) routePage(r readRouter) {
	for _, path := range web.Paths {
		r.GET(path, func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", pagePolicy)
			h["Link"] = s.ahead(c.Request().URL)
			return sendFile(c, s.site.Page())
		})
	}
	r.GET("/assets/*", func(c echo.Context) error { return s.sendAsset(c, "assets/"+c.Param("*")) })
	for _, name := range []string{"favicon.svg", "licenses.txt"} {
		r.GET("/"+name, func(c echo.Context) error { return s.sendAsset(c, name) })
	}
}

// sendAsset sends a script or style.
func (s *Server) sendAsset(c echo.Context, name string) error {
	f := s.site.Asset(name)
	if f == nil {
		return echo.ErrNotFound
	}
	return sendFile(c, f)
}

// sendFile sends a file, compressed for who takes that.
func sendFile(c echo.Context, f *web.File) error {
	h := c.Response().Header()
	h.Add("Vary", "Accept-Encoding")
	if unchanged(c, f.ETag) {
		return nil
	}
	if f.Fixed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := f.Body
	if f.Gzip != nil && accepts(c.Request().Header.Values("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.Gzip
	}
	return c.Blob(http.StatusOK, f.Type, body)
}

// accepts reports whether a content coding is among those listed, not with weight zero.
func accepts(lines []string, coding string) bool {
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(one, ";")
			if !strings.EqualFold(strings.TrimSpace(name), coding) {
				continue
			}
			q := strings.ReplaceAll(weight, " ", "")
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q[3:], ".0") != ""
		}
	}
	return false
}
