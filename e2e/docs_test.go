package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every direct dependency of the program and its page has its line in ARCHITECTURE.md, and no line is about one
// that is gone.
func TestDependenciesAreExplained(t *testing.T) {
	direct := map[string]bool{}
	for line := range strings.Lines(read(t, "../go.mod")) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) == 2 && strings.HasPrefix(fields[1], "v") {
			direct[fields[0]] = true
		}
	}
	var page struct{ Dependencies map[string]string }
	if err := json.Unmarshal([]byte(read(t, "../api/web/package.json")), &page); err != nil || len(page.Dependencies) == 0 {
		t.Fatalf("the page's dependencies: %v, %v", page.Dependencies, err)
	}
	for name := range page.Dependencies {
		direct[name] = true
	}
	_, table, found := strings.Cut(read(t, "../ARCHITECTURE.md"), "## Dependencies")
	if !found || len(direct) == 0 {
		t.Fatalf("found %d direct dependencies and a table: %v", len(direct), found)
	}
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		explained[m[1]] = true
	}
	for module := range direct {
		if !explained[module] {
			t.Errorf("ARCHITECTURE.md does not say what %s saves and costs", module)
		}
	}
	for module := range explained {
		if !direct[module] {
			t.Errorf("ARCHITECTURE.md explains %s, which neither go.mod nor the page requires directly", module)
		}
	}
}

// What the front pages link to is there.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, "../"+page), -1) {
			if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
