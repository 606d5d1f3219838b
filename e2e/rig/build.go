package rig

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// JaegerModule is where Jaeger and HotROD come from. Its v1.76.0 is Jaeger v2.13,
// the newest on the module proxy.
const JaegerModule = "github.com/jaegertracing/jaeger@v1.76.0"

// Programs are the paths of what [Build] built.
type Programs struct{ Jaeger, HotROD string }

// Build makes the programs in dir unless they are there already. CULPRIT_JAEGER_BIN
// and CULPRIT_HOTROD_BIN name programs built elsewhere. `go install` refuses the
// module for its replace directive, so a copy of its directory is built.
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
		if _, err := os.Stat(*t.path); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return p, err
		}
		if err := buildFromModule(ctx, dir, t.pkg, *t.path); err != nil {
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
	program, src := filepath.Join(dir, "collector"), filepath.Join(dir, "jaeger-src")
	if _, err := os.Stat(program); !errors.Is(err, os.ErrNotExist) {
		return program, err
	}
	if err := copyModule(ctx, src); err != nil {
		return "", err
	}
	pkg := filepath.Join(src, "cmd", "collector-of-the-rig")
	if err := os.MkdirAll(pkg, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(pkg, "main.go"), collectorMain, 0o644); err != nil {
		return "", err
	}
	return program, buildFromModule(ctx, dir, "./cmd/collector-of-the-rig", program)
}

func buildFromModule(ctx context.Context, dir, pkg, out string) error {
	src := filepath.Join(dir, "jaeger-src")
	if err := copyModule(ctx, src); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out+".new", pkg)
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s of %s: %w", pkg, JaegerModule, err)
	}
	return os.Rename(out+".new", out)
}

// copyModule downloads the module and copies it to src, unless an earlier run has.
func copyModule(ctx context.Context, src string) error {
	if _, err := os.Stat(filepath.Join(src, "go.mod")); err == nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", JaegerModule)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("downloading %s: %w", JaegerModule, err)
	}
	var mod struct{ Dir string }
	if err := json.Unmarshal(out, &mod); err != nil {
		return fmt.Errorf("downloading %s: %w", JaegerModule, err)
	}
	partial := src + ".new"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(src), 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(partial, os.DirFS(mod.Dir)); err != nil {
		return fmt.Errorf("copying %s: %w", JaegerModule, err)
	}
	return os.Rename(partial, src)
}
