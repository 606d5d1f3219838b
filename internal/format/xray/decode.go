package xray

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// Is reports whether a file begins with an answer of BatchGetTraces, with the header
// of the daemon's protocol, or with a document that has X-Ray's trace ID.
func Is(head []byte) bool {
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case len(head) == 0 || head[0] != '{' && head[0] != '[':
		return false
	case has(`"Traces"`) && has(`"Segments"`) && has(`"Document"`):
		return true
	case has(`"format"`) && bytes.HasPrefix(bytes.TrimLeft(head[1:], " \r\n\t"), []byte(`"format"`)):
		return true
	}
	for rest := head; ; {
		at := bytes.Index(rest, []byte(`"trace_id"`))
		if at < 0 {
			return false
		}
		rest = bytes.TrimLeft(rest[at+len(`"trace_id"`):], " :")
		if bytes.HasPrefix(rest, []byte(`"1-`)) && has(`"start_time"`) {
			return true
		}
	}
}

// Decode reads a file and emits its spans in batches; a trace may lie in several. A
// document that cannot be read is left out and passed to warn. The error is for a
// file without any readable span, for one that is damaged as JSON, or from emit.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	var refused error // from emit
	j := NewJoiner(emit, func(err error) { warn(in.Line(), err) })
	j.open = newUnfinished() // nothing more will come
	err := in.Each(func(raw []byte) error {
		refused = Each(raw, j.Add, j.warn)
		return refused
	})
	line := in.Line()
	if refused == nil {
		refused = j.Close()
	}
	switch {
	case refused != nil:
		return refused
	case err != nil && j.Spans() > 0 && errors.Is(err, io.ErrUnexpectedEOF):
		warn(line, fmt.Errorf("xray document: truncated: %w", err))
		return nil
	case err != nil:
		return fmt.Errorf("xray: line %d: %w", line, err)
	case j.Spans() == 0:
		return errors.New("xray: no readable segment in the file")
	}
	return nil
}

// Each calls document with every segment document in raw: one by itself, or an
// answer of BatchGetTraces. Headers have none.
func Each(raw []byte, document func([]byte) error, warn func(error)) error {
	c := jsonrec.NewCursor(raw)
	first := c
	var isAnswer, isHeader bool
	for ok := first.Object(); ok && !isAnswer; ok = first.Next() {
		switch string(first.Key()) {
		case "Traces":
			isAnswer = true
			continue
		case "format":
			isHeader = true
		case "id", "trace_id", "name":
			return document(raw)
		}
		first.Skip()
	}
	if isHeader && first.Err() == nil {
		return nil
	}
	if !isAnswer {
		return document(raw)
	}
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) != "Traces" {
			c.Skip()
			continue
		}
		for ok := c.Array(); ok; ok = c.Next() {
			if err := eachOfTrace(&c, document); err != nil {
				return err
			}
		}
	}
	if c.Err() != nil {
		warn(fmt.Errorf("xray: %w", c.Err()))
	}
	return nil
}

// eachOfTrace reads one trace of an answer.
func eachOfTrace(c *jsonrec.Cursor, document func([]byte) error) error {
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) != "Segments" {
			c.Skip()
			continue
		}
		for ok := c.Array(); ok; ok = c.Next() {
			for ok := c.Object(); ok; ok = c.Next() {
				if string(c.Key()) != "Document" {
					c.Skip()
					continue
				}
				text := c.Scalar() // a text that is JSON, or the JSON itself
				if err := document(text); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Datagram takes the header off a datagram of the daemon's protocol and returns the
// document in it.
func Datagram(b []byte) ([]byte, error) {
	header, document, ok := bytes.Cut(b, []byte("\n"))
	c := jsonrec.NewCursor(header)
	format, version := "", int64(0)
	for more := c.Object(); more; more = c.Next() {
		switch string(c.Key()) {
		case "format":
			format = string(c.Text())
		case "version":
			version, _ = c.Int() // 0 is refused below
		default:
			c.Skip()
		}
	}
	switch {
	case c.Err() != nil || format != "json" || version != 1:
		return nil, fmt.Errorf("xray: a datagram begins with %.40q, not with {\"format\": \"json\", \"version\": 1}", header)
	case !ok || len(bytes.TrimSpace(document)) == 0:
		return nil, errors.New("xray: a datagram without a document")
	}
	return document, nil
}
