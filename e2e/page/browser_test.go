package page

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"culprit/e2e/rig"
)

// scratch is a directory for what all tests of this package share.
var scratch string

func TestMain(m *testing.M) { os.Exit(inScratch(m)) }

func inScratch(m *testing.M) int {
	dir, err := os.MkdirTemp("", "culprit-page")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	scratch = dir
	return m.Run()
}

var build = sync.OnceValues(func() (string, error) {
	return rig.BuildCulprit(context.Background(), "../..", scratch)
})

// program is culprit, built once.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// scenarios runs files of scenarios in a browser, with these variables in their environment.
func scenarios(t *testing.T, env []string, files ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node_modules/.bin/playwright", append([]string{"test"}, files...)...)
	cmd.Env = append(os.Environ(), append(env, "CULPRIT_RESULTS="+t.TempDir(), "CI=1")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (.ci/needs debian node installs the browser and its driver)\n%s", err, out)
	}
	t.Logf("%s", out)
}

// patience is for what a busy machine may take its time with.
const patience = 2 * time.Minute

// told waits until culprit has told of so many incidents.
func told(t *testing.T, c *rig.Culprit, incidents int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var page struct {
			Total int `json:"total"`
		}
		if err := c.Get(ctx, "/api/v1/incidents?view=brief&limit=1", &page); err != nil {
			t.Fatalf("waiting for %d incidents: %v", incidents, err)
		}
		if page.Total >= incidents {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("have %d incidents after %s, want %d", page.Total, patience, incidents)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
