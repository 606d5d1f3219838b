// Package gaia reads the trace tables of GAIA's MicroSS (CloudWise), a service each.
//
//	timestamp,host_ip,service_name,trace_id,span_id,parent_id,start_time,end_time,url,status_code,message
//
// start_time and end_time are dates with microseconds and without a zone; they are
// taken for UTC. A parent of 0 marks a root. A span is a request that service_name
// answers on host_ip, so its operation is the path of the URL; callers write nothing
// of their calls. The status code is HTTP's.
package gaia

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
)

// columns of the file, in the order of table.
const (
	colHost = iota
	colService
	colTrace
	colSpan
	colParent
	colStart
	colEnd
	colURL
	colStatus
)

var table = csvrec.Table{
	System:  "gaia",
	Columns: []string{"host_ip", "service_name", "trace_id", "span_id", "parent_id", "start_time", "end_time", "url"},
	Extra:   []string{"status_code"},
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
	start, err := date(row.Field(colStart))
	if err != nil {
		return err
	}
	end, err := date(row.Field(colEnd))
	if err != nil {
		return err
	}
	if end < start {
		return fmt.Errorf("it ends at %s, before its start at %s", row.Field(colEnd), row.Field(colStart))
	}
	service, host := row.Field(colService), row.Field(colHost)
	if service == "" {
		return errors.New("no service_name")
	}
	s := b.Add(service+"\x00"+host, func(resource pcommon.Map) {
		resource.PutStr("service.name", service)
		resource.PutStr("host.name", host)
	})
	s.SetTraceID(trace)
	s.SetSpanID(id)
	s.SetParentSpanID(csvrec.Parent(row.Field(colParent)))
	s.SetName(path(row.Field(colURL)))
	s.SetKind(ptrace.SpanKindServer)
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	csvrec.Status(s.Attributes(), row.Field(colStatus))
	return nil
}

// date reads a time without a zone; the fraction of its second may be missing.
func date(s string) (pcommon.Timestamp, error) {
	at, err := time.Parse(time.DateTime, s)
	if err != nil || at.Unix() <= 0 || at.Year() > 2200 {
		return 0, fmt.Errorf("%.40q is no date with a time, such as 2021-07-01 10:54:22.632751", s)
	}
	return pcommon.Timestamp(at.UnixNano()), nil
}

// path is that of a URL, without what was asked for; what is no URL stands for itself.
func path(of string) string {
	u, err := url.Parse(of)
	if err != nil || u.Path == "" {
		return of
	}
	return u.Path
}
