package app

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"testing"
	"testing/fstest"
	"time"

	"culprit/datasets"
	"culprit/model"
)

// outagePack is the outage as a recording with labels.
func outagePack(t *testing.T) datasets.Pack {
	t.Helper()
	var file bytes.Buffer
	w, err := datasets.NewArrivalsWriter(&file, datasets.ArrivalsHead{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches(time.Time{}) {
		if err := w.Batch(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Watermark(b.Watermark); err != nil {
			t.Fatal(err)
		}
	}
	labels, err := json.Marshal(datasets.Labels{System: "shop", Faults: []datasets.Fault{
		{ID: "f01", Stretch: datasets.Stretch{From: noon.Add(12 * step), To: noon.Add(16 * step)}, RootCauses: []datasets.RootCause{{Service: "mysql"}}, Visible: true},
		{ID: "f02", Stretch: datasets.Stretch{From: noon.Add(90 * step), To: noon.Add(91 * step)}, RootCauses: []datasets.RootCause{{Service: "mysql"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return datasets.Pack{Dir: "shop", FS: fstest.MapFS{
		"shop/" + datasets.ArrivalsFile: {Data: file.Bytes()},
		"shop/" + datasets.LabelsFile:   {Data: labels},
	}}
}

func TestDemoSaysWhetherTheCulpritWasNamed(t *testing.T) {
	pack := outagePack(t)
	want, _ := replayed(t, pack, ReplayOptions{Engine: engineConfig(1)})
	ctx, cancel := context.WithCancel(t.Context())
	var told []model.Incident
	var got []Outcome
	ready := false
	err := Demo{
		Config: testConfig(t.TempDir()),
		Pack:   pack,
		Log:    slog.New(slog.NewTextHandler(t.Output(), nil)),
		Ready:  func(rest net.Addr, _ string) { ready = rest != nil },
		Told:   func(in model.Incident) { told = append(told, in) },
		Ended: func(o []Outcome) {
			got = o
			cancel()
		},
	}.Run(ctx)
	if err != nil || !ready {
		t.Fatalf("%v, ready %v", err, ready)
	}
	if a, b := asLines(t, want), asLines(t, told); a != b {
		t.Errorf("replay tells\n%s\nthe demo tells\n%s", a, b)
	}
	if len(got) != 2 || got[0].Incident == nil || got[0].Rank != 1 || got[1].Incident != nil || got[1].Rank != 0 {
		t.Errorf("got %+v", got)
	}
}
