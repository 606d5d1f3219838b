package incident

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"culprit/model"
)

// drawVerdicts draws a history with gaps, blind windows, related causes and flicker.
func drawVerdicts(t *rapid.T) []Verdict {
	causes := []string{"a", "b", "c", "d"}
	var out []Verdict
	n := 0
	for range rapid.IntRange(1, 40).Draw(t, "windows") {
		n += rapid.SampledFrom([]int{1, 1, 1, 1, 1, 2, 5, 11, 40}).Draw(t, "step")
		if rapid.IntRange(0, 5).Draw(t, "blind") == 0 {
			out = append(out, blind(n))
			continue
		}
		var fs []Finding
		for _, c := range rapid.SliceOfDistinct(rapid.SampledFrom(causes), rapid.ID).Draw(t, "causes") {
			f := loud(c,
				related(rapid.SliceOfN(rapid.SampledFrom(causes), 0, 2).Draw(t, "related")...),
				affecting(rapid.SampledFrom(causes).Draw(t, "affected")),
				severity(rapid.SampledFrom([]string{model.SeverityCritical, model.SeverityMinor}).Draw(t, "severity")),
				onset(t0.Add(time.Duration(n-rapid.IntRange(-1, 3).Draw(t, "onset"))*window)))
			f.Alarm = rapid.Bool().Draw(t, "alarm")
			f.Active = rapid.IntRange(0, 3).Draw(t, "active") > 0
			fs = append(fs, f)
		}
		out = append(out, verdict(n, fs...))
	}
	return out
}

func drawPolicy(t *rapid.T) Policy {
	p := DefaultPolicy()
	p.Confirm = rapid.IntRange(1, 2).Draw(t, "confirm")
	p.NewNormal = rapid.SampledFrom([]time.Duration{5 * time.Minute, time.Hour}).Draw(t, "normal")
	return p
}

// Revisions are consecutive, states follow from events, nothing goes back in time, no
// two open incidents have one cause, and what was opened is over or still open.
func TestHistoriesAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := NewTracker(drawPolicy(t))
		told := map[string]model.Incident{}
		for _, v := range drawVerdicts(t) {
			for _, in := range tr.Update(v) {
				last := told[in.ID]
				if in.Revision != last.Revision+1 {
					t.Fatalf("revision %d of %s follows %d", in.Revision, in.ID, last.Revision)
				}
				want := map[string]string{"": "opened", "open": "updated resolved expired", "resolved": "reopened", "expired": "reopened"}[last.State]
				if !contains(want, in.Event) {
					t.Fatalf("%s while the state is %q", in.Event, last.State)
				}
				if in.UpdatedAt.After(v.To) || in.UpdatedAt.Before(last.UpdatedAt) || in.StartedAt.After(in.OpenedAt) {
					t.Fatalf("wrong times: %+v", in)
				}
				if (in.State == model.StateResolved) != (in.ResolvedAt != nil) || in.Because == "" {
					t.Fatalf("wrong end or no reason: %+v", in)
				}
				told[in.ID] = in
			}
			causes := map[string]bool{}
			for _, in := range tr.Open() {
				if causes[in.Cause] {
					t.Fatalf("two open incidents of cause %s", in.Cause)
				}
				causes[in.Cause] = true
				if diff := cmp.Diff(told[in.ID], in); diff != "" {
					t.Fatalf("open is not what was told: %s", diff)
				}
			}
			n := 0
			for _, in := range told {
				if in.State == model.StateOpen {
					n++
				}
			}
			if n != len(tr.Open()) {
				t.Fatalf("%d incidents were left open, %d are known", n, len(tr.Open()))
			}
		}
	})
}

func contains(words, w string) bool {
	for len(words) >= len(w) {
		if words[:len(w)] == w {
			return true
		}
		words = words[1:]
	}
	return false
}

// Stopping after any window's snapshot and any number of later revisions in the log,
// and going on from there, gives what an uninterrupted run gives.
func TestRestartChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, vs := drawPolicy(t), drawVerdicts(t)
		whole := NewTracker(p)
		var all []model.Incident
		kept := rapid.IntRange(0, len(vs)).Draw(t, "kept") // windows in the snapshot
		var snap []byte
		inSnap := 0
		for i, v := range vs {
			if i == kept {
				snap, inSnap = snapshot(t, whole), len(all)
			}
			all = append(all, whole.Update(v)...)
		}
		if kept == len(vs) {
			snap, inSnap = snapshot(t, whole), len(all)
		}
		logged := rapid.IntRange(inSnap, len(all)).Draw(t, "logged")

		again := NewTracker(p)
		if err := again.RestoreSnapshot(snap); err != nil {
			t.Fatal(err)
		}
		again.Restore(all[:logged])
		var got []model.Incident
		for _, v := range vs[kept:] {
			got = append(got, again.Update(v)...)
		}
		if a, b := asJSON(t, append([]model.Incident{}, all[logged:]...)), asJSON(t, append([]model.Incident{}, got...)); a != b {
			t.Fatalf("kept %d windows, %d of %d revisions in the log:\nwant %s\n got %s", kept, logged, len(all), a, b)
		}
		if a, b := snapshot(t, whole), snapshot(t, again); string(a) != string(b) {
			t.Fatalf("the states differ:\nwant %s\n got %s", a, b)
		}
	})
}

// With nothing but the log, or with windows that are judged differently the second
// time, the log stays sound: no revision twice, none left out, no cause open twice.
func TestTheLogWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, first, second := drawPolicy(t), drawVerdicts(t), drawVerdicts(t)
		tr := NewTracker(p)
		log := map[string]model.Incident{}
		add := func(ins []model.Incident) {
			for _, in := range ins {
				if in.Revision != log[in.ID].Revision+1 {
					t.Fatalf("revision %d of %s follows %d", in.Revision, in.ID, log[in.ID].Revision)
				}
				log[in.ID] = in
			}
		}
		kept := rapid.IntRange(0, len(first)).Draw(t, "kept")
		snap := snapshot(t, tr)
		for i, v := range first {
			add(tr.Update(v))
			if i < kept {
				snap = snapshot(t, tr)
			}
		}
		var revisions []model.Incident
		for _, in := range log {
			revisions = append(revisions, in)
		}
		tr = NewTracker(p)
		if rapid.Bool().Draw(t, "snapshot survives") {
			if err := tr.RestoreSnapshot(snap); err != nil {
				t.Fatal(err)
			}
		}
		tr.Restore(revisions)
		for _, v := range second {
			ins := tr.Update(v)
			if v.To.Before(tr.LoggedTo()) && len(ins) > 0 {
				t.Fatalf("a window that the log holds emitted again: %+v", ins)
			}
			add(ins)
		}
		add(tr.Update(verdict(5000))) // long after whatever was told
		open := 0
		for _, in := range log {
			if in.State == model.StateOpen {
				open++
			}
		}
		if open > 0 {
			t.Fatalf("%d incidents were never closed: %+v", open, log)
		}
	})
}

// Equal input gives equal bytes.
func TestEqualInputEqualOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, vs := drawPolicy(t), drawVerdicts(t)
		a, b := NewTracker(p), NewTracker(p)
		for _, v := range vs {
			if x, y := asJSON(t, a.Update(v)), asJSON(t, b.Update(v)); x != y {
				t.Fatalf("%s\n%s", x, y)
			}
		}
	})
}

func snapshot(t *rapid.T, tr *Tracker) []byte {
	b, err := tr.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func asJSON(t *rapid.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
