package page

import (
	"path/filepath"
	"testing"
	"time"

	"culprit/e2e/rig"
)

// An incident that was found in a real Jaeger leads to its traces there (jaeger.spec.ts).
// Jaeger as a Go module comes without its own page, which is a module of its own language: in its
// place stands a page that says so. What the link has to meet is there: the address, and below
// it the interface that the page would ask for the trace.
func TestJaegerLinks(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Jaeger and a browser")
	}
	ctx := t.Context()
	programs, err := rig.Build(ctx, filepath.Join("..", "..", ".cache", "e2e"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	jaeger, err := rig.StartJaeger(ctx, programs.Jaeger, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(jaeger.Stop)
	traces, end, err := rig.ReadPack(filepath.Join("..", "..", "datasets", "packs", "hotrod-mysql-delay"))
	if err != nil {
		t.Fatal(err)
	}
	rig.Move(traces, time.Since(end).Truncate(windowLength)-2*windowLength) // Jaeger is asked for the last minutes
	for _, td := range traces {
		if err := rig.SendOTLP(ctx, jaeger.OTLP, td); err != nil {
			t.Fatal(err)
		}
	}
	serve, err := rig.StartCulprit(ctx, program(t), filepath.Join(dir, "serve"), "serve", "--jaeger", jaeger.HTTP, "--backfill", "15m")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(serve.Stop)
	told(t, serve, 1)
	scenarios(t, []string{"CULPRIT_REST=" + serve.REST, "CULPRIT_JAEGER_PAGE=" + jaeger.HTTP}, "jaeger.spec.ts")
}
