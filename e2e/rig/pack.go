package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// ReadPack reads the traces of a recording that the project made. end is what its last
// watermark says: where its last full window ends.
func ReadPack(dir string) (traces []ptrace.Traces, end time.Time, err error) {
	f, err := os.Open(filepath.Join(dir, "culprit.arrivals.jsonl.zst"))
	if err != nil {
		return nil, end, err
	}
	defer f.Close()
	plain, err := zstd.NewReader(f)
	if err != nil {
		return nil, end, err
	}
	defer plain.Close()
	for lines := json.NewDecoder(plain); ; {
		var line struct {
			Traces    json.RawMessage `json:"traces"`
			Watermark time.Time       `json:"watermark"`
		}
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return traces, end, nil
		} else if err != nil {
			return nil, end, fmt.Errorf("reading %s: %w", f.Name(), err)
		}
		if line.Watermark.After(end) {
			end = line.Watermark
		}
		if line.Traces == nil {
			continue
		}
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line.Traces)
		if err != nil {
			return nil, end, fmt.Errorf("reading %s: %w", f.Name(), err)
		}
		traces = append(traces, td)
	}
}

// Move moves traces in time.
func Move(traces []ptrace.Traces, d time.Duration) {
	later := func(at pcommon.Timestamp) pcommon.Timestamp { return pcommon.NewTimestampFromTime(at.AsTime().Add(d)) }
	for _, td := range traces {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					span.SetStartTimestamp(later(span.StartTimestamp()))
					span.SetEndTimestamp(later(span.EndTimestamp()))
					for _, event := range span.Events().All() {
						event.SetTimestamp(later(event.Timestamp()))
					}
				}
			}
		}
	}
}

// SendOTLP hands traces to a receiver of OTLP over HTTP.
func SendOTLP(ctx context.Context, base string, td ptrace.Traces) error {
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", base, res.Status)
	}
	return nil
}
