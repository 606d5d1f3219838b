package nezha

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

const (
	batchSpans = 2048
	maxLine    = 1 << 20
)

// columns of the file, in the order of header.
const (
	colTrace = iota
	colSpan
	colParent
	colPod
	colOperation
	colStart
	colEnd
	nColumns
)

var header = [nColumns]string{"TraceID", "SpanID", "ParentID", "PodName", "OperationName", "StartTimeUnixNano", "EndTimeUnixNano"}

// Decode reads a file and emits its spans in batches; a trace may lie in several. A
// line that cannot be read is left out and passed to warn. The error is for a file
// without the header, without any readable span, or from emit.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	if !in.Scan() {
		return ended(in, errors.New("nezha: the file is empty"))
	}
	place, err := locate(in.Text())
	if err != nil {
		return err
	}
	b := newBatch()
	read, line := 0, 1
	for in.Scan() {
		line++
		text := bytes.TrimRight(in.Bytes(), "\r")
		if len(text) == 0 {
			continue
		}
		fields, err := split(text)
		if err == nil {
			err = b.add(fields, place)
		}
		if err != nil {
			warn(line, fmt.Errorf("nezha span: %w", err))
			continue
		}
		read++
		if b.spans == batchSpans {
			if err := emit(b.td); err != nil {
				return err
			}
			b = newBatch()
		}
	}
	if b.spans > 0 {
		if err := emit(b.td); err != nil {
			return err
		}
	}
	switch err := ended(in, nil); {
	case err != nil && read > 0:
		warn(line+1, err)
	case err != nil:
		return err
	case read == 0:
		return errors.New("nezha: no readable span in the file")
	}
	return nil
}

// ended is why the scanner stopped, otherwise if it simply was at the end.
func ended(in *bufio.Scanner, otherwise error) error {
	if err := in.Err(); err != nil {
		return fmt.Errorf("nezha: %w", err)
	}
	return otherwise
}

// locate finds the columns by their names.
func locate(line string) (place [nColumns]int, err error) {
	names := strings.Split(strings.TrimPrefix(strings.TrimSpace(line), "\ufeff"), ",")
	for c, want := range header {
		place[c] = -1
		for i, name := range names {
			if strings.TrimSpace(name) == want {
				place[c] = i
			}
		}
		if place[c] < 0 {
			return place, fmt.Errorf("nezha: line 1: no column %s", want)
		}
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

// batch collects spans by pod.
type batch struct {
	td    ptrace.Traces
	pods  map[string]ptrace.SpanSlice
	spans int
}

func newBatch() *batch {
	return &batch{td: ptrace.NewTraces(), pods: map[string]ptrace.SpanSlice{}}
}

// add reads one line.
func (b *batch) add(fields []string, place [nColumns]int) error {
	field := func(c int) string {
		if place[c] < len(fields) {
			return strings.TrimSpace(fields[place[c]])
		}
		return ""
	}
	trace, err := model.ParseTraceID(field(colTrace))
	if err != nil {
		return err
	}
	id, err := model.ParseSpanID(field(colSpan))
	if err != nil {
		return err
	}
	var parent model.SpanID
	if p := field(colParent); p != "root" {
		if parent, err = model.ParseSpanID(p); err != nil {
			return fmt.Errorf("parent %w", err)
		}
	}
	start, err := nanos(field(colStart))
	if err != nil {
		return fmt.Errorf("%s: %w", header[colStart], err)
	}
	end, err := nanos(field(colEnd))
	if err != nil {
		return fmt.Errorf("%s: %w", header[colEnd], err)
	}
	pod := field(colPod)
	if pod == "" {
		return errors.New("no PodName")
	}
	s := b.of(pod).AppendEmpty()
	s.SetTraceID(pcommon.TraceID(trace))
	s.SetSpanID(pcommon.SpanID(id))
	s.SetParentSpanID(pcommon.SpanID(parent))
	s.SetName(field(colOperation))
	s.SetStartTimestamp(start)
	s.SetEndTimestamp(end)
	b.spans++
	return nil
}

func nanos(s string) (pcommon.Timestamp, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > math.MaxInt64 {
		return 0, fmt.Errorf("%.40q is no time in nanoseconds", s)
	}
	return pcommon.Timestamp(n), nil
}

// of returns the spans of a pod.
func (b *batch) of(pod string) ptrace.SpanSlice {
	if list, ok := b.pods[pod]; ok {
		return list
	}
	rs := b.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", Service(pod))
	rs.Resource().Attributes().PutStr("k8s.pod.name", pod)
	list := rs.ScopeSpans().AppendEmpty().Spans()
	b.pods[pod] = list
	return list
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
