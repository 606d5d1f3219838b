package page

import (
	"testing"

	"culprit/e2e/rig"
)

// The scenarios of page.spec.ts and views.spec.ts hold against the demo.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds culprit and starts a browser")
	}
	demo, err := rig.StartCulprit(t.Context(), program(t), t.TempDir(), "demo", "--speed", "max")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	scenarios(t, []string{"CULPRIT_REST=" + demo.REST}, "views.spec.ts", "page.spec.ts")
}
