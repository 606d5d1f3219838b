package jaeger

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// The usual ports of Jaeger's query service.
const (
	portHTTP = "16686"
	portGRPC = "16685"
)

// place is one address to ask.
type place struct {
	grpc bool
	tls  bool
	host string // host:port
	path string // base path of HTTP, without a slash at the end
}

func (p place) String() string {
	if p.grpc {
		return p.host
	}
	return p.url()
}

// victoria says that VictoriaTraces answers there: it has Jaeger's API below a path of
// its own, and no gRPC.
func (p place) victoria() bool { return !p.grpc && strings.HasSuffix(p.path, "/select/jaeger") }

// url is the base of the HTTP requests.
func (p place) url() string {
	scheme := "http"
	if p.tls {
		scheme = "https"
	}
	return scheme + "://" + p.host + p.path
}

// places reads the endpoints and derives by the usual ports what was not given.
func places(endpoints []string) ([]place, error) {
	var out []place
	var grpc, web bool
	for _, e := range endpoints {
		p, err := parsePlace(e)
		if err != nil {
			return nil, err
		}
		grpc = grpc || p.grpc
		web = web || !p.grpc
		out = append(out, p)
	}
	for _, p := range out {
		if p.victoria() {
			continue // a Jaeger beside it is another server
		}
		host, _, _ := net.SplitHostPort(p.host)
		switch {
		case !grpc && !p.grpc:
			out = append(out, place{grpc: true, tls: p.tls, host: net.JoinHostPort(host, portGRPC)})
		case !web && p.grpc:
			out = append(out, place{tls: p.tls, host: net.JoinHostPort(host, portHTTP)})
		}
	}
	return out, nil
}

func parsePlace(endpoint string) (place, error) {
	s := strings.TrimSpace(endpoint)
	bare := !strings.Contains(s, "://")
	if bare {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return place{}, fmt.Errorf("jaeger endpoint %q: want http(s)://host:16686 or grpc(s)://host:16685", endpoint)
	}
	if u.User != nil {
		return place{}, fmt.Errorf("jaeger endpoint %s: a name and password in the address are not supported; use a token file", u.Redacted())
	}
	var p place
	port := u.Port()
	switch u.Scheme {
	case "http":
		p.grpc = bare && port == portGRPC
	case "https":
		p.tls = true
	case "grpc":
		p.grpc = true
	case "grpcs":
		p.grpc, p.tls = true, true
	default:
		return place{}, fmt.Errorf("jaeger endpoint %q: scheme %q is unknown; use http, https, grpc or grpcs", endpoint, u.Scheme)
	}
	switch {
	case port != "":
	case p.grpc:
		port = portGRPC
	case bare:
		port = portHTTP
	case p.tls:
		port = "443"
	default:
		port = "80"
	}
	p.host = net.JoinHostPort(u.Hostname(), port)
	if !p.grpc {
		p.path = strings.TrimRight(u.EscapedPath(), "/")
	}
	return p, nil
}
