package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	"culprit/datasets/generate"
	"culprit/datasets/score"
	"culprit/internal/app"
	"culprit/internal/engine"
	"culprit/internal/tracetest"
)

// styled are the faults that are recorded in every style, each in a small system of its own.
var styled = []struct {
	class string
	seed  uint64
}{
	{"network-delay", 902}, {"db-slow", 903}, {"errors", 904}, {"stopped", 905}, {"lost-call", 910}, {"slow-instance", 907},
}

// The same faults are found and named in whatever style they were recorded, as far as the style
// tells of them: the table is in docs/detection.md. What a style costs is a line of it.
//
//	go test ./internal/app -run TestStyles -update
func TestStyles(t *testing.T) {
	if testing.Short() {
		t.Skip("scores a hundred recordings")
	}
	all := styles()
	recs := make([][]app.Labelled, len(all))
	for _, f := range styled {
		traces, labels := smallFault(t, f.class, f.seed)
		for i, st := range all {
			recs[i] = append(recs[i], app.Labelled{Name: f.class, Labels: st.labels(labels, traces), Read: st.in(traces)})
		}
	}
	o := app.ScoreOptions{Methods: []string{app.Ours}, Engine: engine.DefaultConfig(), Detect: true, Changes: []score.Change{{}}}
	var out strings.Builder
	fmt.Fprintf(&out, "%-26s %-10s %-10s %-10s %-7s %-7s %s\n", "STYLE", "service", "operation", "instance", "found", "named", "false")
	for i, st := range all {
		reports, err := app.Score(t.Context(), recs[i], o)
		if err != nil {
			t.Fatalf("%s: %v", st.name, err)
		}
		r := reports[0]
		level := func(name string) string {
			at := slices.IndexFunc(r.Methods[0].Levels, func(l score.LevelAccuracy) bool { return l.Level == name })
			if at < 0 {
				return "-"
			}
			return fmt.Sprintf("%d of %d", r.Methods[0].Levels[at].AC1.Hits, r.Methods[0].Levels[at].Faults)
		}
		d := r.Detection
		fmt.Fprintf(&out, "%-26s %-10s %-10s %-10s %-7s %-7s %d\n", st.name, level("service"), level("operation"), level("instance"),
			fmt.Sprintf("%d of %d", d.Recall.Hits, d.Recall.Of), fmt.Sprintf("%d of %d", d.Named.Hits, d.Named.Of), len(d.False))
		for _, f := range r.Methods[0].Faults {
			for _, name := range []string{"service", "operation", "instance"} {
				if rank, known := f.Ranks[name]; known && rank != 1 {
					fmt.Fprintf(&out, "    %s: %s at rank %d, first is %s (%s)\n", f.Recording, name, rank, strings.TrimSpace(f.First.Service+" "+f.First.Operation), f.First.Kind)
				}
			}
		}
	}
	tracetest.Golden(t, "styles.golden", []byte(out.String()))
}

// smallFault generates five healthy minutes and two with a fault, at three requests a second.
func smallFault(t *testing.T, class string, seed uint64) ([]*styledTrace, datasets.Labels) {
	t.Helper()
	sc, err := generate.Named("fault/"+class, seed)
	if err != nil {
		t.Fatal(err)
	}
	sc.Services, sc.Rate, sc.Length = 10, 3, 7*time.Minute
	sc.Faults = []generate.Plan{{Class: class, From: 5 * time.Minute, To: 7 * time.Minute}}
	var labels datasets.Labels
	traces, err := readStyled(func(take func(ptrace.Traces) error) (err error) {
		labels, err = generate.Generate(sc, take)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return traces, labels
}
