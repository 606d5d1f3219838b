package sequence_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"culprit/internal/render/sequence"
	"culprit/internal/tracetest"
	"culprit/model"
)

// boot is a workflow with one of everything: calls and messages, work inside a service, a
// callee without spans, loops, groups, a gap, a stage of unknown origin, one that is new,
// one that is missing.
func boot() *model.Workflow {
	none := model.Number(math.NaN())
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := &model.Workflow{
		Service: "nova-api", Operation: "POST /servers", From: at, To: at.Add(time.Minute), Runs: 12, Errors: 2, P50MS: 12_345, P95MS: 61_000,
		Usual:    &model.WorkflowUsual{From: at.Add(-time.Hour), To: at.Add(-time.Minute), Runs: 40, P50MS: 9000, P95MS: 11_000},
		Warnings: []model.Warning{{Kind: "clock-skew", Count: 3, Message: "runs have clocks that differ: stages are placed where they fit"}},
		Variants: []model.WorkflowVariant{
			{Runs: 10, Share: 10. / 12, P50MS: 12_000, P95MS: 13_000, Exemplar: "0a", Differs: []string{}},
			{Runs: 2, Share: 2. / 12, Errors: 2, P50MS: 60_000, P95MS: 61_000, Exemplar: "0b", Differs: []string{"without neutron-l2-agent plug", "mysql INSERT several times"}},
		},
	}
	step := func(parent int, service, operation, hop string, change func(*model.WorkflowStep)) int {
		s := model.WorkflowStep{
			ID: len(w.Steps), Parent: parent, Service: service, Operation: operation, Hop: hop, Runs: 12, Frequency: 1,
			CallsMin: 1, CallsMax: 1, CallsMean: 1, P50MS: 120, P95MS: 300, SelfMS: 80, TimeShare: .004,
			Gaps: []model.WorkflowGap{}, Deviations: []int{},
		}
		if parent >= 0 {
			s.Caller = w.Steps[parent].Service
		}
		if change != nil {
			change(&s)
		}
		w.Steps = append(w.Steps, s)
		return s.ID
	}
	group := func(n int, how string) func(*model.WorkflowStep) {
		return func(s *model.WorkflowStep) { s.Group, s.GroupHow = n, how }
	}
	api := step(-1, "nova-api", "POST /servers", model.HopEntry, func(s *model.WorkflowStep) { s.P50MS, s.TimeShare = 12_345, .1 })
	step(api, "keystone", "GET /v3/auth/tokens", model.HopCall, func(s *model.WorkflowStep) {
		s.CallsMin, s.CallsMax, s.CallsMean, s.Via = 2, 41, 7.5, "GET"
		s.Deviations = []int{1}
	})
	step(1, "memcached", "get", model.HopOpaque, nil)
	step(api, "mysql", "INSERT", model.HopOpaque, group(1, model.GroupParallel))
	step(api, "mysql", "SELECT", model.HopOpaque, group(1, model.GroupParallel))
	compute := step(api, "nova-compute", "build_and_run_instance", model.HopMessage, func(s *model.WorkflowStep) {
		s.P50MS, s.TimeShare = 11_000, .5
		s.Gaps = []model.WorkflowGap{{Before: 8, MS: 2500, Share: .2}, {Before: -1, MS: 900, Share: .08}}
	})
	step(compute, "nova-compute", "claim", model.HopLocal, nil)
	step(compute, "glance-api", "GET /v2/images/{}", model.HopCall, func(s *model.WorkflowStep) { s.Frequency = .42; s.Concurrent = true; s.CallsMin, s.CallsMax = 2, 2 })
	neutron := step(compute, "neutron-server", "POST /v2.0/ports", model.HopCall, func(s *model.WorkflowStep) { s.TimeShare = .2; s.Errors = 2 })
	step(neutron, "neutron-l2-agent", "plug", model.HopMessage, func(s *model.WorkflowStep) {
		s.Missing, s.Runs, s.Frequency, s.P50MS, s.P95MS, s.SelfMS, s.TimeShare = true, 0, none, none, none, 0, 0
		s.CallsMin, s.CallsMax, s.CallsMean = 0, 0, 0
		s.Deviations = []int{0}
	})
	step(compute, "libvirt", "define", model.HopOpaque, func(s *model.WorkflowStep) {
		group(2, model.GroupAlternative)(s)
		s.Frequency = .6
	})
	step(compute, "libvirt", "rebuild", model.HopOpaque, func(s *model.WorkflowStep) {
		group(2, model.GroupAlternative)(s)
		s.Frequency = .4
	})
	step(api, "metadata-proxy", "GET /latest", model.HopLoose, func(s *model.WorkflowStep) { s.Frequency = .5; s.Deviations = []int{2} })
	seen := map[string]bool{}
	for _, s := range w.Steps {
		if !seen[s.Service] {
			seen[s.Service] = true
			w.Participants = append(w.Participants, model.WorkflowParticipant{Service: s.Service, Opaque: s.Hop == model.HopOpaque})
		}
	}
	w.Deviations = []model.WorkflowDeviation{
		{Kind: model.DeviationNoAnswer, Step: 9, Service: "neutron-l2-agent", Operation: "plug", Before: 1, Unit: "share", Certainty: 6,
			Sentence: "neutron-l2-agent plug did not answer in all 12 runs: it was asked, and nothing came back for 60.1 s"},
		{Kind: model.DeviationRepeated, Step: 1, Service: "keystone", Operation: "GET /v3/auth/tokens", Before: 2, Now: 7.5, Unit: "per run", Certainty: 4,
			Sentence: "keystone GET /v3/auth/tokens comes 7.5 times a run; usually 2 times"},
		{Kind: model.DeviationExtra, Step: 12, Service: "metadata-proxy", Operation: "GET /latest", Now: .5, Unit: "share", Certainty: 3, Follows: true,
			Sentence: "metadata-proxy GET /latest is new: it is there in 6 of 12 runs, and was in none of 40 usual ones"},
	}
	return w
}

func written(t testing.TB, f sequence.Format, w *model.Workflow) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, w); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return b.String()
}

// What is written of one of everything, in each notation: testdata/boot.*
func TestGolden(t *testing.T) {
	for _, f := range sequence.Formats() {
		tracetest.Golden(t, "boot"+f.Extensions[0], []byte(written(t, f, boot())))
	}
}

// The text fits a terminal of 100 columns, whatever the names.
func TestTextFits(t *testing.T) {
	w := boot()
	for i := range w.Steps {
		w.Steps[i].Operation = strings.Repeat("ä very long name ", 20)
		w.Steps[i].CallsMin, w.Steps[i].CallsMax = 12_345, 67_890
	}
	f, _ := sequence.Named("text")
	for _, line := range strings.Split(written(t, f, w), "\n") {
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// A workflow of 2,000 steps in 100 services is drawn with what deviates and within bounds;
// JSON has it all.
func TestLargeWorkflow(t *testing.T) {
	w := boot()
	last := len(w.Steps)
	for i := range 2000 {
		w.Steps = append(w.Steps, model.WorkflowStep{ID: len(w.Steps), Parent: 0, Service: "s" + string(rune('a'+i%100)), Operation: "x", Hop: model.HopCall, Runs: 1, Frequency: 1, CallsMin: 1, CallsMax: 1})
		w.Participants = append(w.Participants, model.WorkflowParticipant{Service: "s" + string(rune('a'+i%100))})
	}
	w.Participants = w.Participants[:108]
	w.Deviations[0].Step = len(w.Steps) - 1
	w.Steps[len(w.Steps)-1].Deviations = []int{0}
	for _, f := range sequence.Formats() {
		text := written(t, f, w)
		switch f.Name {
		case "json":
			var back model.Workflow
			if err := json.Unmarshal([]byte(text), &back); err != nil || len(back.Steps) != last+2000 {
				t.Errorf("json has %d steps, %v", len(back.Steps), err)
			}
		case "text", "dot":
		default:
			if !strings.Contains(text, "2013 steps are left out here") && !strings.Contains(text, "of 2013 steps") {
				t.Errorf("%s does not say that steps are left out", f.Name)
			}
			if !strings.Contains(text, "did not answer") {
				t.Errorf("%s leaves out what deviates", f.Name)
			}
		}
	}
}

// Nothing at all is something too.
func TestEmptyWorkflow(t *testing.T) {
	for _, f := range sequence.Formats() {
		if text := written(t, f, &model.Workflow{}); text == "" {
			t.Errorf("%s writes nothing", f.Name)
		}
	}
}

func TestFormatsByName(t *testing.T) {
	for file, want := range map[string]string{"a.html": "html", "b.SVG": "svg", "c.mmd": "mermaid", "d.puml": "plantuml", "e.dot": "dot", "f.json": "json", "g.txt": "text"} {
		if f, ok := sequence.OfFile(file); !ok || f.Name != want {
			t.Errorf("%s is %q, want %q", file, f.Name, want)
		}
	}
	if _, ok := sequence.OfFile("diagram"); ok {
		t.Error("a name without extension has a format")
	}
	if _, ok := sequence.Named("papyrus"); ok {
		t.Error("papyrus is a format")
	}
}
