// Package aiops reads the trace tables of the AIOps challenges and of the recordings
// that were made of them (OpenRCA).
//
//	timestamp,cmdb_id,span_id,trace_id,duration,type,status_code,operation_name,parent_span
//	timestamp,cmdb_id,parent_id,span_id,trace_id,duration
//
// The timestamp is the start, in milliseconds since 1970 (some copies have seconds).
// Tables with operation names have durations in microseconds, the others in
// milliseconds. Where an ID is no hex number a hash of its text stands for it. A
// cmdb_id is a pod, frontend-0: the service is what stands before the number. Tables
// without operation names get the service's name for one, as their rows say nothing
// else. Status codes are gRPC's below 100, HTTP's from there on, or gRPC's by name.
// There are no kinds.
package aiops

import (
	"errors"
	"io"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
)

// columns of the file, in the order of table.
const (
	colTime = iota
	colPod
	colSpan
	colTrace
	colDuration
	colParentSpan
	colParentID
	colOperation
	colType
	colStatus
)

var table = csvrec.Table{
	System:  "aiops",
	Columns: []string{"timestamp", "cmdb_id", "span_id", "trace_id", "duration"},
	Extra:   []string{"parent_span", "parent_id", "operation_name", "type", "status_code"},
	Span:    span,
}

// Is reports whether a file begins as these tables do.
func Is(head []byte) bool { return table.Is(head) }

// Decode reads a file and emits its spans in batches: see [csvrec.Table.Decode].
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	return table.Decode(r, emit, warn)
}

func span(row csvrec.Row, b *csvrec.Batch) error {
	trace, err := csvrec.TraceID(row.Field(colTrace))
	if err != nil {
		return err
	}
	id, err := csvrec.SpanID(row.Field(colSpan))
	if err != nil {
		return err
	}
	start, err := csvrec.Epoch(row.Field(colTime))
	if err != nil {
		return err
	}
	unit := time.Millisecond
	if row.Has(colOperation) {
		unit = time.Microsecond
	}
	end, err := csvrec.End(start, row.Field(colDuration), unit)
	if err != nil {
		return err
	}
	pod := row.Field(colPod)
	if pod == "" {
		return errors.New("no cmdb_id")
	}
	s := b.Add(pod, func(resource pcommon.Map) {
		resource.PutStr("service.name", Service(pod))
		resource.PutStr("k8s.pod.name", pod)
	})
	s.SetTraceID(trace)
	s.SetSpanID(id)
	parent := row.Field(colParentSpan)
	if parent == "" {
		parent = row.Field(colParentID)
	}
	s.SetParentSpanID(csvrec.Parent(parent))
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	s.SetName(row.Field(colOperation))
	if !row.Has(colOperation) {
		s.SetName(Service(pod))
	}
	if kind := row.Field(colType); kind != "" {
		s.Attributes().PutStr("type", kind)
	}
	csvrec.Status(s.Attributes(), row.Field(colStatus))
	return nil
}

// Service is a pod's name without the number behind its last dash; a name without
// one is the service itself.
func Service(pod string) string {
	i := strings.LastIndexByte(pod, '-')
	if i <= 0 || i == len(pod)-1 || strings.Trim(pod[i+1:], "0123456789") != "" {
		return pod
	}
	return pod[:i]
}
