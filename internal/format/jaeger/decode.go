package jaeger

import (
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// Decode reads a document and emits its traces one by one. A trace or span that
// cannot be read is left out and passed to warn with the line on which its trace
// begins. Decode returns an error if the document itself is damaged, after what was
// readable, or if emit does.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	d := newDecoder(warn)
	var refused error // from emit
	found := false
	err := in.Object(func(key string) error {
		c, err := in.Peek()
		if err != nil {
			return err
		}
		if key != "data" || c != '[' {
			raw, err := in.Value()
			if err == nil && key == "errors" {
				err = apiError(raw)
			}
			return err
		}
		found = true
		return in.Array(func() error {
			raw, err := in.Value()
			if err != nil {
				return err
			}
			td, err := d.trace(raw, in.Line())
			if err != nil {
				warn(in.Line(), fmt.Errorf("jaeger trace: %w", err))
				return nil
			}
			if td.ResourceSpans().Len() > 0 {
				refused = emit(td)
			}
			return refused
		})
	})
	switch {
	case refused != nil:
		return refused
	case err == nil && !found:
		return errors.New(`jaeger: no "data" list in the document`)
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("jaeger: line %d: %w", in.Line(), err)
	}
	return nil
}

// apiError is what the query API says instead of traces.
func apiError(raw []byte) error {
	c := jsonrec.NewCursor(raw)
	for ok := c.Array(); ok; ok = c.Next() {
		for ok := c.Object(); ok; ok = c.Next() {
			if string(c.Key()) != "msg" {
				c.Skip()
			} else if msg := c.Text(); len(msg) > 0 {
				return fmt.Errorf("the server says: %s", msg)
			}
		}
	}
	return nil // an empty list stands beside the traces
}
