package csvrec

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	batchSpans = 2048
	maxLine    = 1 << 20
)

// Table is a format.
type Table struct {
	// System begins error messages.
	System string
	// Columns are those that a file must have, Extra those that it may have.
	Columns, Extra []string
	// Span writes a row's span into the batch, or says why it cannot be read. Then
	// nothing may have been written.
	Span func(Row, *Batch) error
}

// Row is one line behind the first.
type Row struct {
	fields []string
	place  []int
	names  []string
}

// Name is what the c-th column is called.
func (r Row) Name(c int) string { return r.names[c] }

// Field is the field of the c-th column of Columns and then Extra, without white
// space around it; "" where the line or the file has none.
func (r Row) Field(c int) string {
	if at := r.place[c]; at >= 0 && at < len(r.fields) {
		return strings.TrimSpace(r.fields[at])
	}
	return ""
}

// Has reports whether the file has the c-th column.
func (r Row) Has(c int) bool { return r.place[c] >= 0 }

// Is reports whether a file begins with a line that names all required columns.
func (t Table) Is(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	_, err := t.locate(string(line))
	return err == nil
}

// Decode reads a file and emits its spans in batches; a trace may lie in several. A
// line that cannot be read is left out and passed to warn. The error is for a file
// without the first line, without any readable span, or from emit.
func (t Table) Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	if !in.Scan() {
		return t.ended(in, fmt.Errorf("%s: the file is empty", t.System))
	}
	place, err := t.locate(in.Text())
	if err != nil {
		return fmt.Errorf("%s: line 1: %w", t.System, err)
	}
	names := slices.Concat(t.Columns, t.Extra)
	out := NewWriter(emit)
	line := 1
	for in.Scan() {
		line++
		text := bytes.TrimRight(in.Bytes(), "\r")
		if len(text) == 0 {
			continue
		}
		fields, err := split(text)
		if err == nil {
			err = t.Span(Row{fields, place, names}, out.Batch())
		}
		if err != nil {
			warn(line, fmt.Errorf("%s span: %w", t.System, err))
			continue
		}
		if err := out.Flush(false); err != nil {
			return err
		}
	}
	if err := out.Flush(true); err != nil {
		return err
	}
	switch err := t.ended(in, nil); {
	case err != nil && out.Spans() > 0:
		warn(line+1, err)
	case err != nil:
		return err
	case out.Spans() == 0:
		return fmt.Errorf("%s: no readable span in the file", t.System)
	}
	return nil
}

// ended is why the scanner stopped, otherwise if it simply was at the end.
func (t Table) ended(in *bufio.Scanner, otherwise error) error {
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", t.System, err)
	}
	return otherwise
}

// locate finds the columns by their names; those that the file does not have are at -1.
func (t Table) locate(line string) ([]int, error) {
	names, err := split([]byte(strings.TrimPrefix(strings.TrimSpace(line), "\ufeff")))
	if err != nil {
		return nil, err
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	place := make([]int, 0, len(t.Columns)+len(t.Extra))
	for _, want := range t.Columns {
		at := slices.Index(names, want)
		if at < 0 {
			return nil, errors.New("no column " + want)
		}
		place = append(place, at)
	}
	for _, want := range t.Extra {
		place = append(place, slices.Index(names, want))
	}
	return place, nil
}

// split separates the fields of a line, which are hardly ever quoted.
func split(line []byte) ([]string, error) {
	if bytes.IndexByte(line, '"') < 0 {
		return strings.Split(string(line), ","), nil
	}
	return csv.NewReader(bytes.NewReader(line)).Read()
}
