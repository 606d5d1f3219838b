package osprofiler

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// starts are how documents begin: a line that begins so ends the document before it,
// whatever that lacks.
var starts = []string{`{"name"`, `{"base_id"`, `{"trace_id"`, `{"parent_id"`, `{"timestamp"`, `{"_index"`, `{"info": {"name": "total"`}

// Is reports whether a file begins as a report or a notification, maybe in a list, maybe
// as Elasticsearch keeps it. head has no white space in front.
func Is(head []byte) bool {
	c := jsonrec.NewCursor(head)
	if c.Kind() == '[' && !c.Array() || c.Kind() != '{' {
		return false
	}
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "base_id", "children":
			return true
		case "_source":
			if c.Kind() != '{' {
				return false
			}
			for ok := c.Object(); ok; ok = c.Next() {
				if string(c.Key()) == "base_id" {
					return true
				}
				c.Skip()
			}
			return false
		}
		c.Skip()
	}
	return false
}

// maxDepth is how deep a report may nest: real ones are some dozen steps deep.
const maxDepth = 10_000

// Decode reads reports and notifications, one after the other or in a list, also as an
// Elasticsearch export wraps them (_source), and emits their spans in batches; a trace may lie
// in several. A document that cannot be read is left out and passed to warn with the line on which it
// (in a report: the report) begins. The error is for a stream in which nothing could be
// read or that is damaged as a whole, after what was readable, or from emit.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	var refused error
	p := newPairs(func(td ptrace.Traces) error {
		refused = emit(td)
		return refused
	})
	d := decoder{in: jsonrec.New(r), pairs: p, warn: warn}
	first, err := d.in.Peek()
	switch {
	case err == io.EOF:
		return errors.New("osprofiler: the file is empty")
	case err != nil:
		return fmt.Errorf("osprofiler: %w", err)
	case first == '[':
		err = d.in.Array(func() error {
			raw, err := d.in.Value()
			if err != nil {
				return err
			}
			return d.document(raw)
		})
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	default:
		err = d.lines()
	}
	if refused == nil {
		_ = p.end() // its error is refused
	}
	switch {
	case refused != nil:
		return refused
	case errors.Is(err, io.ErrUnexpectedEOF) && d.read > 0 && first != '[':
		warn(d.in.Line(), fmt.Errorf("osprofiler document: truncated: %w", err))
		return nil
	case err != nil:
		return fmt.Errorf("osprofiler: line %d: %w", d.in.Line(), err)
	}
	return nil
}

type decoder struct {
	in    *jsonrec.Reader
	pairs *pairs
	warn  func(line int, err error)
	read  int // notifications
}

// lines reads documents that follow each other.
func (d *decoder) lines() error {
	d.in.Starts = starts
	for {
		raw, err := d.in.Value()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, jsonrec.ErrBroken), err == nil && raw[0] != '{':
			if err == nil {
				err = fmt.Errorf("want an object, have %.20q", raw)
			}
			d.warn(d.in.Line(), fmt.Errorf("osprofiler document: %w", err))
			if err := d.in.NextLine(); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if err := d.document(raw); err != nil {
			return err
		}
	}
}

// document reads a report, or a notification. The error is from emit.
func (d *decoder) document(raw []byte) error {
	line := d.in.Line()
	raw = source(raw)
	if isReport(raw) {
		c := jsonrec.NewCursor(raw)
		err := d.node(&c, 0, line)
		if c.Err() != nil {
			d.warn(line, fmt.Errorf("osprofiler report: %w", c.Err()))
		}
		return err
	}
	n, err := Parse(raw)
	if err != nil {
		d.warn(line, fmt.Errorf("osprofiler notification: %w", err))
		return nil
	}
	d.read++
	return d.pairs.add(n)
}

// source unwraps what Elasticsearch keeps a document in.
func source(raw []byte) []byte {
	c := jsonrec.NewCursor(raw)
	if c.Kind() != '{' {
		return raw
	}
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) == "_source" {
			return c.Raw()
		}
		c.Skip()
	}
	return raw
}

// isReport tells a tree of steps from a notification.
func isReport(raw []byte) bool {
	c := jsonrec.NewCursor(raw)
	if c.Kind() != '{' {
		return false
	}
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) == "children" {
			return true
		}
		c.Skip()
	}
	return false
}

// node reads a step of a report: its notifications, which know all about it, and its
// children. The error is from emit.
func (d *decoder) node(c *jsonrec.Cursor, depth, line int) error {
	if depth > maxDepth {
		d.warn(line, fmt.Errorf("osprofiler report: steps within more than %d others are left out", maxDepth))
		c.Skip()
		return nil
	}
	var refused error
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "info":
			refused = errors.Join(refused, d.payloads(c, depth == 0, line))
		case "children":
			for ok := c.Array(); ok; ok = c.Next() {
				if refused == nil {
					refused = d.node(c, depth+1, line)
				} else {
					c.Skip()
				}
			}
		default:
			c.Skip()
		}
	}
	return refused
}

// payloads reads the notifications that a report repeats within a step.
func (d *decoder) payloads(c *jsonrec.Cursor, top bool, line int) error {
	found := false
	var refused error
	for ok := c.Object(); ok; ok = c.Next() {
		key := string(c.Key())
		if !strings.HasPrefix(key, "meta.raw_payload.") || c.Kind() != '{' {
			c.Skip()
			continue
		}
		found = true
		n, err := parse(c)
		switch {
		case err != nil && c.Err() == nil:
			d.warn(line, fmt.Errorf("osprofiler report: %s: %w", key, err))
		case err == nil && refused == nil:
			d.read++
			refused = d.pairs.add(n)
		}
	}
	if !found && !top && c.Err() == nil {
		d.warn(line, errors.New("osprofiler report: a step without its notifications, which alone know when it was"))
	}
	return refused
}
