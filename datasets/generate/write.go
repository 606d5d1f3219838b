package generate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
)

// traceFile is the name of the file that [Write] writes the traces to.
const traceFile = "traces.otlp.jsonl.zst"

// Write generates the scenario into a directory, which is made if it is not there:
// the traces as the OpenTelemetry Collector's file exporter writes them, compressed,
// and faults.json beside them. It never replaces a recording, and leaves none behind
// that is not whole.
func Write(ctx context.Context, dir string, sc Scenario) (datasets.Labels, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return datasets.Labels{}, fmt.Errorf("making a place for %s: %w", sc.Name, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, traceFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return datasets.Labels{}, fmt.Errorf("writing %s: %w", sc.Name, err)
	}
	l, err := writeTraces(ctx, f, sc)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = writeLabels(filepath.Join(dir, datasets.LabelsFile), l)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says more
		return datasets.Labels{}, fmt.Errorf("writing %s: %w", sc.Name, err)
	}
	return l, nil
}

func writeTraces(ctx context.Context, f *os.File, sc Scenario) (datasets.Labels, error) {
	z, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return datasets.Labels{}, err
	}
	var m ptrace.JSONMarshaler
	l, err := Generate(sc, func(td ptrace.Traces) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		line, err := m.MarshalTraces(td)
		if err != nil {
			return err
		}
		_, err = z.Write(append(line, '\n'))
		return err
	})
	if cerr := z.Close(); err == nil {
		err = cerr
	}
	return l, err
}

func writeLabels(path string, l datasets.Labels) error {
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
