package csvrec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"culprit/internal/format/epoch"
	"culprit/model"
)

// TraceID reads an ID: hex digits as they stand, anything else as a hash of its
// text, which is the same wherever the text comes again.
func TraceID(s string) (pcommon.TraceID, error) {
	if s == "" {
		return pcommon.TraceID{}, errors.New("no trace ID")
	}
	if id, err := model.ParseTraceID(s); err == nil && !id.IsZero() {
		return pcommon.TraceID(id), nil
	}
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:8], model.HashString("high "+s))
	binary.BigEndian.PutUint64(id[8:], model.HashString(s)|1)
	return id, nil
}

// SpanID reads an ID like [TraceID].
func SpanID(s string) (pcommon.SpanID, error) {
	if s == "" {
		return pcommon.SpanID{}, errors.New("no span ID")
	}
	if id, err := model.ParseSpanID(s); err == nil && !id.IsZero() {
		return pcommon.SpanID(id), nil
	}
	var id pcommon.SpanID
	binary.BigEndian.PutUint64(id[:], model.HashString(s)|1)
	return id, nil
}

// Parent reads the ID of a parent; the words that tables have for "none" give zero.
func Parent(s string) pcommon.SpanID {
	switch strings.ToLower(s) {
	case "", "-1", "0", "root", "none", "null", "nan":
		return pcommon.SpanID{}
	}
	id, err := SpanID(s)
	if err != nil {
		return pcommon.SpanID{}
	}
	return id
}

// Time reads a decimal number of units since 1970.
func Time(s string, unit time.Duration) (pcommon.Timestamp, error) {
	n, err := epoch.Nanos(s, unit)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%.40q is no time in %s", s, epoch.Name(unit))
	}
	return pcommon.Timestamp(n), nil
}

// Epoch reads a time since 1970 whose unit only its size tells.
func Epoch(s string) (pcommon.Timestamp, error) {
	n, err := epoch.Guess(s)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%.40q is no time", s)
	}
	return pcommon.Timestamp(n), nil
}

// End reads how many units a span lasts that begins at start, and gives its end.
func End(start pcommon.Timestamp, s string, unit time.Duration) (pcommon.Timestamp, error) {
	n, err := epoch.Nanos(s, unit)
	if err != nil || n < 0 || n > math.MaxInt64-int64(start) {
		return 0, fmt.Errorf("%.40q is no duration in %s", s, epoch.Name(unit))
	}
	return start + pcommon.Timestamp(n), nil
}

// Status writes a code of HTTP (from 100 on) or gRPC (below, or its name) as the
// attribute of that convention, from which the status of the span follows. Anything
// else is nothing.
func Status(attrs pcommon.Map, s string) {
	x, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil && s != "" && strings.ToLower(s) != "nan":
		attrs.PutStr("rpc.grpc.status_code", s)
	case err != nil || x != math.Trunc(x) || x < 0 || x > 999:
	case x >= 100:
		attrs.PutInt("http.response.status_code", int64(x))
	default:
		attrs.PutInt("rpc.grpc.status_code", int64(x))
	}
}
