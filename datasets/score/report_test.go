package score

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"culprit/datasets"
	"culprit/internal/tracetest"
	"culprit/model"
)

func TestAccuracy(t *testing.T) {
	a := accuracy([]int{1, 1, 2, 4, 0})
	if a.Faults != 5 || a.AC1.Value != 0.4 || a.AC3.Value != 0.6 || a.AC5.Value != 0.8 {
		t.Errorf("got %+v", a)
	}
	if want := (0.4 + 0.6 + 0.6 + 0.8 + 0.8) / 5; math.Abs(float64(a.Avg5)-want) > 1e-12 {
		t.Errorf("Avg@5: got %v, want %v", a.Avg5, want)
	}
	if want := (1 + 1 + 0.5 + 0.25) / 5; math.Abs(float64(a.MRR)-want) > 1e-12 {
		t.Errorf("MRR: got %v, want %v", a.MRR, want)
	}
	if a.AC1.Low > 0.4 || a.AC1.High < 0.4 || a.AC1.Low < 0 || a.AC1.High > 1 {
		t.Errorf("the interval %v to %v is none of 0.4", a.AC1.Low, a.AC1.High)
	}
	none := accuracy(nil)
	if none.AC1.Value != 0 || none.AC1.Low != 0 || none.AC1.High != 1 || none.MRR != 0 {
		t.Errorf("of nothing: got %+v", none)
	}
}

// report is a small one: two methods, two types of fault.
func report() Report {
	deep := datasets.Fault{ID: "f1", Type: "cpu", Visible: true, RootCauses: []datasets.RootCause{{Service: "pay", Instance: "pay-1"}}}
	flat := datasets.Fault{ID: "f2", Type: "network", Visible: true, RootCauses: []datasets.RootCause{{Service: "cart"}}}
	verdicts := func(first, second string) []Verdict {
		return []Verdict{
			{Recording: "shop", Case: Case{Fault: deep}, Suspects: suspects(first), Took: 2 * time.Millisecond},
			{Recording: "shop", Case: Case{Fault: flat}, Suspects: suspects(second), Took: 4 * time.Millisecond},
		}
	}
	d := Detections{Faults: 2, Found: 1, Named: 1, Opened: 1, Delays: []time.Duration{time.Minute}, Healthy: 12 * time.Hour, Window: window}
	found := d.Report()
	return Report{
		Change:     Change{}.String(),
		Recordings: []Recording{{Name: "shop", System: "shop", Traces: 10, Spans: 100, Faults: 3, Invisible: 1, Detection: &found}},
		Methods: []MethodReport{
			Method("ours", Levels(), verdicts("pay - pay-1", "web; cart")),
			Method("theirs", []Level{Service}, verdicts("web; pay", "cart")),
		},
		Detection: &found, PeakMemoryMB: 64, Warnings: []model.Warning{},
	}
}

func TestPrint(t *testing.T) {
	r := report()
	var out bytes.Buffer
	if err := r.Print(&out, PrintOptions{Each: true, Faults: true, Timing: true}); err != nil {
		t.Fatal(err)
	}
	tracetest.Golden(t, "report.golden", out.Bytes())
}

// What depends on the machine can be left out, and then is.
func TestPrintWithoutTimings(t *testing.T) {
	r := report()
	var a, b bytes.Buffer
	_ = r.Print(&a, PrintOptions{})
	for i := range r.Methods {
		r.Methods[i].MedianMS, r.Methods[i].MaxMS = 99, 999
	}
	r.PeakMemoryMB = 1
	_ = r.Print(&b, PrintOptions{})
	if a.String() != b.String() || strings.Contains(a.String(), "memory") {
		t.Errorf("timings show:\n%s", b.String())
	}
}

func TestShare(t *testing.T) {
	r := report()
	for what, want := range map[string]float64{"service": 0.5, "instance": 1, "recall": 0.5, "named": 1} {
		if got, ok := r.Share(what); !ok || float64(got.Value) != want {
			t.Errorf("%s: got %v, %v; want %v", what, got.Value, ok, want)
		}
	}
	if _, ok := r.Share("operation"); ok {
		t.Error("no label knows an operation")
	}
	if _, ok := (&Report{}).Share("recall"); ok {
		t.Error("without the live engine there is no recall")
	}
}

// The JSON can always be written: what does not exist is null.
func TestReportIsJSON(t *testing.T) {
	var d Detections
	found := d.Report()
	r := Report{Detection: &found}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"per_day":null`) || !strings.Contains(string(b), `"median_delay_windows":null`) {
		t.Errorf("%v: %s", err, b)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/faults.json", "a/traces.json", "b/c/faults.json", "b/a/faults.json", ".hidden/faults.json", "d/traces.json"} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		rule  string
		paths []string
		want  string
	}{
		{"every directory with labels", []string{"."}, "a b/a b/c"},
		{"a recording itself", []string{"a"}, "a"},
		{"once, however often it is found", []string{".", "a"}, "a b/a b/c"},
		{"two of one name", []string{"a", "b"}, "DIR/a DIR/b/a c"},
	} {
		var paths, names []string
		for _, p := range c.paths {
			paths = append(paths, filepath.Join(dir, p))
		}
		got, err := Find(paths)
		for _, f := range got {
			names = append(names, f.Name)
		}
		want := strings.ReplaceAll(c.want, "DIR", filepath.ToSlash(dir))
		if err != nil || strings.Join(names, " ") != want {
			t.Errorf("%s: got %v, %v; want %s", c.rule, names, err, want)
		}
	}
	if _, err := Find([]string{filepath.Join(dir, "d")}); err == nil || !strings.Contains(err.Error(), "nothing is labelled") {
		t.Errorf("got %v", err)
	}
	if _, err := Find([]string{filepath.Join(dir, "none")}); err == nil {
		t.Error("a path that is not there is no error")
	}
}
