package page

import (
	"os"
	"os/exec"
	"testing"

	"culprit/e2e/rig"
)

// The scenarios of page.spec.ts hold against the demo.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds culprit and starts a browser")
	}
	program, err := rig.BuildCulprit(t.Context(), "../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	demo, err := rig.StartCulprit(t.Context(), program, t.TempDir(), "demo", "--speed", "max")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	cmd := exec.CommandContext(t.Context(), "node_modules/.bin/playwright", "test")
	cmd.Env = append(os.Environ(), "CULPRIT_REST="+demo.REST, "CULPRIT_RESULTS="+t.TempDir(), "CI=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (.ci/needs debian node installs the browser and its driver)\n%s", err, out)
	}
	t.Logf("%s", out)
}
