package cloudtrace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// Is reports whether a file begins with traces of the API: with projectId or traces,
// and spans that have a startTime, an ID and labels or a kind.
func Is(head []byte) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	c := jsonrec.NewCursor(head)
	if c.Kind() == '[' && !c.Array() {
		return false
	}
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "projectId":
			return bytes.Contains(head, []byte(`"traceId"`))
		case "traces":
			return bytes.Contains(head, []byte(`"projectId"`)) && bytes.Contains(head, []byte(`"traceId"`))
		}
		c.Skip()
	}
	return false
}

// Decode reads a file and emits its traces one by one. A trace or span that cannot be
// read is left out and passed to warn with the line on which its document begins. The
// error is for a file without any trace, for one that is damaged, or from emit.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	var refused error // from emit
	spans := 0
	trace := func(c *jsonrec.Cursor) error {
		say := func(err error) { warn(in.Line(), fmt.Errorf("cloudtrace: %w", err)) }
		t, err := readTrace(c, say)
		if err == nil {
			var td ptrace.Traces
			if td, err = t.OTLP(say); err == nil && td.SpanCount() > 0 {
				spans += td.SpanCount()
				refused = emit(td)
				return refused
			}
		}
		if err != nil {
			say(err)
		}
		return nil
	}
	err := in.Each(func(raw []byte) error {
		c := jsonrec.NewCursor(raw)
		isAnswer := false
		for ok := c.Object(); ok; ok = c.Next() {
			if string(c.Key()) != "traces" {
				c.Skip()
				continue
			}
			isAnswer = true
			for ok := c.Array(); ok; ok = c.Next() {
				one := jsonrec.NewCursor(c.Raw())
				if err := trace(&one); err != nil {
					return err
				}
			}
		}
		if err := c.Err(); err != nil {
			warn(in.Line(), fmt.Errorf("cloudtrace: %w", err))
			return nil
		}
		if isAnswer {
			return nil
		}
		one := jsonrec.NewCursor(raw)
		return trace(&one)
	})
	switch {
	case refused != nil:
		return refused
	case err != nil:
		return fmt.Errorf("cloudtrace: line %d: %w", in.Line(), err)
	case spans == 0:
		return errors.New("cloudtrace: no readable span in the file")
	}
	return nil
}

func readTrace(c *jsonrec.Cursor, warn func(error)) (Trace, error) {
	var t Trace
	if c.Kind() != '{' {
		return t, errors.New("want a trace, have something else")
	}
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "projectId":
			t.Project = string(c.Text())
		case "traceId":
			t.ID = string(c.Text())
		case "spans":
			for ok := c.Array(); ok; ok = c.Next() {
				if s, err := readSpan(c); err != nil {
					warn(fmt.Errorf("trace %.40s: %w", t.ID, err))
				} else {
					t.Spans = append(t.Spans, s)
				}
			}
		default:
			c.Skip()
		}
	}
	return t, c.Err()
}

// readSpan reads one span. Of several things that are wrong it names the first.
func readSpan(c *jsonrec.Cursor) (s Span, bad error) {
	for ok := c.Object(); ok; ok = c.Next() {
		var err error
		switch key := string(c.Key()); key {
		case "spanId":
			s.ID, err = number(c, key)
		case "parentSpanId":
			s.Parent, err = number(c, key)
		case "kind":
			s.Kind = string(c.Text())
		case "name":
			s.Name = string(c.Text())
		case "startTime":
			s.Start, err = instant(c, key)
		case "endTime":
			s.End, err = instant(c, key)
		case "labels":
			s.Labels = map[string]string{}
			for ok := c.Object(); ok; ok = c.Next() {
				key := string(c.Key())
				s.Labels[key] = string(c.Scalar())
			}
		default:
			c.Skip()
		}
		if bad == nil {
			bad = err
		}
	}
	return s, bad
}

// number reads an ID, a decimal number in quotes or not; nothing is 0.
func number(c *jsonrec.Cursor, key string) (uint64, error) {
	text := string(c.Scalar())
	if text == "" || text == "null" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %.40q is no number", key, text)
	}
	return n, nil
}

func instant(c *jsonrec.Cursor, key string) (int64, error) {
	text := string(c.Text())
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1970 || at.Year() > 2200 {
		return 0, fmt.Errorf("%s: %.40q is no time such as 2026-11-22T10:00:00Z", key, text)
	}
	return at.UnixNano(), nil
}
