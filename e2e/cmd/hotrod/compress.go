package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// compress replaces a file of `culprit record` by path.zst, without the log lines
// that HotROD writes into its spans: culprit does not read them, and they would make
// up a third of the file.
func compress(path string) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path + ".zst")
	if err != nil {
		return err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
		if err == nil {
			err = os.Remove(path)
		}
	}()
	zip, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	lines := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return zip.Close()
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		if line, err = withoutEvents(line); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		if _, err := zip.Write(line); err != nil {
			return err
		}
	}
}

// withoutEvents takes the events out of the spans of a line, if it has any.
func withoutEvents(line []byte) ([]byte, error) {
	var fields struct {
		Source string          `json:"source,omitempty"`
		Traces json.RawMessage `json:"traces"`
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		return nil, err
	}
	if fields.Traces == nil {
		return line, nil
	}
	td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(fields.Traces)
	if err != nil {
		return nil, err
	}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				span.Events().RemoveIf(func(ptrace.SpanEvent) bool { return true })
			}
		}
	}
	if fields.Traces, err = (&ptrace.JSONMarshaler{}).MarshalTraces(td); err != nil {
		return nil, err
	}
	line, err = json.Marshal(fields)
	return append(line, '\n'), err
}
