package page

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// wide is a system with more services than a screen has room for: requests of many kinds
// each fall through four layers of services. One of the services in the third layer becomes
// slow in the end.
type wide struct {
	services, perLayer int // in four layers
	operations         int // of all services
	requests           int // kinds of them; each comes once a window
	windows, slowFrom  int
}

// theWide is what the speed of the page is promised for.
var theWide = wide{services: 300, perLayer: 75, operations: 2000, requests: 500, windows: 9, slowFrom: 6}

// slow is the service with the fault.
func (w wide) slow() string { return fmt.Sprintf("service-%03d", 2*w.perLayer+2*w.perLayer/3) }

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const windowLength = 30 * time.Second

// call is one place in the tree of a request: who, and below whom.
type call struct {
	service, operation string
	above              int // -1: the request itself
	own                time.Duration
}

// record writes the system as a recording that `culprit demo` plays.
func (w wide) record(dir string) error {
	chance := rand.New(rand.NewPCG(7, 7))
	kinds := make([][]call, w.requests)
	for i := range kinds {
		kinds[i] = w.request(chance, i)
	}
	f, err := os.Create(filepath.Join(dir, "culprit.arrivals.jsonl"))
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	lines := json.NewEncoder(out)
	if err := lines.Encode(map[string]any{"culprit_arrivals": 1, "trace_url": "http://127.0.0.1:16686/trace/{trace_id}"}); err != nil {
		return err
	}
	warning := map[string]any{"kind": "incomplete", "message": "an exporter says that it dropped spans", "count": 3}
	if err := lines.Encode(map[string]any{"source": "wide", "warnings": []any{warning}}); err != nil {
		return err
	}
	for n := range w.windows {
		from := epoch.Add(time.Duration(n) * windowLength)
		td := ptrace.NewTraces()
		by := map[string]ptrace.SpanSlice{}
		for i, kind := range kinds {
			w.trace(td, by, kind, chance, from.Add(time.Duration(i)*windowLength/time.Duration(w.requests)), n >= w.slowFrom)
		}
		raw, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		if err != nil {
			return err
		}
		if err := lines.Encode(map[string]any{"source": "wide", "traces": json.RawMessage(raw)}); err != nil {
			return err
		}
		if err := lines.Encode(map[string]any{"watermark": from.Add(windowLength)}); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return w.label(dir)
}

// label says what is wrong with the system.
func (w wide) label(dir string) error {
	at := func(n int) time.Time { return epoch.Add(time.Duration(n) * windowLength) }
	raw, err := json.Marshal(map[string]any{
		"system": "wide", "start": at(0), "end": at(w.windows),
		"baseline": []any{map[string]any{"from": at(0), "to": at(w.slowFrom)}},
		"faults": []any{map[string]any{
			"id": "f01", "from": at(w.slowFrom), "to": at(w.windows), "type": "slow", "visible": true, "note": w.slow() + " takes eight times as long",
			"root_causes": []any{map[string]any{"service": w.slow()}},
		}},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "faults.json"), raw, 0o644)
}

// request draws a kind of request: services call the same three of the next layer, and every
// fifth kind passes the service that will be slow.
func (w wide) request(chance *rand.Rand, kind int) []call {
	at := func(layer, n int) string { return fmt.Sprintf("service-%03d", layer*w.perLayer+n%w.perLayer) }
	does := func(service string, n int) call {
		return call{service: service, operation: fmt.Sprintf("GET /resource-%d", n%(w.operations/w.services+1)), own: time.Duration(2+n%7) * time.Millisecond}
	}
	tree := []call{does(at(0, kind), kind/w.perLayer)}
	tree[0].above = -1
	// below gives one of the few services of the next layer that a service calls.
	below := func(layer int, caller string) string {
		n, err := strconv.Atoi(strings.TrimPrefix(caller, "service-"))
		if err != nil {
			panic(err) // our own name
		}
		return at(layer, 4*n+[]int{0, 1, 5}[chance.IntN(3)])
	}
	for range 3 {
		second := does(below(1, tree[0].service), chance.IntN(1000))
		tree = append(tree, second)
		top := len(tree) - 1
		for range 2 {
			third := does(below(2, second.service), chance.IntN(1000))
			if kind%5 == 0 && top == 1 {
				third = does(w.slow(), 0)
			}
			third.above = top
			tree = append(tree, third)
			fourth := does(below(3, third.service), chance.IntN(1000))
			fourth.above = len(tree) - 1
			tree = append(tree, fourth)
			if kind%5 == 0 && top == 1 {
				break
			}
		}
	}
	return tree
}

// trace adds a run of a kind of request: the calls below a call follow one another.
func (w wide) trace(td ptrace.Traces, by map[string]ptrace.SpanSlice, kind []call, chance *rand.Rand, start time.Time, faulty bool) {
	var id pcommon.TraceID
	for i := range id {
		id[i] = byte(chance.Uint32())
	}
	took := make([]time.Duration, len(kind))
	for i := len(kind) - 1; i >= 0; i-- {
		own := time.Duration(float64(kind[i].own) * (0.7 + 0.6*chance.Float64()))
		if faulty && kind[i].service == w.slow() {
			own *= 8
		}
		took[i] += own
		if above := kind[i].above; above >= 0 {
			took[above] += took[i]
		}
	}
	next := make([]time.Time, len(kind)) // where the next call below begins
	for i, c := range kind {
		begin := start
		if c.above >= 0 {
			begin = next[c.above]
			next[c.above] = begin.Add(took[i])
		}
		next[i] = begin.Add(500 * time.Microsecond)
		spans, ok := by[c.service]
		if !ok {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", c.service)
			rs.Resource().Attributes().PutStr("service.instance.id", c.service+"-0")
			spans = rs.ScopeSpans().AppendEmpty().Spans()
			by[c.service] = spans
		}
		s := spans.AppendEmpty()
		s.SetTraceID(id)
		s.SetSpanID(pcommon.SpanID{7: byte(i + 1)})
		if c.above >= 0 {
			s.SetParentSpanID(pcommon.SpanID{7: byte(c.above + 1)})
		}
		s.SetName(c.operation)
		s.SetKind(ptrace.SpanKindServer)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(begin))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(begin.Add(took[i])))
	}
}
