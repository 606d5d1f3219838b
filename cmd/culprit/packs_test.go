package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"culprit/datasets"
	"culprit/model"
)

// In the recordings that the project made of one fault, it opens one incident within two
// windows, whose first suspect is what the label says; it is resolved after the fault;
// and where there is no fault there is no incident.
func TestPacks(t *testing.T) {
	packs := filepath.Join("..", "..", "datasets", "packs")
	dirs, err := os.ReadDir(packs)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		tried++
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			labels, err := datasets.ReadLabels(os.DirFS(packs), d.Name())
			if err != nil {
				t.Fatal(err)
			}
			if len(labels.Faults) > 1 {
				checkRanks(t, filepath.Join(packs, d.Name()))
				return
			}
			events := replayed(t, filepath.Join(packs, d.Name()))
			if len(labels.Faults) == 0 {
				for _, in := range events {
					t.Errorf("%s: %s", in.Event, in.Summary)
				}
				return
			}
			checkFault(t, labels.Faults[0], events)
		})
	}
	if tried < 6 {
		t.Errorf("%d recordings, want at least one in health and five with a fault", tried)
	}
}

// checkRanks asks of each fault of a recording what happened while it lasted: what the
// label says must be named first.
func checkRanks(t *testing.T, dir string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := []string{"score", dir, "--no-detect", "--faults", "--no-timings", "--at-least", "service:1", "--at-least", "operation:1"}
	if status := run(t.Context(), args, &stdout, &stderr); status != 0 {
		t.Errorf("culprit score: status %d: %s\n%s", status, stderr.Bytes(), stdout.Bytes())
	}
}

// checkTop compares the first suspect with a label.
func checkTop(t *testing.T, fault datasets.Fault, top model.Suspect) {
	t.Helper()
	right := slices.ContainsFunc(fault.RootCauses, func(c datasets.RootCause) bool {
		return c.Service == top.Service && (c.Operation == "" || c.Operation == top.Operation)
	})
	if !right {
		t.Errorf("%s: the first suspect is %s (%s): %s", fault.ID, where(top), top.Kind, top.Reason)
	}
	kinds := map[string]string{"lost_concurrency": model.KindConcurrency, "silence": model.KindSilence, "structure": model.KindStructure}
	if want, ok := kinds[fault.Type]; ok && top.Kind != want {
		t.Errorf("%s: %s is blamed as %s, want %s", fault.ID, where(top), top.Kind, want)
	}
}

func replayed(t *testing.T, dir string) []model.Incident {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"replay", "--json", dir}, &stdout, &stderr); status != 0 {
		t.Fatalf("culprit replay: status %d\n%s", status, stderr.Bytes())
	}
	var events []model.Incident
	for dec := json.NewDecoder(&stdout); dec.More(); {
		var in model.Incident
		if err := dec.Decode(&in); err != nil {
			t.Fatal(err)
		}
		events = append(events, in)
	}
	return events
}

func checkFault(t *testing.T, fault datasets.Fault, events []model.Incident) {
	t.Helper()
	if len(events) == 0 {
		t.Fatal("no incident")
	}
	first, last := events[0], events[len(events)-1]
	for _, in := range events {
		if in.ID != first.ID {
			t.Errorf("a second incident was %s: %s", in.Event, in.Summary)
		}
	}
	// The window in which the fault begins shows only a part of it.
	const window = 30 * time.Second
	if latest := fault.From.Truncate(window).Add(3 * window); first.OpenedAt.After(latest) || first.OpenedAt.Before(fault.From) {
		t.Errorf("opened at %s, want two windows after %s at most", first.OpenedAt, fault.From)
	}
	checkTop(t, fault, first.Suspects[0])
	if last.Event != model.EventResolved {
		t.Errorf("the last event is %s, want resolved", last.Event)
	}
}
