package skywalking

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
	"culprit/internal/format/jsonrec"
)

// Is reports whether a file begins as one of SkyWalking's: with the columns of a
// table, or as JSON that has the fields that only SkyWalking has.
func Is(head []byte) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return table.Is(head)
	}
	has := func(keys ...string) bool {
		for _, k := range keys {
			if !bytes.Contains(head, []byte(`"`+k+`"`)) {
				return false
			}
		}
		return true
	}
	return has("traceSegmentId", "spans") || has("segmentId", "endpointName") || has("SpanType", "SpanId", "ParentSpan")
}

// Decode reads a file and emits its spans in batches; a trace may lie in several. A
// span or line that cannot be read is left out and passed to warn. The error is for a
// file without any readable span, for a single document that is damaged, or from emit.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := bufio.NewReader(r)
	head, _ := in.Peek(64) // what is wrong with it, reading says again
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(head) > 0 && (head[0] == '{' || head[0] == '[') {
		return decodeJSON(in, emit, warn)
	}
	return table.Decode(in, emit, warn)
}

// decodeJSON reads one document after the other; of a list at the top one element
// after the other.
func decodeJSON(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	out := csvrec.NewWriter(emit)
	var refused error // from emit
	err := in.Each(func(raw []byte) error {
		c := jsonrec.NewCursor(raw)
		line := in.Line()
		w := walker{batch: out.Batch(), warn: func(err error) { warn(line, fmt.Errorf("skywalking span: %w", err)) }}
		w.walk(&c, record{}, 0)
		if c.Err() != nil {
			warn(line, fmt.Errorf("skywalking: %w", c.Err()))
		}
		refused = out.Flush(false)
		return refused
	})
	line := in.Line()
	if refused == nil {
		refused = out.Flush(true)
	}
	switch {
	case refused != nil:
		return refused
	case err != nil:
		return fmt.Errorf("skywalking: line %d: %w", line, err)
	case out.Spans() == 0:
		return errors.New("skywalking: no readable span in the file")
	}
	return nil
}
