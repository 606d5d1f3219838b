package app

import (
	"testing"
	"time"

	"culprit/detector/compare"
	"culprit/internal/engine"
	"culprit/model"
)

// What the live engine still holds of HotROD's slow database answers the questions that a
// recording answers.
func TestLiveComparisons(t *testing.T) {
	rec, labels := openPack(t, "hotrod-mysql-delay")
	cfg := engine.DefaultConfig()
	cfg.Shards = 1
	r := replay{ctx: t.Context(), pipe: newPipeline(cfg), held: newHeld(1_000_000), emit: func(model.Incident) error { return nil }}
	if err := rec.Read(t.Context(), r.take); err != nil {
		t.Fatal(err)
	}
	fault, quiet := labels.Faults[0], labels.Baseline[0]
	now := engine.Stretch{From: fault.From.Add(30 * time.Second), To: fault.To.Add(-30 * time.Second)}
	c, err := r.pipe.engine.View().Compare(engine.Stretch{From: quiet.From, To: quiet.To.Add(-30 * time.Second)}, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Changes) == 0 || c.Changes[0].Service != "mysql" || c.Changes[0].EffectMS < 600 {
		t.Errorf("told%s", told(c))
	}
	profile, sampled, from, to, err := r.pipe.engine.View().Paths(now)
	if err != nil {
		t.Fatal(err)
	}
	out := model.CriticalPaths{From: from, To: to}
	o := PathOptions{Operation: "frontend /dispatch", Changes: []PathChange{{Site: "mysql SQL SELECT", Faster: 0.5}}}
	if err := fillPaths(&out, r.pipe.engine.View().Symbols(), profile, sampled, o); err != nil {
		t.Fatal(err)
	}
	if len(out.Entries) != 1 || out.Entries[0].Operations[0].Service != "mysql" || out.Entries[0].Predictions[0].P50.GainMS < 350 {
		t.Errorf("%+v", out.Entries)
	}
	k, err := r.pipe.engine.View().Correlate("mysql", "SQL SELECT", engine.Stretch{}, compare.Choice{SlowerThan: 500 * time.Millisecond})
	if err != nil || k.Selected < 50 || k.Rest < 50 {
		t.Errorf("%+v, %v", k, err)
	}
	if _, err := r.pipe.engine.View().Compare(engine.Stretch{To: time.Unix(0, 0)}, now); err == nil {
		t.Error("what is not in memory was compared")
	}
}
