package spans

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

func TestWhatWasFoldedIsTold(t *testing.T) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	list := rs.ScopeSpans().AppendEmpty().Spans()
	add := func(name string) {
		s := list.AppendEmpty()
		s.SetName(name)
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{byte(list.Len())})
		s.SetStartTimestamp(1)
		s.SetEndTimestamp(2)
	}
	for i := range 5 {
		add(fmt.Sprintf("GET /users/%d", 100+i))
		add("GET /users/100") // seen before
		add("GET /health")
	}
	add("SELECT * FROM t WHERE id = 7")
	c := New(model.NewSymbols(), DefaultConfig())
	c.Convert(td, func(*model.Fragment) {})
	want := []model.Folded{
		{Service: "shop", Operation: "GET /users/{}", Names: 5, Example: "GET /users/100"},
		{Service: "shop", Operation: "SELECT * FROM t WHERE id = {}", Names: 1, Example: "SELECT * FROM t WHERE id = 7"},
	}
	if d := cmp.Diff(want, c.Folded()); d != "" {
		t.Error(d)
	}
}
