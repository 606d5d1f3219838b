package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"culprit/model"
)

// openedFor lists the services that incidents were opened for.
func openedFor(t *testing.T, out []byte) []string {
	t.Helper()
	var services []string
	for line := range bytes.Lines(out) {
		var in model.Incident
		if err := json.Unmarshal(line, &in); err != nil {
			t.Fatal(err)
		}
		if in.Event == model.EventOpened {
			services = append(services, in.Service())
		}
	}
	slices.Sort(services)
	return services
}

func TestTwoFaultsAreTwoIncidents(t *testing.T) {
	tr := newTraffic(3)
	frags := stretch(tr, 30, 20)
	const window = 30e9
	for _, f := range frags {
		if w := (f.Spans[0].Start - frags[0].Spans[0].Start) / window; w >= 20 && w < 25 {
			slow(f, tr.svc[9])
		}
	}
	out := play(t, Config{Shards: 1}, tr, frags, nil)
	if got := openedFor(t, out); !slices.Equal(got, []string{"service-5", "service-9"}) {
		t.Errorf("incidents of %v in\n%s", got, out)
	}
}

func TestOneFaultIsOneIncident(t *testing.T) {
	tr := newTraffic(3)
	out := play(t, Config{Shards: 1}, tr, stretch(tr, 30, 20), nil)
	if got := openedFor(t, out); !slices.Equal(got, []string{"service-5"}) {
		t.Errorf("incidents of %v in\n%s", got, out)
	}
}
