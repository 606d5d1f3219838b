package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

// BuildCulprit builds the command of the module in the directory above into dir and
// returns its path.
func BuildCulprit(ctx context.Context, module, dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "culprit")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/culprit")
	cmd.Dir = module
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building culprit: %w", err)
	}
	return program, nil
}

// Culprit is a running `culprit serve` or `culprit demo`.
type Culprit struct {
	*Process
	REST string // base URL
	NATS string // URL of its embedded server

	name, dir, program string
	args               []string
}

// StartCulprit starts a command of culprit on free ports with its state and log
// below dir, and returns when it says that it is ready.
func StartCulprit(ctx context.Context, program, dir, command string, args ...string) (*Culprit, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	c := &Culprit{
		REST: fmt.Sprintf("http://127.0.0.1:%d", ports[0]),
		NATS: fmt.Sprintf("nats://127.0.0.1:%d", ports[1]),
		name: "culprit-" + command, dir: dir, program: program,
		args: append([]string{
			command,
			"--listen", fmt.Sprintf("127.0.0.1:%d", ports[0]),
			"--nats-listen", fmt.Sprintf("127.0.0.1:%d", ports[1]),
			"--data", filepath.Join(dir, "data"),
		}, args...),
	}
	return c, c.Start(ctx)
}

// Start starts it again, after a Stop or a Kill, with the same arguments.
func (c *Culprit) Start(ctx context.Context) error {
	p, err := StartProcess(c.name, c.dir, c.program, nil, c.args...)
	if err != nil {
		return err
	}
	c.Process = p
	if err := p.answers(ctx, c.REST+"/readyz"); err != nil {
		p.Stop()
		return err
	}
	return nil
}

// Get reads a JSON resource of its REST interface into v.
func (c *Culprit) Get(ctx context.Context, path string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.REST+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", path, res.Status, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s: %w in %.200s", path, err, body)
	}
	return nil
}
