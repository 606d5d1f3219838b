package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/e2e/outside"
	"culprit/e2e/rig"
)

// The same traces, once served by a real Jaeger and once as a file of OTLP, lead to
// the same incidents, byte for byte.
func TestJaegerAgreesWithReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Jaeger")
	}
	ctx := t.Context()
	programs, err := rig.Build(ctx, filepath.Join("..", ".cache", "e2e"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := rig.BuildCulprit(ctx, "..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	jaeger, err := rig.StartJaeger(ctx, programs.Jaeger, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(jaeger.Stop)

	traces, end := readPack(t, filepath.Join("..", "datasets", "packs", "hotrod-mysql-delay"))
	recording := filepath.Join(dir, "hotrod.otlp.jsonl")
	writeLines(t, recording, traces)
	const link = "http://127.0.0.1:16686/trace/{trace_id}"
	replayed, err := exec.CommandContext(ctx, program, "replay", "--json", "--trace-url", link, recording).Output()
	if err != nil {
		t.Fatalf("culprit replay: %v", err)
	}
	for _, td := range traces {
		if err := rig.SendOTLP(ctx, jaeger.OTLP, td); err != nil {
			t.Fatal(err)
		}
	}
	serve, err := rig.StartCulprit(ctx, program, filepath.Join(dir, "serve"), "serve",
		"--jaeger", jaeger.GRPC, "--backfill", "15m", "--trace-url", link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		serve.Stop()
		if t.Failed() {
			showLog(t, serve.Log)
		}
	})
	watch, err := outside.Start(ctx, serve.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Close)
	l := &live{watch: watch}
	if _, _, err := l.await(ctx, patience, 0, func(in outside.Incident) bool { return in.Event == "resolved" }); err != nil {
		t.Fatal(err)
	}
	var published bytes.Buffer
	for _, m := range watch.Log() {
		if m.Incident.UpdatedAt.After(end) {
			continue // the traces end here; for Jaeger that looks as if HotROD had stopped
		}
		published.Write(m.Data)
		published.WriteByte('\n')
	}
	if !bytes.Equal(replayed, published.Bytes()) {
		t.Errorf("Jaeger and the file disagree: %s", firstDifference(replayed, published.Bytes()))
	}
}

// readPack reads the traces of a recording and moves them in time by whole windows, so
// that they end a short while ago: Jaeger is asked for the last minutes. end is the end
// of their last full window.
func readPack(t *testing.T, dir string) (traces []ptrace.Traces, end time.Time) {
	t.Helper()
	traces, end, err := rig.ReadPack(dir)
	if err != nil {
		t.Fatal(err)
	}
	shift := time.Since(end).Truncate(window) - 2*window
	rig.Move(traces, shift)
	return traces, end.Add(shift)
}

func writeLines(t *testing.T, file string, traces []ptrace.Traces) {
	t.Helper()
	var b bytes.Buffer
	for _, td := range traces {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
