package aiops

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/csvrec"
)

// columns of a table of calls, in the order of calls.
const (
	callType = iota
	callStart
	callElapsed
	callSuccess
	callTrace
	callID
	callParent
	callBy
	callStore
	callService
)

var calls = csvrec.Table{
	System:  "aiops calls",
	Columns: []string{"callType", "startTime", "elapsedTime", "success", "traceId", "id", "pid", "cmdb_id"},
	Extra:   []string{"dsName", "serviceName"},
	Span:    call,
}

// IsCalls reports whether a file begins as the tables of calls do.
func IsCalls(head []byte) bool { return calls.Is(head) }

// DecodeCalls reads a table of calls, as the challenge of 2020 has them (OpenRCA's
// Telecom), like [Decode].
//
//	callType,startTime,elapsedTime,success,traceId,id,pid,cmdb_id,dsName,serviceName
//
// Both times are milliseconds. A row is written by the container or host cmdb_id, which
// is service and instance in one, and its type says what it is: OSB and RemoteProcess
// are requests that come in, CSF and FlyRemote are calls that go out, the latter to
// whom serviceName says, as nobody there writes rows; JDBC is a query to the database
// dsName, LOCAL a method. Of a call that did not succeed nobody says why.
func DecodeCalls(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	return calls.Decode(r, emit, warn)
}

func call(row csvrec.Row, b *csvrec.Batch) error {
	trace, err := csvrec.TraceID(row.Field(callTrace))
	if err != nil {
		return err
	}
	id, err := csvrec.SpanID(row.Field(callID))
	if err != nil {
		return err
	}
	start, err := csvrec.Epoch(row.Field(callStart))
	if err != nil {
		return err
	}
	end, err := csvrec.End(start, row.Field(callElapsed), time.Millisecond)
	if err != nil {
		return err
	}
	by := row.Field(callBy)
	if by == "" {
		return errors.New("no cmdb_id")
	}
	failed, err := failure(row.Field(callSuccess))
	if err != nil {
		return err
	}
	s := b.Add(by, func(resource pcommon.Map) {
		resource.PutStr("service.name", by)
		resource.PutStr("service.instance.id", by)
	})
	s.SetTraceID(trace)
	s.SetSpanID(id)
	s.SetParentSpanID(csvrec.Parent(row.Field(callParent)))
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	s.SetName(cmp.Or(row.Field(callService), row.Field(callType)))
	if failed {
		s.Status().SetCode(ptrace.StatusCodeError)
	}
	describe(s, row)
	return nil
}

// describe says of a span what the type of its row means.
func describe(s ptrace.Span, row csvrec.Row) {
	kind, peer := ptrace.SpanKindUnspecified, ""
	switch strings.ToLower(row.Field(callType)) {
	case "osb", "remoteprocess":
		kind = ptrace.SpanKindServer
	case "csf":
		kind = ptrace.SpanKindClient
	case "flyremote":
		kind, peer = ptrace.SpanKindClient, row.Field(callService)
	case "jdbc":
		kind, peer = ptrace.SpanKindClient, row.Field(callStore)
		s.Attributes().PutStr("db.system", "other_sql")
	case "local":
		kind = ptrace.SpanKindInternal
	}
	s.SetKind(kind)
	if peer != "" {
		s.Attributes().PutStr("peer.service", peer)
	}
}

// failure reads whether a call succeeded; nothing written is nothing known.
func failure(success string) (bool, error) {
	switch strings.ToLower(success) {
	case "true", "1", "1.0", "", "nan":
		return false, nil
	case "false", "0", "0.0":
		return true, nil
	}
	return false, fmt.Errorf("success: %.40q is neither true nor false", success)
}
