package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"culprit/datasets"
	"culprit/internal/tracetest"
)

// Code faults that do show, planted into the traces of recordings whose own do not, or are few: an
// operation throws or returns early, or answers what its caller cannot use, with no status
// code anywhere. All else is as recorded, with what else went wrong then. Each fault of the
// recording is replaced by a planted one, so many times.
//
//	go test ./cmd/culprit -run TestScorePlanted -update
func TestScorePlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("reads tens of megabytes")
	}
	for _, c := range []struct {
		name    string
		system  planting
		times   uint64
		methods string
	}{
		{"planted", trainTicket, 4, "all"},
		{"planted-onlineboutique", onlineBoutique, 2, "all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := tracetest.Shared(t, c.system.recording)
			labels, err := datasets.LoadLabels(dir)
			if err != nil {
				t.Fatal(err)
			}
			head, rows := nezhaRows(t, dir)
			root := t.TempDir()
			for seed := range c.times {
				c.system.plant(t, filepath.Join(root, fmt.Sprintf("planted-%d", seed+1)), head, rows, labels, rand.New(rand.NewPCG(seed, seed)))
			}
			var out, errs bytes.Buffer
			if status := run(t.Context(), []string{"score", root, "--methods", c.methods, "--no-detect", "--faults", "--no-timings"}, &out, &errs); status != 0 || errs.Len() > 0 {
				t.Fatalf("status %d: %s", status, errs.Bytes())
			}
			tracetest.Golden(t, "score/"+c.name+".golden", out.Bytes())
		})
	}
}

// nezhaRows reads the rows of all traces of a recording, each span once, by trace.
func nezhaRows(t *testing.T, dir string) (head []string, byTrace map[string][][]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*_trace.csv.zst"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces in %s: %v", dir, err)
	}
	byTrace = map[string][][]string{}
	seen := map[[2]string]bool{}
	for _, name := range files {
		packed, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := zstd.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(r).ReadAll()
		r.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		head = all[0]
		for _, row := range all[1:] {
			if id := [2]string{row[colTrace], row[colSpan]}; !seen[id] {
				seen[id] = true
				byTrace[row[colTrace]] = append(byTrace[row[colTrace]], row)
			}
		}
	}
	return head, byTrace
}

// flaw is a code fault of an operation.
type flaw struct {
	kind      string
	service   string
	operation string
	keeps     int     // calls that are still made before it ends
	share     float64 // of its runs
}

// The kinds of flaws.
const (
	throws     = "throws"             // so do all its callers
	caught     = "throws, caught"     // its callers go on
	returns    = "returns early"      // its callers go on
	gaveUp     = "returns early, end" // its caller stops, too
	misleads   = "wrong answer"       // it runs as usual, but its caller stops
	leastCalls = 5                    // traces of an operation that a flaw is planted in, at least
)

// lingers is how long after a fault traces may still show it.
const lingers = 5 * time.Minute

// plant writes a copy of the recording with a flaw in place of each fault, or shortly before it. A fault
// for which too few traces are there is invisible.
func (p *planting) plant(t *testing.T, dir string, head []string, rows map[string][][]string, labels datasets.Labels, rng *rand.Rand) {
	t.Helper()
	labels.System += "-planted"
	recorded := labels.Faults
	labels.Faults = slices.Clone(labels.Faults)
	for i := range labels.Faults {
		if f := &labels.Faults[i]; p.before > 0 {
			f.From, f.To = f.From.Add(-p.before), f.From
		}
	}
	out := [][]string{head}
	during := make([][]*planted, len(labels.Faults))
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		tr := parsePlanted(t, rows[id])
		start := time.Unix(0, tr.roots[0].start)
		at := slices.IndexFunc(labels.Faults, func(f datasets.Fault) bool { return !start.Before(f.From) && start.Before(f.To) })
		if slices.ContainsFunc(recorded, func(f datasets.Fault) bool {
			return p.before > 0 && !start.Before(f.From) && start.Before(f.To.Add(lingers))
		}) {
			continue
		}
		if at < 0 {
			out = append(out, rows[id]...)
			continue
		}
		during[at] = append(during[at], tr)
	}
	for i := range labels.Faults {
		f := &labels.Faults[i]
		fl, ok := p.chooseFlaw(during[i], rng)
		if f.Visible = ok; !ok {
			for _, tr := range during[i] {
				out = append(out, tr.rows()...)
			}
			continue
		}
		for _, tr := range during[i] {
			tr.spoil(p, fl, rng)
			out = append(out, tr.rows()...)
		}
		f.Type = fl.kind
		f.RootCauses = []datasets.RootCause{{Service: fl.service}}
		f.Note = fmt.Sprintf("%s keeps %d calls, share %.1f", fl.operation, fl.keeps, fl.share)
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.WriteAll(out); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "08_43_trace.csv"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text.Reset()
	if err := json.NewEncoder(&text).Encode(labels); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, datasets.LabelsFile), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// chooseFlaw draws a kind, a service and an operation of it that enough traces hold; ok is false
// if none does.
func (p *planting) chooseFlaw(traces []*planted, rng *rand.Rand) (f flaw, ok bool) {
	type place struct{ service, operation string }
	held, goesOn, calls := map[place]int{}, map[place]int{}, map[place]int{}
	for _, tr := range traces {
		here := map[place]bool{}
		tr.each(func(s *plantedSpan) {
			if !s.entersService() || s.service == p.gateway {
				return
			}
			at := place{s.service, s.operation}
			here[at] = true
			if body := p.body(s); body != nil {
				calls[at] = max(calls[at], len(body.kids))
			}
			if by := s.parent.parent; by != nil && by.service != p.gateway && by.kids[len(by.kids)-1] != s.parent {
				goesOn[at]++
			}
		})
		for at := range here {
			held[at]++
		}
	}
	kind := []string{throws, caught, returns, gaveUp, misleads}[rng.IntN(5)]
	var places []place
	var services []string
	for at, n := range held {
		stops := kind == gaveUp || kind == misleads
		if n >= leastCalls && (!stops || goesOn[at] >= leastCalls) && (kind != returns || calls[at] > 0) {
			places = append(places, at)
			services = append(services, at.service)
		}
	}
	slices.Sort(services)
	services = slices.Compact(services)
	if len(services) == 0 {
		return flaw{}, false
	}
	service := services[rng.IntN(len(services))]
	places = slices.DeleteFunc(places, func(at place) bool { return at.service != service })
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.operation, b.operation) })
	at := places[rng.IntN(len(places))]
	return flaw{kind, at.service, at.operation, []int{0, calls[at] / 2}[rng.IntN(2)], []float64{1, 1, 0.4}[rng.IntN(3)]}, true
}
