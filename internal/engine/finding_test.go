package engine

import (
	"testing"

	"culprit/detector"
	"culprit/internal/incident"
	"culprit/model"
)

func TestSymptom(t *testing.T) {
	open := []model.Incident{{
		Cause:    "route/silence",
		Suspects: []model.Suspect{{Service: "route", Kind: model.KindSilence}},
		Affected: []string{"frontend", "route"},
	}}
	tests := []struct {
		name    string
		service string
		kind    string
		open    []model.Incident
		want    bool
	}{
		{"a caller that fails while its callee is known to be down is a symptom", "frontend", model.KindError, open, true},
		{"so is one that does other things", "frontend", model.KindStructure, open, true},
		{"a caller that is slow by itself is not", "frontend", model.KindOwnTime, open, false},
		{"nor one that does not wait for the cause", "billing", model.KindError, open, false},
		{"the cause itself is no symptom", "route", model.KindError, open, false},
		{"without an open incident nothing is explained", "frontend", model.KindError, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := incident.Finding{Cause: tt.service + "/" + tt.kind, Suspects: []model.Suspect{{Service: tt.service, Kind: tt.kind}}}
			if got := symptom(f, tt.open); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Sampling is told as the mean probability with which a trace was kept.
func TestQualityTellsSampling(t *testing.T) {
	for stood, want := range map[int64]model.Number{10_000: 1, 40_000: 0.25} {
		if got := quality(&detector.Summary{Traces: 10, Stood: stood}, 3).Sampled; got != want {
			t.Errorf("10 traces that stand for %d thousandths: sampled %v, want %v", stood, got, want)
		}
	}
}
