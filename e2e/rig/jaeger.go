package rig

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed jaeger.yaml
var jaegerConfig []byte

// Jaeger is a running Jaeger with memory storage.
type Jaeger struct {
	*Process
	OTLP string // base URL of its OTLP/HTTP receiver
	HTTP string // base URL of its query API and page
	GRPC string // URL of its gRPC query API

	dir, program string
	env          []string
}

// StartJaeger starts a Jaeger on free ports and waits until it answers. Its
// configuration and log go to dir.
func StartJaeger(ctx context.Context, program, dir string) (*Jaeger, error) {
	ports, err := FreePorts(3)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "jaeger.yaml"), jaegerConfig, 0o644); err != nil {
		return nil, err
	}
	j := &Jaeger{
		OTLP: fmt.Sprintf("http://127.0.0.1:%d", ports[0]),
		HTTP: fmt.Sprintf("http://127.0.0.1:%d", ports[1]),
		GRPC: fmt.Sprintf("grpc://127.0.0.1:%d", ports[2]),
		dir:  dir, program: program,
		env: []string{
			"OTEL_TRACES_SAMPLER=always_off", // it would send spans of its own to 4317
			fmt.Sprintf("RIG_OTLP_HTTP=%d", ports[0]),
			fmt.Sprintf("RIG_QUERY_HTTP=%d", ports[1]),
			fmt.Sprintf("RIG_QUERY_GRPC=%d", ports[2]),
		},
	}
	return j, j.Start(ctx)
}

// Start starts Jaeger on the ports it had before, after a Stop. What it stored is
// gone.
func (j *Jaeger) Start(ctx context.Context) error {
	p, err := StartProcess("jaeger", j.dir, j.program, j.env, "--config", filepath.Join(j.dir, "jaeger.yaml"))
	if err != nil {
		return err
	}
	j.Process = p
	if err := p.answers(ctx, j.HTTP+"/api/v3/services"); err != nil {
		p.Stop()
		return err
	}
	return nil
}
