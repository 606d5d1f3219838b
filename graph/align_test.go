package graph_test

import (
	"testing"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// Spans stand where the critical path has them: no segment lies outside its span, also
// where clocks differ, children outlive parents, or nobody waits.
func TestStartsAgreeWithTheCriticalPath(t *testing.T) {
	for _, draw := range []string{`
web  GET     0ms 100ms
  web a     10ms  20ms
  web b     50ms  90ms
`, `
web  GET     0ms 100ms kind=server host=a
  web call  10ms  60ms kind=client host=a
    cart f 900ms  50ms kind=server host=b
      cart g 910ms 20ms host=b
`, `
web  GET     0ms 100ms kind=server host=a
  web send  10ms   1ms kind=producer host=a
    mail f 400ms  50ms kind=consumer host=b
  web b    120ms  80ms
`} {
		symbols := model.NewSymbols()
		tr := graph.NewAssembler(graph.Config{Symbols: symbols}).Assemble(tracetest.Draw(symbols, draw))
		starts := tr.Starts(nil)
		var path graph.CriticalPath
		for _, s := range path.Of(tr) {
			sp := &tr.Spans[s.Span]
			if s.From < starts[s.Span] || s.To > starts[s.Span]+sp.Duration {
				t.Errorf("%s\nspan %s begins at %d and takes %d, its segment is [%d, %d)", draw, symbols.Name(sp.Operation),
					starts[s.Span]-tr.Start, sp.Duration, s.From-tr.Start, s.To-tr.Start)
			}
		}
		if starts[tr.Main] != tr.Start {
			t.Errorf("the main span does not begin at the start of the trace")
		}
	}
}

// Who is not waited for keeps its distance, on either side of a moved clock.
func TestStartsOfThoseNobodyWaitsFor(t *testing.T) {
	symbols := model.NewSymbols()
	tr := graph.NewAssembler(graph.Config{Symbols: symbols}).Assemble(tracetest.Draw(symbols, `
web  GET     0ms 100ms kind=server host=a
  web call  10ms  60ms kind=client host=a
    cart f 900ms  50ms kind=server host=b
      cart log 960ms 20ms host=b follows
`))
	starts := tr.Starts(nil)
	// f is moved to end with its caller, at 20 to 70 ms; log begins 60 ms after it
	for i, want := range map[string]int64{"f": 20, "log": 80} {
		for k := range tr.Spans {
			if symbols.Name(tr.Spans[k].Operation) == i && starts[k]-tr.Start != want*1e6 {
				t.Errorf("%s begins at %d ms, want %d", i, (starts[k]-tr.Start)/1e6, want)
			}
		}
	}
}
