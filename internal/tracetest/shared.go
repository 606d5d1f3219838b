package tracetest

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the directory of a development recording that lies beside the
// checkout. Where it is absent the test is skipped; with CULPRIT_REQUIRE_SHARED set,
// as .ci/run does, it fails.
func Shared(t testing.TB, name string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(root) == root {
			t.Fatal("no go.mod in any directory above")
		}
		root = filepath.Dir(root)
	}
	dir := filepath.Join(filepath.Dir(root), "shared", "datasets", name)
	if _, err := os.Stat(dir); err != nil {
		const msg = "recording %s is not beside the checkout: %v"
		if os.Getenv("CULPRIT_REQUIRE_SHARED") != "" {
			t.Fatalf(msg, name, err)
		}
		t.Skipf(msg, name, err)
	}
	return dir
}
