package rig

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
)

// JaegerModule is where Jaeger and HotROD come from. Its v1.76.0 is Jaeger v2.13,
// the newest on the module proxy.
const JaegerModule = "github.com/jaegertracing/jaeger@v1.76.0"

var jaegerSource = module{at: JaegerModule, src: "jaeger-src"}

// Programs are the paths of what [Build] built.
type Programs struct{ Jaeger, HotROD string }

// Build makes the programs in dir unless they are there already. CULPRIT_JAEGER_BIN
// and CULPRIT_HOTROD_BIN name programs built elsewhere.
func Build(ctx context.Context, dir string) (Programs, error) {
	p := Programs{Jaeger: os.Getenv("CULPRIT_JAEGER_BIN"), HotROD: os.Getenv("CULPRIT_HOTROD_BIN")}
	if p.Jaeger != "" && p.HotROD != "" {
		return p, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return p, err
	}
	for _, t := range []struct {
		name, pkg string
		path      *string
	}{{"jaeger", "./cmd/jaeger", &p.Jaeger}, {"hotrod", "./examples/hotrod", &p.HotROD}} {
		if *t.path != "" {
			continue
		}
		*t.path = filepath.Join(dir, t.name)
		if err := jaegerSource.build(ctx, dir, t.pkg, *t.path); err != nil {
			return p, err
		}
	}
	return p, nil
}

//go:embed collector.go.txt
var collectorMain []byte

// BuildCollector makes an OpenTelemetry Collector in dir unless it is there already, and
// returns its path. CULPRIT_COLLECTOR_BIN names one built elsewhere. It is built within
// Jaeger's module, which pins and has compiled the Collector's modules for its own sake.
func BuildCollector(ctx context.Context, dir string) (string, error) {
	if p := os.Getenv("CULPRIT_COLLECTOR_BIN"); p != "" {
		return p, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "collector")
	if there(program) {
		return program, nil
	}
	src, err := jaegerSource.copied(ctx, dir)
	if err != nil {
		return "", err
	}
	pkg := filepath.Join(src, "cmd", "collector-of-the-rig")
	if err := os.MkdirAll(pkg, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(pkg, "main.go"), collectorMain, 0o644); err != nil {
		return "", err
	}
	return program, jaegerSource.build(ctx, dir, "./cmd/collector-of-the-rig", program)
}

// TempoModule is where Grafana Tempo comes from: of its versions the module proxy gives
// out 1.5.0 (August 2022).
const TempoModule = "github.com/grafana/tempo@v1.5.0"

// tempoSource reaches into the runtime, by way of an old golang.org/x/net, as Go's linker
// has allowed only on demand since 1.23.
var tempoSource = module{at: TempoModule, src: "tempo-src", flags: []string{"-ldflags=-checklinkname=0 -s -w"}}

// TempoPrograms are Tempo, its bridge to Jaeger's query service, and that service of the version
// which Tempo's module pins.
type TempoPrograms struct{ Tempo, Bridge, Query string }

// tempoOrder is a file for Tempo's package gogocodec, which replaces gRPC's codec and so must
// be initialised after it. Since Go 1.21 packages are initialised in the order of their names
// unless one imports the other, so it imports it.
const tempoOrder = "package gogocodec\n\nimport _ \"google.golang.org/grpc/encoding/proto\"\n"

// BuildTempo makes Tempo's programs in dir unless they are there already. It takes two
// minutes of processor time when nothing is cached, measured on 2026-11-22.
func BuildTempo(ctx context.Context, dir string) (p TempoPrograms, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return p, err
	}
	p = TempoPrograms{Tempo: filepath.Join(dir, "tempo"), Bridge: filepath.Join(dir, "tempo-query"), Query: filepath.Join(dir, "tempo-jaeger-query")}
	if there(p.Tempo) && there(p.Bridge) && there(p.Query) {
		return p, nil
	}
	src, err := tempoSource.copied(ctx, dir)
	if err != nil {
		return p, err
	}
	if err := os.WriteFile(filepath.Join(src, "pkg", "gogocodec", "order.go"), []byte(tempoOrder), 0o644); err != nil {
		return p, err
	}
	return p, errors.Join(
		tempoSource.build(ctx, dir, "./cmd/tempo", p.Tempo),
		tempoSource.build(ctx, dir, "./cmd/tempo-query", p.Bridge),
		tempoSource.build(ctx, dir, "github.com/jaegertracing/jaeger/cmd/query", p.Query))
}
