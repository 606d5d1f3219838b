// Package rcaeval reads the traces.csv of RCAEval's recordings (Pham et al., WWW
// 2025; OnlineBoutique, SockShop and TrainTicket with injected faults).
//
// The columns are time, traceID, spanID, serviceName, methodName, operationName,
// startTimeMillis, startTime, duration, statusCode and parentSpanID. startTime and
// duration are in microseconds. The operation is operationName, where that is empty
// methodName. A root has no parent. The status code is gRPC's below 100 and HTTP's
// from there on; it may be written as 0.0 or not at all. There are no kinds and no
// instances.
package rcaeval

import (
	"cmp"
	"errors"
	"io"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
)

// columns of the file, in the order of table.
const (
	colTrace = iota
	colSpan
	colParent
	colService
	colOperation
	colDuration
	colStart
	colMillis
	colMethod
	colStatus
)

var table = csvrec.Table{
	System:  "rcaeval",
	Columns: []string{"traceID", "spanID", "parentSpanID", "serviceName", "operationName", "duration"},
	Extra:   []string{"startTime", "startTimeMillis", "methodName", "statusCode"},
	Span:    span,
}

// Is reports whether a file begins as RCAEval's do.
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
	start, err := csvrec.Time(row.Field(colStart), time.Microsecond)
	if row.Field(colStart) == "" {
		start, err = csvrec.Time(row.Field(colMillis), time.Millisecond)
	}
	if err != nil {
		return err
	}
	end, err := csvrec.End(start, row.Field(colDuration), time.Microsecond)
	if err != nil {
		return err
	}
	service := row.Field(colService)
	if service == "" {
		return errors.New("no serviceName")
	}
	s := b.Add(service, func(resource pcommon.Map) { resource.PutStr("service.name", service) })
	s.SetTraceID(trace)
	s.SetSpanID(id)
	s.SetParentSpanID(csvrec.Parent(row.Field(colParent)))
	s.SetName(cmp.Or(row.Field(colOperation), row.Field(colMethod)))
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	csvrec.Status(s.Attributes(), row.Field(colStatus))
	return nil
}
