package lightstep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/protorec"
)

// maxReport is the largest report in a recording.
const maxReport = 256 << 20

// Decode reads a recording: see [Read]. In place of a line warn gets the number of the
// span, from 1.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(span int, err error)) error {
	b, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	switch {
	case err != nil:
		return fmt.Errorf("lightstep: %w", err)
	case len(b) > maxReport:
		return fmt.Errorf("lightstep: the report is larger than %d bytes", maxReport)
	case len(b) == 0:
		return errors.New("lightstep: the file is empty")
	}
	report, err := Read(b, warn)
	if err != nil {
		return err
	}
	if report.Traces.SpanCount() == 0 {
		return nil
	}
	return emit(report.Traces)
}

// Is reports whether a file begins as a report: with a reporter that has a number, and
// with nothing that a report does not have.
func Is(head []byte) bool {
	known := false
	err := protorec.Each(head, func(f protorec.Field) error {
		switch f.Number {
		case reportReporter:
			return protorec.Each(f.Bytes(), func(f protorec.Field) error {
				known = known || f.Number == reporterID && f.Uint() != 0
				return nil
			})
		case reportAuth, reportSpan, reportOffset, reportMetrics:
			return nil
		}
		return errors.New("no field of a report")
	})
	return known && (err == nil || errors.Is(err, io.ErrUnexpectedEOF))
}

// Report is what a tracer sends.
type Report struct {
	Traces ptrace.Traces
	// Token says whose traces they are; empty if the report names no one.
	Token string
}

// fields of the messages, as the protocol numbers them.
const (
	reportReporter, reportAuth, reportSpan, reportOffset, reportMetrics = 1, 2, 3, 5, 6

	reporterID, reporterTag = 1, 4
	authToken               = 1
)

// Read decodes one report, or several that stand one behind the other, each beginning
// with its reporter. A span that cannot be read is left out and passed to warn with its
// number, from 1. The error is for what is no protobuf. The strings of the result are
// its own.
func Read(b []byte, warn func(span int, err error)) (Report, error) {
	out := Report{Traces: ptrace.NewTraces()}
	offsets, err := clockOffsets(b)
	if err != nil {
		return out, fmt.Errorf("lightstep report: %w", err)
	}
	var rs ptrace.ResourceSpans
	var spans ptrace.SpanSlice
	report, number := -1, 0
	begin := func() {
		report++
		rs = out.Traces.ResourceSpans().AppendEmpty()
		spans = rs.ScopeSpans().AppendEmpty().Spans()
	}
	err = protorec.Each(b, func(f protorec.Field) error {
		if f.Number == reportReporter || report < 0 {
			begin()
		}
		switch f.Number {
		case reportReporter:
			return readReporter(f.Bytes(), rs.Resource().Attributes())
		case reportAuth:
			return protorec.Each(f.Bytes(), func(f protorec.Field) error {
				if f.Number == authToken {
					out.Token = f.Text()
				}
				return nil
			})
		case reportSpan:
			number++
			s := ptrace.NewSpan()
			if err := readSpan(f.Bytes(), offsets[report], s); err != nil {
				warn(number, fmt.Errorf("lightstep span: %w", err))
				return nil
			}
			s.MoveTo(spans.AppendEmpty())
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("lightstep report: %w", err)
	}
	return out, nil
}

// clockOffsets are what to add to the times of each report, µs. They stand behind the
// spans.
func clockOffsets(b []byte) ([]int64, error) {
	var offsets []int64
	err := protorec.Each(b, func(f protorec.Field) error {
		if f.Number == reportReporter || len(offsets) == 0 {
			offsets = append(offsets, 0)
		}
		if f.Number == reportOffset {
			offsets[len(offsets)-1] = f.Int()
		}
		return nil
	})
	return offsets, err
}

// same are the reporter's tags that OTLP has names for.
var same = map[string]string{
	"lightstep.component_name": "service.name",
	"lightstep.hostname":       "host.name",
}

func readReporter(b []byte, attrs pcommon.Map) error {
	return protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case reporterID:
			attrs.PutStr("lightstep.guid", strconv.FormatUint(f.Uint(), 16))
		case reporterTag:
			key, v, err := readTag(f.Bytes())
			if err != nil {
				return err
			}
			v.CopyTo(attrs.PutEmpty(key))
			if name := same[key]; name != "" {
				v.CopyTo(attrs.PutEmpty(name))
			}
		}
		return nil
	})
}

func traceID(low uint64) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[8:], low)
	return id
}

func spanID(n uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// maxMicros is the last time that fits into nanoseconds.
const maxMicros = math.MaxInt64 / 1000
