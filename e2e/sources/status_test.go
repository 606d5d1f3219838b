package sources

import (
	"encoding/json"
	"testing"

	"culprit/e2e/rig"
	"culprit/e2e/sources/story"
)

// state is /api/v1/status.
type state struct {
	text string

	Services     int   `json:"services"`
	SpansSeen    int64 `json:"spans_seen"`
	SpansDropped int64 `json:"spans_dropped"`
	SpansLate    int64 `json:"spans_late"`
	Sources      []struct {
		Name          string `json:"name"`
		Healthy       bool   `json:"healthy"`
		Error         string `json:"error"`
		SpansReceived int64  `json:"spans_received"`
		SpansUsed     int64  `json:"spans_used"`
		Truncated     int64  `json:"truncated"`
	} `json:"sources"`
}

func status(t *testing.T, c *rig.Culprit) state {
	t.Helper()
	var raw json.RawMessage
	if err := c.Get(t.Context(), "/api/v1/status", &raw); err != nil {
		t.Fatal(err)
	}
	s := state{text: string(raw)}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// fewest is how many spans a row has brought at least by the time of the verdict.
var fewest = int64(story.Usual().Rate * story.Usual().Quiet.Seconds() * 5)

// check says what of a status a row does not promise.
func (s state) check(t *testing.T, r row) {
	t.Helper()
	bad := len(s.Sources) != r.count || s.SpansDropped > 0 || s.SpansLate > s.SpansSeen/100
	for _, src := range s.Sources {
		bad = bad || !src.Healthy || src.Error != "" || src.Truncated > 0 || src.SpansUsed < fewest
	}
	if bad {
		t.Errorf("status after the verdict: %s", s.text)
	}
}
