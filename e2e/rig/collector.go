package rig

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Collector is a running OpenTelemetry Collector.
type Collector struct {
	*Process
	GRPC string // HOST:PORT of its OTLP/gRPC receiver
}

// StartCollector starts a Collector on a free port that sends all traces on to every one
// of the receivers: http://HOST:PORT over OTLP/HTTP, grpc://HOST:PORT over OTLP/gRPC. Its
// configuration and log go to dir.
func StartCollector(ctx context.Context, program, dir string, to ...string) (*Collector, error) {
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	var exporters strings.Builder
	var names []string
	for i, url := range to {
		name := fmt.Sprintf("otlphttp/%d", i)
		if host, ok := strings.CutPrefix(url, "grpc://"); ok {
			name, url = fmt.Sprintf("otlp/%d", i), host
		}
		names = append(names, name)
		fmt.Fprintf(&exporters, "  %s:\n    endpoint: %q\n    tls: {insecure: true}\n", name, url)
	}
	config := fmt.Sprintf(`receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:%d"}
processors:
  batch: {timeout: 200ms}
exporters:
%sservice:
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [%s]}
  telemetry:
    metrics: {level: none}
    logs: {level: warn}
`, ports[0], exporters.String(), strings.Join(names, ", "))
	path := filepath.Join(dir, "collector.yaml")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		return nil, err
	}
	p, err := StartProcess("collector", dir, program, nil, "--config", path)
	if err != nil {
		return nil, err
	}
	if err := p.listens(ctx, ports[0]); err != nil {
		p.Stop()
		return nil, err
	}
	return &Collector{Process: p, GRPC: fmt.Sprintf("127.0.0.1:%d", ports[0])}, nil
}
