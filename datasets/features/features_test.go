package features

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"culprit/datasets"
	"culprit/detector"
	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

const window = 30 * time.Second

var labels = datasets.Labels{Faults: []datasets.Fault{{
	ID: "f1", Type: "latency", Visible: true,
	Stretch: datasets.Stretch{From: time.Unix(0, tracetest.Epoch).Add(5 * time.Minute), To: time.Unix(0, tracetest.Epoch).Add(6 * time.Minute)},
}}}

const request = `
web GET 0ms 100ms kind=server
  web list 10ms 60ms kind=client
    cart list 15ms 50ms kind=server error
      cart SELECT 20ms 40ms kind=client peer=mysql error
  web render 75ms 20ms
`

func TestTrace(t *testing.T) {
	table := model.NewSymbols()
	x := graph.NewAssembler(graph.Config{Symbols: table}).Assemble(tracetest.Draw(table, request))
	r := NewTable("shop", &labels, table, window).Trace(tracetest.Epoch, x)
	for name, c := range map[string][2]any{
		"kind":           {r.Kind, "trace"},
		"recording":      {r.Recording, "shop"},
		"window":         {r.Window, time.Unix(0, tracetest.Epoch).UTC()},
		"service":        {r.Service, "web"},
		"operation":      {r.Operation, "GET"},
		"duration_ms":    {*r.DurationMS, 100.0},
		"failed":         {*r.Failed, false},
		"spans":          {*r.Spans, int64(5)},
		"services":       {*r.Services, int64(2)},
		"depth":          {*r.Depth, int64(4)},
		"error_spans":    {*r.ErrorSpans, int64(2)},
		"error_starts":   {*r.ErrorStarts, int64(1)},
		"critical":       {*r.Critical, "web"}, // 10 + 10 ms around the call, 5 + 20 + 5 after it
		"critical_share": {*r.CriticalShare, 0.5},
		"incomplete":     {*r.Incomplete, false},
		"skewed":         {*r.Skewed, false},
		"fault":          {r.Fault == nil, true},
		"own_p50_ms":     {r.OwnP50MS == nil, true},
	} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("%s: got %v, want %v", name, c[0], c[1])
		}
	}
}

// Traces have one shape if the same operations call each other, however long and often.
func TestShape(t *testing.T) {
	table := model.NewSymbols()
	of := func(text string) string {
		x := graph.NewAssembler(graph.Config{Symbols: table}).Assemble(tracetest.Draw(table, text))
		return *NewTable("shop", nil, table, window).Trace(tracetest.Epoch, x).Shape
	}
	one := of("web GET 10ms\n  cart get 5ms\n  user get 1ms")
	if other := of("web GET 99ms\n  user get 5ms\n  cart get 1ms\n  cart get 1ms"); one != other {
		t.Errorf("order, number and time change the shape: %s and %s", one, other)
	}
	if other := of("web GET 10ms\n  cart get 5ms\n    user get 1ms"); one == other {
		t.Error("who calls does not change the shape")
	}
}

// windows observes n windows of 40 requests each; the database is slow in the last one.
func windows(t *testing.T, n int) (table *model.Symbols, rows [][]Row) {
	t.Helper()
	table = model.NewSymbols()
	assembler, observer := graph.NewAssembler(graph.Config{Symbols: table}), detector.NewObserver(table)
	baseline := detector.NewBaseline(table, 100)
	out := NewTable("shop", &labels, table, window)
	for w := range n {
		from := tracetest.Epoch + int64(w)*int64(window)
		sum := detector.NewSummary(from, from+int64(window), 1)
		for i := range 40 {
			f := tracetest.Draw(table, request)
			binary.BigEndian.PutUint64(f.Trace[:], uint64(1000*w+i+1))
			tracetest.Move(f, time.Duration(from-tracetest.Epoch)+time.Duration(i)*time.Millisecond)
			for k := range f.Spans {
				f.Spans[k].Duration += int64((i*7+w*3)%10) * int64(100*time.Microsecond)
				if w == n-1 && k == 3 {
					f.Spans[k].Duration *= 10
				}
			}
			observer.Observe(sum, assembler.Assemble(f))
		}
		seen := detector.NewWindow(sum, baseline)
		rows = append(rows, out.Window(sum, baseline.Judge([]*detector.Window{seen})))
		if !out.Faulty(from) {
			baseline.Learn(seen)
		}
	}
	return table, rows
}

func TestWindow(t *testing.T) {
	_, all := windows(t, 11)
	find := func(rows []Row, service, operation string) *Row {
		for i := range rows {
			if rows[i].Service == service && rows[i].Operation == operation {
				return &rows[i]
			}
		}
		t.Fatalf("no row for %s %s", service, operation)
		return nil
	}
	last := all[len(all)-1]
	db := find(last, "mysql", "SELECT")
	if db.Kind != KindOperation || !*db.Uninstrumented || *db.Spans != 40 || *db.Traces != 40 || *db.ErrorStarts != 40 || *db.ParentService != "cart" {
		t.Errorf("got %+v", db)
	}
	if *db.OwnP50MS < 390 || *db.OwnP50MS > 450 || *db.OwnMeanMS < 390 || *db.OwnTotalMS < 40*390 {
		t.Errorf("own times: p50 %v, mean %v, total %v ms, want about 400 each", *db.OwnP50MS, *db.OwnMeanMS, *db.OwnTotalMS)
	}
	if db.OwnTimeZ == nil || *db.OwnTimeZ < 5 || math.Abs(*db.OwnTimeEffect-math.Log(10)) > 0.1 {
		t.Errorf("ten times as slow: z %v, effect %v", db.OwnTimeZ, db.OwnTimeEffect)
	}
	if before := find(all[9], "mysql", "SELECT"); before.OwnTimeZ != nil && math.Abs(*before.OwnTimeZ) > 4 {
		t.Errorf("nothing happened in window 9, but z is %v", *before.OwnTimeZ)
	}
	if db.Fault == nil || *db.Fault != "f1" || *db.FaultType != "latency" || find(all[0], "web", "GET").Fault != nil {
		t.Error("the fault of the label is not where it lasted")
	}
	if root := find(last, "web", "GET"); root.ParentService != nil || *root.Callees == 0 {
		t.Errorf("an entry point has no caller: %+v", root)
	}
	if call := find(last, "web", "list"); call.GapMeanMS == nil || *call.GapMeanMS < 9 || *call.GapMeanMS > 11 {
		t.Errorf("the gap of the call: got %v, want about 10 ms", call.GapMeanMS)
	}
}

// What is written is what is read.
func TestWriter(t *testing.T) {
	_, all := windows(t, 3)
	table := model.NewSymbols()
	x := graph.NewAssembler(graph.Config{Symbols: table}).Assemble(tracetest.Draw(table, request))
	want := []Row{NewTable("shop", nil, table, window).Trace(tracetest.Epoch, x)}
	for _, rows := range all {
		want = append(want, rows...)
	}
	var file bytes.Buffer
	w := NewWriter(&file)
	for _, r := range want {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil || w.Rows() != len(want) {
		t.Fatalf("%v, %d rows", err, w.Rows())
	}
	got, err := parquet.Read[Row](bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("read %d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if want[i].Start != nil { // the file holds microseconds
			at := want[i].Start.Truncate(time.Microsecond)
			want[i].Start = &at
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("row %d:\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
}
