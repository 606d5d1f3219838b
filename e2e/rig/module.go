package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// module is a published Go module whose programs are built. `go install` refuses modules
// for their replace directives, so a copy of the module's directory is built.
type module struct {
	at    string   // PATH@VERSION
	src   string   // the copy's name within the directory of the programs
	flags []string // of go build
}

// build makes out of the package pkg, unless it is there already.
func (m module) build(ctx context.Context, dir, pkg, out string) error {
	if there(out) {
		return nil
	}
	src, err := m.copied(ctx, dir)
	if err != nil {
		return err
	}
	args := append([]string{"build", "-trimpath", "-o", out + ".new"}, m.flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s of %s: %w", pkg, m.at, err)
	}
	return os.Rename(out+".new", out)
}

// copied downloads the module and copies it below dir, unless an earlier run has, and
// returns the copy.
func (m module) copied(ctx context.Context, dir string) (string, error) {
	src := filepath.Join(dir, m.src)
	if _, err := os.Stat(filepath.Join(src, "go.mod")); err == nil {
		return src, nil
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", m.at)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("downloading %s: %w", m.at, err)
	}
	var mod struct{ Dir string }
	if err := json.Unmarshal(out, &mod); err != nil {
		return "", fmt.Errorf("downloading %s: %w", m.at, err)
	}
	partial := src + ".new"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.CopyFS(partial, os.DirFS(mod.Dir)); err != nil {
		return "", fmt.Errorf("copying %s: %w", m.at, err)
	}
	return src, os.Rename(partial, src)
}

// there reports whether a file is.
func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
