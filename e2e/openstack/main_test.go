package openstack

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"culprit/e2e/rig"
)

// built is a directory with culprit in it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "culprit-openstack")
	if err != nil {
		return "", err
	}
	_, err = rig.BuildCulprit(context.Background(), "../..", dir)
	return dir, err
})

var elasticFetched = sync.OnceValues(func() (string, error) { return rig.FetchElasticsearch(context.Background(), "../../.cache") })

// TestMain builds and fetches everything before the first cloud runs.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = os.Setenv("OTEL_BSP_SCHEDULE_DELAY", "500") // ms between batches of OTLP
	if !testing.Short() && flag.Lookup("test.list").Value.String() == "" {
		// Who needs one of these asks again, and says why it is not there.
		_, _ = built()
		_, _ = elasticFetched()
	}
	code := m.Run()
	if dir, err := built(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// program is the path of culprit's command.
func program(t *testing.T) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "culprit")
}
