package datasets

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"culprit/internal/format/spans"
	"culprit/internal/source"
	"culprit/model"
)

// A recorded span is the same span to the engine as the one that came, whatever is in
// its texts: or a replay would not equal its run.
func TestArrivalsKeepModelSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, label)) }
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", text("service"))
		rs.Resource().Attributes().PutStr("host.name", text("host"))
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{2})
		s.SetName(text("name"))
		s.SetKind(ptrace.SpanKindClient)
		s.SetStartTimestamp(pcommon.Timestamp(rapid.Uint64().Draw(t, "start")))
		s.SetEndTimestamp(pcommon.Timestamp(rapid.Uint64().Draw(t, "end")))
		s.TraceState().FromRaw(rapid.SampledFrom([]string{"", "ot=th:8", "\xff"}).Draw(t, "state"))
		s.Status().SetCode(ptrace.StatusCode(rapid.IntRange(0, 2).Draw(t, "code")))
		s.Status().SetMessage(text("message"))
		s.Attributes().PutStr(text("key"), text("value"))
		s.Attributes().PutStr("peer.service", text("peer"))
		s.Attributes().PutInt("n", rapid.Int64().Draw(t, "n"))
		s.Attributes().PutDouble("x", rapid.Float64().Draw(t, "x"))
		s.Attributes().PutBool("error", rapid.Bool().Draw(t, "error"))

		var file bytes.Buffer
		w, err := NewArrivalsWriter(&file, ArrivalsHead{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Batch(source.Batch{Source: "s", Traces: []ptrace.Traces{td}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		var back ptrace.Traces
		if err := ReadArrivals(t.Context(), &file, "f", true, func(ArrivalsHead) {}, func(b source.Batch) error { back = b.Traces[0]; return nil }); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(asModel(td), asModel(back)); d != "" {
			t.Fatal(d)
		}
	})
}

// asModel writes down what the engine sees.
func asModel(td ptrace.Traces) []string {
	y := model.NewSymbols()
	c := spans.New(y, spans.DefaultConfig())
	var out []string
	c.Convert(td, func(f *model.Fragment) {
		for i := range f.Spans {
			s := f.Spans[i]
			r := y.ResourceOf(s.Resource)
			line := fmt.Sprintf("%q %q %q %q %d %d %d %d %d %v", y.Name(s.Service), y.Name(s.Operation), y.Name(s.Peer), y.Name(r.Host), s.Start, s.Duration, s.Kind, s.Status, s.Flags, s.Weight)
			for _, a := range f.AttrsOf(&s) {
				line += fmt.Sprintf(" %q=%q", y.Name(a.Key), y.Name(a.Value))
			}
			out = append(out, line)
		}
	})
	for _, w := range c.Warnings() {
		out = append(out, fmt.Sprintf("%s %q %d", w.Kind, w.Place, w.Count))
	}
	return out
}
