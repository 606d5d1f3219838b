package skywalking

import (
	"strconv"
	"strings"

	"culprit/internal/format/csvrec"
)

// columns of the table, in the order of table.
const (
	colStart = iota
	colEnd
	colURL
	colType
	colService
	colSpan
	colTrace
	colParent
	colPeer
	colComponent
	colError
)

var table = csvrec.Table{
	System:  "skywalking",
	Columns: []string{"StartTime", "EndTime", "URL", "SpanType", "Service", "SpanId", "TraceId", "ParentSpan"},
	Extra:   []string{"Peer", "Component", "IsError"},
	Span:    row,
}

func row(row csvrec.Row, b *csvrec.Batch) error {
	r := record{
		trace: row.Field(colTrace), id: row.Field(colSpan), parent: row.Field(colParent), service: row.Field(colService),
		operation: row.Field(colURL), kind: row.Field(colType), peer: row.Field(colPeer), component: row.Field(colComponent),
		failed: truth(row.Field(colError)),
	}
	if r.parent == "" {
		r.parent = "-1"
	}
	r.start, r.end = millis(row.Field(colStart)), millis(row.Field(colEnd))
	if err := r.check(); err != nil {
		return err
	}
	r.write(b)
	return nil
}

// millis reads a number; 0, which check refuses, if it is none.
func millis(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func truth(s string) bool { return strings.EqualFold(s, "true") || s == "1" }
