package zipkin

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

const batchSpans = 1024

// ReadJSON decodes a message of either version: see [Decode]. The error is for a message
// that is damaged; nothing of it is returned.
func ReadJSON(b []byte, warn func(line int, err error)) (ptrace.Traces, error) {
	td := ptrace.NewTraces()
	err := Decode(bytes.NewReader(b), func(part ptrace.Traces) error {
		part.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		return nil
	}, warn)
	if err != nil {
		return ptrace.NewTraces(), err
	}
	return td, nil
}

// Decode reads a document and emits its spans in batches; a trace may lie in
// several. A span that cannot be read is left out and passed to warn with the line
// on which it (in a list of traces: its trace) begins. Decode returns an error if the
// document itself is damaged, after what was readable, or if emit does.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	b := newBatch()
	var refused error
	flush := func() error {
		if b.spans > 0 {
			refused = emit(b.td)
			b = newBatch()
		}
		return refused
	}
	err := in.Array(func() error {
		raw, err := in.Value()
		if err != nil {
			return err
		}
		c := jsonrec.NewCursor(raw)
		if c.Kind() == '[' {
			for ok := c.Array(); ok; ok = c.Next() {
				if err := b.add(&c); err != nil {
					warn(in.Line(), fmt.Errorf("zipkin span: %w", err))
				}
			}
		} else if err := b.add(&c); err != nil && c.Err() == nil {
			warn(in.Line(), fmt.Errorf("zipkin span: %w", err))
		}
		if c.Err() != nil {
			warn(in.Line(), fmt.Errorf("zipkin: %w", c.Err()))
		}
		if b.spans >= batchSpans {
			return flush()
		}
		return nil
	})
	line := in.Line()
	if refused == nil {
		refused = flush()
	}
	switch {
	case refused != nil:
		return refused
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("zipkin: line %d: %w", line, err)
	}
	return nil
}
