package generate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	intake "culprit/internal/source"
)

// What is written is read back as a recording, with its labels.
func TestWrittenRecordingsAreRead(t *testing.T) {
	sc := brief(t, "slow-host", 1)
	sc.Rate = 5
	dir := filepath.Join(t.TempDir(), "new", "place")
	want, err := Write(t.Context(), dir, sc)
	if err != nil {
		t.Fatal(err)
	}
	got, err := datasets.LoadLabels(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels (-written +read):\n%s", diff)
	}
	spans := 0
	if _, err := Generate(sc, func(td ptrace.Traces) error { spans += td.SpanCount(); return nil }); err != nil {
		t.Fatal(err)
	}
	rec, err := datasets.Open([]string{dir}, datasets.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	err = rec.Read(t.Context(), func(b intake.Batch) error {
		for _, td := range b.Traces {
			read += td.SpanCount()
		}
		return nil
	})
	if err != nil || read != spans || spans == 0 {
		t.Errorf("%d spans read of %d written, error %v", read, spans, err)
	}
	if _, err := Write(t.Context(), dir, sc); !errors.Is(err, os.ErrExist) {
		t.Errorf("writing over a recording: %v", err)
	}
}

// What was interrupted leaves no half recording behind.
func TestInterruptedWritesLeaveNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	dir := t.TempDir()
	if _, err := Write(ctx, dir, named(t, "day", 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
