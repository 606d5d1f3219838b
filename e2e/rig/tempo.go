package rig

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed tempo.yaml
var tempoConfig []byte

// Tempo is a running Grafana Tempo behind Jaeger's query service, as Grafana's image
// tempo-query ships the two: the service asks Tempo through a program that it starts.
type Tempo struct {
	OTLP string // HOST:PORT of Tempo's OTLP/gRPC receiver
	HTTP string // base URL of Jaeger's query API
	GRPC string // URL of Jaeger's gRPC query API

	tempo, query *Process
}

// StartTempo starts both on free ports and waits until they answer. What they keep, their
// configurations and logs go to dir.
func StartTempo(ctx context.Context, p TempoPrograms, dir string) (*Tempo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(6)
	if err != nil {
		return nil, err
	}
	config, bridge := filepath.Join(dir, "tempo.yaml"), filepath.Join(dir, "tempo-query.yaml")
	if err := os.WriteFile(config, tempoConfig, 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(bridge, fmt.Appendf(nil, "backend: \"127.0.0.1:%d\"\n", ports[0]), 0o644); err != nil {
		return nil, err
	}
	t := &Tempo{
		OTLP: fmt.Sprintf("127.0.0.1:%d", ports[2]),
		HTTP: fmt.Sprintf("http://127.0.0.1:%d", ports[3]),
		GRPC: fmt.Sprintf("grpc://127.0.0.1:%d", ports[4]),
	}
	t.tempo, err = StartProcess("tempo", dir, p.Tempo, []string{
		"RIG_DIR=" + dir, fmt.Sprintf("RIG_HTTP=%d", ports[0]), fmt.Sprintf("RIG_GRPC=%d", ports[1]), fmt.Sprintf("RIG_OTLP=%d", ports[2]),
	}, "-config.file", config, "-config.expand-env=true")
	if err != nil {
		return nil, err
	}
	if err := t.tempo.answers(ctx, fmt.Sprintf("http://127.0.0.1:%d/ready", ports[0])); err != nil {
		t.Stop()
		return nil, err
	}
	t.query, err = startGroup("tempo-jaeger-query", dir, p.Query, []string{
		"JAEGER_DISABLED=true", // neither traces itself
		"TMPDIR=" + dir,        // for the socket between them
		"SPAN_STORAGE_TYPE=grpc-plugin", "GRPC_STORAGE_PLUGIN_BINARY=" + p.Bridge,
	}, "--grpc-storage-plugin.configuration-file="+bridge, "--log-level=warn",
		"--query.http-server.host-port="+strings.TrimPrefix(t.HTTP, "http://"),
		"--query.grpc-server.host-port="+strings.TrimPrefix(t.GRPC, "grpc://"),
		fmt.Sprintf("--admin.http.host-port=127.0.0.1:%d", ports[5]))
	if err != nil {
		t.Stop()
		return nil, err
	}
	if err := t.query.answers(ctx, t.HTTP+"/api/services"); err != nil {
		t.Stop()
		return nil, err
	}
	return t, nil
}

// Stop ends both.
func (t *Tempo) Stop() {
	for _, p := range []*Process{t.query, t.tempo} {
		if p != nil {
			p.Stop()
		}
	}
}

// Logs are the files that hold what they print.
func (t *Tempo) Logs() []string { return []string{t.tempo.Log, t.query.Log} }
