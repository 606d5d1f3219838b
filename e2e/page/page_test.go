package page

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
	env := []string{"CULPRIT_REST=" + demo.REST}
	if os.Getenv("CULPRIT_SHOTS") != "" { // before anybody says anything about the incident
		scenarios(t, env, "pictures.spec.ts")
	}
	scenarios(t, env, "views.spec.ts", "page.spec.ts")
}

// mostBytes is what a picture may take of a reader's time and of everybody's clone.
const mostBytes = 150 << 10

// Every view has its pictures in the documentation, light and dark, and none is large.
func TestPictures(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "page")
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, view := range []string{"incidents", "incident", "topology", "operations", "operation", "compare", "health"} {
		for _, scheme := range []string{"light", "dark"} {
			if name := view + "-" + scheme + ".webp"; !strings.Contains(string(text), "("+name+")") {
				t.Errorf("docs/page/README.md does not show %s", name)
			}
		}
	}
	for _, m := range regexp.MustCompile(`\(([^)]+\.(?:webp|png))\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(dir, m[1])); err != nil {
			t.Errorf("docs/page/README.md: %v", err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Size() > mostBytes {
			t.Errorf("%s: %d bytes (%v), want at most %d", f.Name(), info.Size(), err, mostBytes)
		}
	}
}
