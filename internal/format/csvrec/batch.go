package csvrec

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Batch collects spans by who sent them.
type Batch struct {
	td      ptrace.Traces
	senders map[string]ptrace.SpanSlice
	spans   int
}

func newBatch() *Batch {
	return &Batch{td: ptrace.NewTraces(), senders: map[string]ptrace.SpanSlice{}}
}

// Add returns a new span of a sender. describe writes the resource of one that is
// new to the batch.
func (b *Batch) Add(sender string, describe func(pcommon.Map)) ptrace.Span {
	b.spans++
	list, ok := b.senders[sender]
	if !ok {
		rs := b.td.ResourceSpans().AppendEmpty()
		describe(rs.Resource().Attributes())
		list = rs.ScopeSpans().AppendEmpty().Spans()
		b.senders[sender] = list
	}
	return list.AppendEmpty()
}

// Writer emits spans in batches.
type Writer struct {
	emit    func(ptrace.Traces) error
	b       *Batch
	emitted int
}

// NewWriter returns a writer whose first batch is empty.
func NewWriter(emit func(ptrace.Traces) error) *Writer { return &Writer{emit: emit, b: newBatch()} }

// Batch is where spans are written to until the next Flush.
func (w *Writer) Batch() *Batch { return w.b }

// Spans is how many spans there were.
func (w *Writer) Spans() int { return w.emitted + w.b.spans }

// Flush emits the batch if it is full, or if it is the last and holds anything.
func (w *Writer) Flush(last bool) error {
	if w.b.spans == 0 || !last && w.b.spans < batchSpans {
		return nil
	}
	b := w.b
	w.emitted += b.spans
	w.b = newBatch()
	return w.emit(b.td)
}
