package sources

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"culprit/e2e/rig"
)

// Where things are, seen from this package.
const (
	root  = "../.."
	cache = root + "/.cache"
)

// sideBySide is how many rows run at the same time. A row takes about a minute and four
// seconds of processor time (measured on 2026-11-22: 103 s for all 21, compilers included),
// so two cores that are three times slower still have a quarter of their time to spare.
const sideBySide = 7

// TestMain builds and fetches everything before the first row's clock runs: compilers
// leave nothing to a story that has to be told in time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(sideBySide)); err != nil {
		panic(err)
	}
	if !testing.Short() && flag.Lookup("test.list").Value.String() == "" {
		// The rows that need one of these ask again, and say why it is not there.
		_, _ = built()
		_, _ = jaegerBuilt()
		_, _ = collectorBuilt()
		_, _ = tempoBuilt()
		_, _ = zipkinFetched()
	}
	code := m.Run()
	if dir, err := built(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

var (
	// built is a directory with culprit and the clients in Go.
	built = sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "culprit-sources")
		if err != nil {
			return "", err
		}
		if _, err := rig.BuildCulprit(context.Background(), root, dir); err != nil {
			return "", err
		}
		if b, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./clients/...").CombinedOutput(); err != nil {
			return "", fmt.Errorf("building the clients: %w\n%s", err, b)
		}
		return dir, nil
	})
	jaegerBuilt = sync.OnceValues(func() (string, error) {
		p, err := rig.Build(context.Background(), filepath.Join(cache, "e2e"))
		return p.Jaeger, err
	})
	collectorBuilt = sync.OnceValues(func() (string, error) { return rig.BuildCollector(context.Background(), filepath.Join(cache, "e2e")) })
	tempoBuilt     = sync.OnceValues(func() (rig.TempoPrograms, error) {
		return rig.BuildTempo(context.Background(), filepath.Join(cache, "e2e"))
	})
	zipkinFetched = sync.OnceValues(func() (string, error) { return rig.FetchZipkin(context.Background(), cache) })
)

// program is what one of the functions above made.
func program(t *testing.T, of func() (string, error)) string {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a minute of real time")
	}
	path, err := of()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// goClient is the command of a client in Go.
func goClient(t *testing.T, name string) []string {
	t.Helper()
	return []string{filepath.Join(program(t, built), name)}
}

// python is the command of a client in Python.
func python(script string) []string {
	return []string{filepath.Join(cache, "venv", "bin", "python"), "-u", filepath.Join("clients", script)}
}

// node is the command of a client in JavaScript.
func node(script string) []string {
	return []string{"node", filepath.Join("clients", "node", script)}
}
