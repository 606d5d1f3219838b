package engine

import (
	"testing"

	"culprit/model"
)

func TestCrowded(t *testing.T) {
	crowd := []model.Incident{{Suspects: []model.Suspect{{Kind: model.KindLoad}}}}
	other := []model.Incident{{Suspects: []model.Suspect{{Service: "pay", Kind: model.KindOwnTime}}}}
	for _, tt := range []struct {
		name string
		from int64
		open []model.Incident
		want bool
	}{
		{"a look that begins while too many requests come shows what they do", 90, crowd, true},
		{"one that begins when they are gone shows something else", 100, crowd, false},
		{"once the crowd is told to be over nothing is explained by it", 90, other, false},
		{"nor if nobody was told of one", 90, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &Engine{loaded: 100}
			if got := e.crowded(tt.from, tt.open); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
