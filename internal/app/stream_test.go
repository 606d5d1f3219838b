package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// pieces is a recording made of batches.
type pieces []source.Batch

func (p pieces) Read(_ context.Context, take func(source.Batch) error) error {
	for _, b := range p {
		if err := take(b); err != nil {
			return err
		}
	}
	return nil
}

// piece is one span of trace n, at so many seconds.
func piece(n, span int, at int, parent int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "web")
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetName("GET")
	s.SetTraceID(pcommon.TraceID{1, byte(n >> 8), byte(n)})
	s.SetSpanID(pcommon.SpanID{byte(span)})
	if parent > 0 {
		s.SetParentSpanID(pcommon.SpanID{byte(parent)})
	}
	begin := time.Unix(int64(1000+at), 0)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(begin))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(begin.Add(time.Second)))
	return td
}

func streamed(t *testing.T, rec Recording, most int, in engine.Stretch) (got map[byte]int, order []byte, warned []model.Warning) {
	t.Helper()
	conv := newConversion(1)
	got = map[byte]int{}
	_, err := streamTraces(t.Context(), rec, conv, most, in, func(f *model.Fragment) {
		got[f.Trace[2]] += len(f.Spans)
		order = append(order, f.Trace[2])
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, order, conv.warnings()
}

// Traces are handed over whole, whatever lies between their pieces, as long as there is room.
func TestStreamHandsOverWholeTraces(t *testing.T) {
	rec := pieces{
		{Traces: []ptrace.Traces{piece(1, 1, 0, 0), piece(2, 1, 1, 0)}},
		{Traces: []ptrace.Traces{piece(3, 1, 2, 0), piece(1, 2, 0, 1)}},
		{Traces: []ptrace.Traces{piece(2, 2, 1, 1)}},
	}
	got, order, warned := streamed(t, rec, 0, engine.Stretch{})
	if fmt.Sprint(got) != "map[1:2 2:2 3:1]" || len(warned) > 0 {
		t.Errorf("got %v with %v", got, warned)
	}
	if fmt.Sprintf("%d", order) != "[3 1 2]" { // the longest untouched first
		t.Errorf("order %v", order)
	}
	in := engine.Stretch{From: time.Unix(1001, 0), To: time.Unix(1002, 0)}
	if got, _, _ := streamed(t, rec, 0, in); fmt.Sprint(got) != "map[2:2]" {
		t.Errorf("in one second: %v", got)
	}
}

// Where too many spans wait, the trace that was left alone for longest goes first; what
// comes of it later is counted.
func TestStreamIsBounded(t *testing.T) {
	rec := pieces{
		{Traces: []ptrace.Traces{piece(1, 1, 0, 0), piece(2, 1, 1, 0), piece(3, 1, 2, 0)}},
		{Traces: []ptrace.Traces{piece(2, 2, 1, 1), piece(1, 2, 0, 1)}},
	}
	got, _, warned := streamed(t, rec, 2, engine.Stretch{})
	if got[1] != 1 || got[2] != 2 || got[3] != 1 {
		t.Errorf("got %v", got)
	}
	if len(warned) != 1 || warned[0].Kind != "late-spans" || warned[0].Count != 1 {
		t.Errorf("warned %v", warned)
	}
}

// A watermark says that traces are whole.
func TestStreamFollowsWatermarks(t *testing.T) {
	rec := pieces{
		{Traces: []ptrace.Traces{piece(1, 1, 0, 0), piece(2, 1, 40, 0)}},
		{Watermark: time.Unix(1030, 0)},
		{Traces: []ptrace.Traces{piece(1, 2, 0, 1), piece(2, 2, 40, 1)}},
	}
	got, order, warned := streamed(t, rec, 0, engine.Stretch{})
	if fmt.Sprint(got) != "map[1:1 2:2]" || fmt.Sprintf("%d", order) != "[1 2]" || len(warned) != 1 {
		t.Errorf("got %v in order %v with %v", got, order, warned)
	}
}
