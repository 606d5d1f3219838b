package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// headers makes every answer harmless in a browser: names that come out of traces are
// foreign text. Nothing is sniffed, run, framed, kept or read by other origins.
func headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// hosts refuses requests that reach a loopback address under a name of somebody
// else's: a page from the web could otherwise point its own name at this machine and
// read what is served here.
func (s *Server) hosts(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if local, ok := c.Request().Context().Value(http.LocalAddrContextKey).(net.Addr); ok && loopback(local) {
			if name := hostName(c.Request().Host); !s.ownName(name) {
				return newProblem(http.StatusMisdirectedRequest, "foreign-host",
					fmt.Sprintf("the host %q is not answered on a loopback address: use localhost, or add the name to the setting hosts", clip(name)))
			}
		}
		return next(c)
	}
}

func (s *Server) ownName(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.Contains(s.cfg.Hosts, name) {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// hostName is a Host header without its port, in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func loopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

// methodOf is the method whose operation answers: HEAD is GET's.
func methodOf(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}

// strictQuery refuses query parameters that the OpenAPI file does not know: a
// misspelt filter must not answer as if there were none.
func (s *Server) strictQuery(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		known, ours := s.spec.queries[methodOf(c.Request())+" "+c.Path()]
		if !ours {
			return next(c)
		}
		given, err := queryOf(c.Request())
		if err != nil {
			return err
		}
		for _, name := range given {
			if slices.Contains(known, name) {
				continue
			}
			p := badParameter(clip(name), fmt.Sprintf("unknown query parameter %q", clip(name)))
			if len(known) > 0 {
				p.Detail += ": there are " + strings.Join(known, ", ")
			}
			return p
		}
		return next(c)
	}
}
