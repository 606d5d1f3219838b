package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

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
		send(t, jaeger.OTLP, td)
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
	f, err := os.Open(filepath.Join(dir, "culprit.arrivals.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for lines := json.NewDecoder(plain); ; {
		var line struct {
			Traces    json.RawMessage `json:"traces"`
			Watermark time.Time       `json:"watermark"`
		}
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if line.Watermark.After(end) {
			end = line.Watermark
		}
		if line.Traces == nil {
			continue
		}
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line.Traces)
		if err != nil {
			t.Fatal(err)
		}
		traces = append(traces, td)
	}
	shift := time.Since(end).Truncate(window) - 2*window
	for _, td := range traces {
		move(td, shift)
	}
	return traces, end.Add(shift)
}

func move(td ptrace.Traces, d time.Duration) {
	later := func(at pcommon.Timestamp) pcommon.Timestamp { return pcommon.NewTimestampFromTime(at.AsTime().Add(d)) }
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				span.SetStartTimestamp(later(span.StartTimestamp()))
				span.SetEndTimestamp(later(span.EndTimestamp()))
			}
		}
	}
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

// send posts traces as an SDK would.
func send(t *testing.T, otlp string, td ptrace.Traces) {
	t.Helper()
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(otlp+"/v1/traces", "application/x-protobuf", bytes.NewReader(body))
	if err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			err = fmt.Errorf("Jaeger answers %s", res.Status)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
