package graph_test

import (
	"fmt"
	"time"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

func Example() {
	symbols := model.NewSymbols()
	spans := tracetest.Draw(symbols, `
web  GET/cart     0ms 100ms kind=server
  web  call      10ms  70ms kind=client
    cart list    15ms  50ms kind=server
      cart HGET  20ms  40ms kind=client peer=redis db.system=redis
`)
	trace := graph.NewAssembler(graph.Config{Symbols: symbols}).Assemble(spans)
	for i := range trace.Spans {
		n := &trace.Nodes[i]
		fmt.Printf("%s: own %v, gap %v\n", symbols.Name(trace.Spans[i].Operation), time.Duration(n.Own), time.Duration(n.Gap))
	}

	var path graph.CriticalPath
	for _, s := range path.Of(trace) {
		fmt.Printf("%3d ms in %s\n", (s.To-s.From)/int64(time.Millisecond), symbols.Name(trace.Spans[s.Span].Operation))
	}

	topology := graph.NewTopology(symbols)
	topology.Add(trace)
	for _, e := range topology.View(time.Time{}, time.Time{}).Edges {
		fmt.Printf("%s calls %s\n", e.Caller, e.Callee)
	}
	// Output:
	// GET/cart: own 30ms, gap 0s
	// call: own 0s, gap 20ms
	// list: own 10ms, gap 0s
	// HGET: own 40ms, gap 0s
	//  10 ms in GET/cart
	//   5 ms in call
	//   5 ms in list
	//  40 ms in HGET
	//   5 ms in list
	//  15 ms in call
	//  20 ms in GET/cart
	// cart calls redis
	// web calls cart
}
