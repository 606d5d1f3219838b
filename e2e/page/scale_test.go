package page

import (
	"fmt"
	"path/filepath"
	"testing"

	"culprit/e2e/rig"
)

// The scenarios of scale.spec.ts hold with 300 services, 2,000 operations and 500 incidents
// in the log; the times that they take are printed (go test -v).
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("builds culprit and starts a browser")
	}
	dir := t.TempDir()
	if err := theWide.record(dir); err != nil {
		t.Fatal(err)
	}
	demo, err := rig.StartCulprit(t.Context(), program(t), filepath.Join(dir, "demo"), "demo", "--speed", "max", dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	told(t, demo, 1)
	if err := seed(t.Context(), demo.NATS, 500, func(i int) string { return fmt.Sprintf("service-%03d", i%theWide.services) }); err != nil {
		t.Fatal(err)
	}
	told(t, demo, 501)
	scenarios(t, []string{"CULPRIT_REST=" + demo.REST, "CULPRIT_SLOW=" + theWide.slow()}, "scale.spec.ts")
}
