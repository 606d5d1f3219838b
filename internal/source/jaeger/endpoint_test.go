package jaeger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"culprit/model"
)

// One address is enough: the other is derived by the usual port.
func TestPlaces(t *testing.T) {
	for _, tt := range []struct {
		endpoints []string
		want      []place
	}{
		{[]string{"http://jaeger:16686"}, []place{{host: "jaeger:16686"}, {grpc: true, host: "jaeger:16685"}}},
		{[]string{"grpc://jaeger:16685"}, []place{{grpc: true, host: "jaeger:16685"}, {host: "jaeger:16686"}}},
		{[]string{"https://traces.example/jaeger/"}, []place{
			{tls: true, host: "traces.example:443", path: "/jaeger"}, {grpc: true, tls: true, host: "traces.example:16685"}}},
		{[]string{"grpcs://[::1]"}, []place{{grpc: true, tls: true, host: "[::1]:16685"}, {tls: true, host: "[::1]:16686"}}},
		{[]string{"jaeger"}, []place{{host: "jaeger:16686"}, {grpc: true, host: "jaeger:16685"}}},
		{[]string{"jaeger:16685"}, []place{{grpc: true, host: "jaeger:16685"}, {host: "jaeger:16686"}}},
		{[]string{" http://a:80 ", "grpc://b:90"}, []place{{host: "a:80"}, {grpc: true, host: "b:90"}}},
	} {
		got, err := places(tt.endpoints)
		if err != nil {
			t.Errorf("%v: %v", tt.endpoints, err)
		}
		if d := cmp.Diff(tt.want, got, cmp.AllowUnexported(place{})); d != "" {
			t.Errorf("%v (-want +got):\n%s", tt.endpoints, d)
		}
	}
}

// What cannot work is refused when the source is made, with a word on what would.
func TestConfigIsChecked(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		wants  string
	}{
		{"no endpoint", func(c *Config) { c.Endpoints = nil }, "no endpoint is given"},
		{"unknown scheme", func(c *Config) { c.Endpoints = []string{"ftp://jaeger"} }, `"ftp" is unknown; use http`},
		{"no host", func(c *Config) { c.Endpoints = []string{"http://"} }, "want http(s)://host:16686"},
		{"password in the address", func(c *Config) { c.Endpoints = []string{"http://me:secret@jaeger"} }, "use a token file"},
		{"unknown protocol", func(c *Config) { c.Protocol = "thrift" }, `"thrift" is unknown`},
		{"short step", func(c *Config) { c.Step = 1 }, "step must be at least 1s"},
		{"floor above step", func(c *Config) { c.Floor = 2 * c.Step }, "floor must be between"},
		{"negative depth", func(c *Config) { c.Depth = -1 }, "depth must be at least 1"},
		{"missing authority", func(c *Config) { c.TLS.CAFile = "missing.pem" }, "missing.pem"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = "c.pem" }, "cert_file and key_file together"},
	} {
		cfg := DefaultConfig()
		tt.change(&cfg)
		_, err := New(cfg)
		if err == nil || !strings.Contains(err.Error(), tt.wants) {
			t.Errorf("%s: got %v, want something with %q", tt.name, err, tt.wants)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", tt.name, err)
		}
	}
}

// Links lead to the pages that people see.
func TestTraceURL(t *testing.T) {
	for _, tt := range []struct{ endpoint, ui, want string }{
		{"http://jaeger:16686", "", "http://jaeger:16686/trace/"},
		{"grpc://jaeger:16685", "", "http://jaeger:16686/trace/"},
		{"grpc://jaeger:16685", "https://traces.example/jaeger/", "https://traces.example/jaeger/trace/"},
	} {
		cfg := DefaultConfig()
		cfg.Endpoints, cfg.UI = []string{tt.endpoint}, tt.ui
		s, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		id := model.TraceID{15: 7}
		if got := s.TraceURL(id); got != tt.want+id.String() {
			t.Errorf("%s, %s: %s", tt.endpoint, tt.ui, got)
		}
	}
}
