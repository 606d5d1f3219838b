package otlp

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// starts are how records begin: a line that begins so ends the record before it,
// whatever that lacks.
var starts = []string{`{"resourceSpans"`, `{"resource_spans"`, `{"result"`}

// DecodeJSON reads requests and emits them one by one. A request that cannot be read
// is left out and passed to warn with its line. The error is for a stream in which
// nothing could be read or whose only record is truncated, or from emit.
func DecodeJSON(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	in.Starts = starts
	read, bad := 0, 0
	for {
		raw, err := in.Value()
		line := in.Line()
		switch {
		case err == io.EOF && read == 0 && bad == 0:
			return errors.New("otlp: the file is empty")
		case err == io.EOF:
			return nil
		case errors.Is(err, jsonrec.ErrBroken), err == nil && raw[0] != '{':
			if err == nil {
				err = fmt.Errorf("want a request, have %q", raw[:min(len(raw), 20)])
			}
			bad++
			warn(line, fmt.Errorf("otlp record: %w", err))
			if err := in.NextLine(); err == io.EOF {
				continue
			} else if err != nil {
				return ending(read, line, err, warn)
			}
			continue
		case err != nil:
			return ending(read, line, err, warn)
		}
		td, err := unmarshalJSON(raw)
		if err != nil {
			bad++
			warn(line, fmt.Errorf("otlp record: %w", err))
			continue
		}
		read++
		if err := emit(td); err != nil {
			return err
		}
	}
}

// ending is how a stream ends that breaks off: with a warning if it held records
// before, with an error if there was nothing else.
func ending(read, line int, err error, warn func(int, error)) error {
	if read > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		warn(line, fmt.Errorf("otlp record: truncated: %w", err))
		return nil
	}
	return fmt.Errorf("otlp: line %d: %w", line, err)
}

// unmarshalJSON reads one request.
func unmarshalJSON(raw []byte) (ptrace.Traces, error) {
	if bytes.HasPrefix(raw, []byte(`{"result"`)) {
		c := jsonrec.NewCursor(raw)
		for ok := c.Object(); ok; ok = c.Next() {
			if string(c.Key()) == "result" {
				raw = c.Raw()
			} else {
				c.Skip()
			}
		}
		if c.Err() != nil {
			return ptrace.Traces{}, c.Err()
		}
	}
	if isOld(raw) {
		var err error
		if raw, err = modern(raw); err != nil {
			return ptrace.Traces{}, err
		}
	}
	u := ptrace.JSONUnmarshaler{}
	td, err := u.UnmarshalTraces(raw)
	if err != nil {
		return td, err
	}
	if td.ResourceSpans().Len() == 0 && !names(raw, "resourceSpans") && !names(raw, "resource_spans") {
		return td, errors.New("no resourceSpans in it")
	}
	return td, nil
}

// names reports whether raw is empty or has the key at its top.
func names(raw []byte, key string) bool {
	c := jsonrec.NewCursor(raw)
	any := false
	for ok := c.Object(); ok; ok = c.Next() {
		any = true
		if string(c.Key()) == key {
			return true
		}
		c.Skip()
	}
	return !any
}
