package api

import (
	"fmt"
	"net/url"
	"strings"
)

// ahead is what the view at an address of the page begins with, as Link headers: the
// browser fetches all of it at once, before it has read the document, and not the script
// first, then the answers, then the libraries. The questions are written as the page writes them
// (web/src/fetch.ts); one that differs is asked for in vain, and harms nobody.
func (s *Server) ahead(u *url.URL) []string {
	q := u.Query()
	at := []string{"at", q.Get("at")}
	script, styles := s.site.Own()
	out := []string{fmt.Sprintf("<%s>; rel=modulepreload", script)}
	for _, path := range styles {
		out = append(out, fmt.Sprintf("<%s>; rel=preload; as=style; crossorigin", path))
	}
	out = append(out, question("/api/v1/status"))
	switch view, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); {
	case view == "incidents" && rest != "":
		out = append(out, question("/api/v1/incidents/"+component(rest)))
		out = append(out, s.libraries("uplot", "@dagrejs/dagre")...)
	case (view == "" || view == "incidents") && len(q) == 0:
		out = append(out,
			question("/api/v1/incidents", "view", "brief", "state", "open", "limit", "500"),
			question("/api/v1/incidents", "view", "brief", "state", "resolved", "state", "expired", "limit", "50"))
	case view == "topology":
		out = append(out, question("/api/v1/topology", at...))
		out = append(out, s.libraries("cytoscape", "@dagrejs/dagre")...)
	case view == "operations" && q.Get("service") != "" && q.Get("operation") != "":
		out = append(out, question("/api/v1/operations/"+component(q.Get("service"))+"/"+component(q.Get("operation")), at...))
		out = append(out, s.libraries("uplot")...)
	case view == "operations":
		out = append(out, question("/api/v1/operations", "service", q.Get("service"), "find", q.Get("find"), "at", q.Get("at"), "limit", "200"))
	case view == "health":
		out = append(out, question("/api/v1/alerts"), question("/api/v1/mutes"))
	}
	return out
}

// question is a link that has JSON asked for; parameters are names and values in turn,
// those without a value are left out.
func question(path string, params ...string) string {
	for i, mark := 0, "?"; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			path += mark + params[i] + "=" + url.QueryEscape(params[i+1])
			mark = "&"
		}
	}
	return fmt.Sprintf("<%s>; rel=preload; as=fetch; crossorigin", path)
}

// libraries are links that have scripts fetched and compiled, not run, after what is
// seen first.
func (s *Server) libraries(names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fmt.Sprintf("<%s>; rel=modulepreload; fetchpriority=low", s.site.Library(name))
	}
	return out
}

// component writes a part of a path as encodeURIComponent of browsers does, which the
// page uses.
func component(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
