package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"culprit/model"
)

// large is an incident with as many suspects as a ranking may have, each with n
// pieces of evidence, and names of the given length.
func large(evidence, name int) model.Incident {
	in := revision("large", 1)
	in.Suspects = nil
	word := strings.Repeat("ä", name/2)
	for i := range 50 {
		s := model.Suspect{
			Rank: i + 1, Service: fmt.Sprintf("service-%d", i), Operation: word, Instance: fmt.Sprintf("service-%d-7c9d8f-x2v5k", i),
			Kind: model.KindOwnTime, Score: 31.2, Confidence: 0.93,
			Reason:    "Charge takes 812 ms of its own where 95 ms is normal (random-effects z 31.2 over 40 healthy windows), in 88 % of its traces.",
			Exemplars: []string{strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("c", 32)},
		}
		for j := range evidence {
			s.Evidence = append(s.Evidence, model.Evidence{
				Family: "own_time", Service: s.Service, Operation: word, Instance: s.Instance,
				Before: 95.1234, Now: 812.345, Unit: "ms", Z: 31.2, Effect: 2.14, Impact: 717.2, Samples: 312, Baseline: 40 + j,
				Sentence: "Charge: own time 95 ms -> 812 ms in 312 traces; 40 healthy windows never were above 180 ms.",
			})
		}
		in.Suspects = append(in.Suspects, s)
		in.Affected = append(in.Affected, s.Service)
	}
	return in
}

func size(t *testing.T, in model.Incident) int {
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return len(data)
}

// How large does an incident get? This is the answer that headerRoom and the cuts
// rest on; go test -v prints it.
func TestUsualIncidentsFitUncut(t *testing.T) {
	for _, c := range []struct {
		what string
		in   model.Incident
	}{
		{"1 suspect", revision("a", 1)},
		{"50 suspects with 6 pieces of evidence each, names of 40 bytes", large(6, 40)},
		{"50 suspects with 20 pieces of evidence each, names of 200 bytes", large(20, 200)},
	} {
		n := size(t, c.in)
		t.Logf("%s: %d bytes", c.what, n)
		data, err := fit(c.in, maxMessage-headerRoom)
		if err != nil || len(data) != n {
			t.Errorf("%s: %d bytes became %d: %v", c.what, n, len(data), err)
		}
	}
}

func TestTooLargeIncidentIsCutAndSaysSo(t *testing.T) {
	in := large(20, 20_000) // 20 MB
	before := size(t, in)
	data, err := fit(in, maxMessage-headerRoom)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > maxMessage-headerRoom {
		t.Errorf("%d bytes", len(data))
	}
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Suspects) == 0 || got.Suspects[0].Service != "service-0" || got.Title != in.Title {
		t.Errorf("the verdict is gone: %+v", got)
	}
	if len(got.Warnings) != 1 || got.Warnings[0].Kind != "incident-cut" ||
		!strings.Contains(got.Warnings[0].Message, fmt.Sprintf("had %d bytes, more than a NATS message of 1040384", before)) {
		t.Errorf("warnings %+v", got.Warnings)
	}
	if size(t, in) != before {
		t.Error("the caller's incident was changed")
	}
	again, _ := fit(in, maxMessage-headerRoom)
	if diff := cmp.Diff(string(data), string(again)); diff != "" {
		t.Error("the same incident was cut in two ways")
	}
}

func TestIncidentThatCannotBeCutIsRefused(t *testing.T) {
	b := open(t, local(t))
	in := revision("a", 1)
	in.Cause = strings.Repeat("x", 2<<20) // the fingerprint is never cut
	err := b.Append(t.Context(), in)
	var large *TooLargeError
	if !errors.As(err, &large) || large.Max != maxMessage-headerRoom || !strings.Contains(err.Error(), "raise max_payload") {
		t.Errorf("error %v", err)
	}
	// The largest that is let through is one that the server takes.
	in.Cause = strings.Repeat("x", maxMessage-headerRoom-size(t, revision("a", 1)))
	if n := size(t, in); n != maxMessage-headerRoom {
		t.Fatalf("%d bytes", n)
	}
	appendAll(t, b, in)
}
