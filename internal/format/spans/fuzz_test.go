package spans

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// FuzzConvert converts whatever can be decoded: nothing in a span may stop the service.
func FuzzConvert(f *testing.F) {
	m := ptrace.ProtoMarshaler{}
	for seed := range uint64(3) {
		wire, err := m.MarshalTraces(synthetic(seed, 1, true))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		u := ptrace.ProtoUnmarshaler{}
		td, err := u.UnmarshalTraces(wire)
		if err != nil {
			return
		}
		c := New(model.NewSymbols(), DefaultConfig())
		n := 0
		c.Convert(td, func(f *model.Fragment) {
			for i := range f.Spans {
				n++
				if s := &f.Spans[i]; s.Duration < 0 || s.End() < s.Start || len(f.AttrsOf(s)) > 16 {
					t.Errorf("span %+v", s)
				}
			}
		})
		if n > td.SpanCount() {
			t.Errorf("%d spans became %d", td.SpanCount(), n)
		}
	})
}
