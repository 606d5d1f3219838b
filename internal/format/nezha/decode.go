package nezha

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
	"culprit/model"
)

// columns of the file, in the order of table.
const (
	colTrace = iota
	colSpan
	colParent
	colPod
	colOperation
	colStart
	colEnd
)

var table = csvrec.Table{
	System:  "nezha",
	Columns: []string{"TraceID", "SpanID", "ParentID", "PodName", "OperationName", "StartTimeUnixNano", "EndTimeUnixNano"},
	Span:    span,
}

// Is reports whether a file begins as one of Nezha's does.
func Is(head []byte) bool { return table.Is(head) }

// Decode reads a file and emits its spans in batches: see [csvrec.Table.Decode].
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	return table.Decode(r, emit, warn)
}

// span reads one line.
func span(row csvrec.Row, b *csvrec.Batch) error {
	trace, err := model.ParseTraceID(row.Field(colTrace))
	if err != nil {
		return err
	}
	id, err := model.ParseSpanID(row.Field(colSpan))
	if err != nil {
		return err
	}
	if trace.IsZero() || id.IsZero() {
		return errors.New("a trace or span ID is 0")
	}
	var parent model.SpanID
	if p := row.Field(colParent); p != "root" {
		if parent, err = model.ParseSpanID(p); err != nil {
			return fmt.Errorf("parent %w", err)
		}
	}
	start, err := nanos(row, colStart)
	if err != nil {
		return err
	}
	end, err := nanos(row, colEnd)
	if err != nil {
		return err
	}
	pod := row.Field(colPod)
	if pod == "" {
		return errors.New("no PodName")
	}
	s := b.Add(pod, func(resource pcommon.Map) {
		resource.PutStr("service.name", Service(pod))
		resource.PutStr("k8s.pod.name", pod)
	})
	s.SetTraceID(pcommon.TraceID(trace))
	s.SetSpanID(pcommon.SpanID(id))
	s.SetParentSpanID(pcommon.SpanID(parent))
	s.SetName(row.Field(colOperation))
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	return nil
}

func nanos(row csvrec.Row, c int) (pcommon.Timestamp, error) {
	n, err := strconv.ParseUint(row.Field(c), 10, 64)
	if err != nil || n > math.MaxInt64 {
		return 0, fmt.Errorf("%s: %.40q is no time in nanoseconds", row.Name(c), row.Field(c))
	}
	return pcommon.Timestamp(n), nil
}

// Service is a pod's name without its last two dash-parts, which Kubernetes adds for
// the replica set and the pod; a name of fewer parts is the service itself.
func Service(pod string) string {
	s := pod
	for range 2 {
		i := strings.LastIndexByte(s, '-')
		if i <= 0 {
			return pod
		}
		s = s[:i]
	}
	return s
}
