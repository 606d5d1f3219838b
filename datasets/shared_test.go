package datasets

import (
	"testing"
	"time"

	"culprit/internal/format/spans"
	"culprit/internal/source"
	"culprit/internal/tracetest"
	"culprit/model"
)

// The development recordings are read whole, without a warning, and their labels
// make sense.
func TestSharedRecordings(t *testing.T) {
	if testing.Short() {
		t.Skip("reads hundreds of megabytes")
	}
	for _, c := range []struct {
		name                     string
		files, spans, traces     int
		services, ops, instances int
		faults                   int
	}{
		{"hotrod-jaeger-json", 2, 16214, 420, 6, 9, 6, -1},
		{"nezha-onlineboutique-20220823", 60, 1192914, 27767, 10, 55, 10, 32},
		{"nezha-trainticket-20230129-early", 37, 147489, 2020, 28, 244, 28, 12},
		{"nezha-trainticket-20230130-early", 25, 92960, 1288, 28, 244, 28, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := tracetest.Shared(t, c.name)
			r, err := Open([]string{dir}, Options{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			symbols := model.NewSymbols()
			conv := spans.New(symbols, spans.DefaultConfig())
			traces, services := map[model.TraceID]bool{}, map[model.Sym]bool{}
			ops, instances := map[model.Sym]bool{}, map[model.Sym]bool{}
			n, began := 0, time.Now()
			err = r.Read(t.Context(), func(b source.Batch) error {
				for _, td := range b.Traces {
					conv.Convert(td, func(f *model.Fragment) {
						traces[f.Trace] = true
						n += len(f.Spans)
						for i := range f.Spans {
							services[f.Spans[i].Service] = true
							ops[f.Spans[i].Operation] = true
							instances[symbols.ResourceOf(f.Spans[i].Resource).Instance] = true
						}
					})
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if ws := append(conv.Warnings(), symbols.Overflow()...); len(ws) > 0 {
				t.Errorf("warnings %v", ws)
			}
			t.Logf("%d files, %d spans of %d traces, %d services, %d operations, %d instances in %v", len(r.Files()), n, len(traces), len(services), len(ops), len(instances), time.Since(began).Round(time.Millisecond))
			got := [...]int{len(r.Files()), n, len(traces), len(services), len(ops), len(instances)}
			if want := [...]int{c.files, c.spans, c.traces, c.services, c.ops, c.instances}; got != want {
				t.Errorf("files, spans, traces, services, operations, instances: %v, want %v", got, want)
			}
			if c.faults < 0 {
				return
			}
			l, err := LoadLabels(dir)
			if err != nil || len(l.Faults) != c.faults {
				t.Errorf("%d faults, %v, want %d", len(l.Faults), err, c.faults)
			}
		})
	}
}
