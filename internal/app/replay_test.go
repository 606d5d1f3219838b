package app

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// tape is a recording in memory.
type tape []source.Batch

func (t tape) Read(_ context.Context, take func(source.Batch) error) error {
	for _, b := range t {
		if err := take(b); err != nil {
			return err
		}
	}
	return nil
}

// unmarked is the tape without its watermarks, in reverse order.
func (t tape) unmarked() tape {
	out := slices.Clone(t)
	slices.Reverse(out)
	for i := range out {
		out[i].Watermark = time.Time{}
	}
	return out
}

func engineConfig(shards int) engine.Config {
	c := DefaultConfig().Engine
	c.Shards = shards
	return c
}

func replayed(t *testing.T, rec Recording, o ReplayOptions) ([]model.Incident, []byte) {
	t.Helper()
	var all []model.Incident
	var out bytes.Buffer
	_, err := Replay(t.Context(), rec, o, func(in model.Incident) error {
		all = append(all, in)
		return json.NewEncoder(&out).Encode(in)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, out.Bytes()
}

func TestReplayTellsTheOutage(t *testing.T) {
	all, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(2)})
	if len(all) < 2 || all[0].Event != model.EventOpened || all[len(all)-1].Event != model.EventResolved {
		t.Fatalf("got %q", story(all))
	}
	if got := all[0].Service(); got != "mysql" {
		t.Errorf("the first suspect is %q: %s", got, all[0].Title)
	}
	if want := noon.Add(13 * step); !all[0].OpenedAt.Equal(want) {
		t.Errorf("opened at %v, want %v", all[0].OpenedAt, want)
	}
}

// Shards, watermarks and the order of files change no byte.
func TestReplayIsTheSameHoweverItIsRead(t *testing.T) {
	marked := tape(batches(time.Time{}))
	_, want := replayed(t, marked, ReplayOptions{Engine: engineConfig(1)})
	if len(want) == 0 {
		t.Fatal("nothing was told")
	}
	for _, c := range []struct {
		rule string
		rec  Recording
		o    ReplayOptions
	}{
		{"on eight shards", marked, ReplayOptions{Engine: engineConfig(8)}},
		{"without watermarks", marked.unmarked(), ReplayOptions{Engine: engineConfig(1)}},
		{"without watermarks on eight shards", marked.unmarked(), ReplayOptions{Engine: engineConfig(8)}},
		{"with a stretch that holds everything", marked, ReplayOptions{Engine: engineConfig(3), From: noon, To: noon.Add(outageWindows * step)}},
	} {
		if _, got := replayed(t, c.rec, c.o); !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, got, want)
		}
	}
}

func TestReplayOfAStretchLeavesOutTheRest(t *testing.T) {
	all, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1), To: noon.Add(12 * step)})
	if len(all) > 0 {
		t.Errorf("told of an outage that is not in the stretch: %q", story(all))
	}
}

func TestReplayAtSpeedTakesItsTime(t *testing.T) {
	for rule, rec := range map[string]tape{"with watermarks": tape(batches(time.Time{})), "without": tape(batches(time.Time{})).unmarked()} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			replayed(t, rec, ReplayOptions{Engine: engineConfig(1), Speed: 10})
			want := outageWindows * step / 10
			if got := time.Since(begin); got > want || got < want-step/10 {
				t.Errorf("%s: took %v, want about %v", rule, got, want)
			}
		})
	}
}

func TestReplayRefusesWhatDoesNotFit(t *testing.T) {
	cfg := engineConfig(1)
	cfg.MaxSpans = 1000
	_, err := Replay(t.Context(), tape(batches(time.Time{})).unmarked(), ReplayOptions{Engine: cfg}, func(model.Incident) error { return nil })
	if want := "the recording holds more than 1000 spans: raise --max-spans-in-memory (a span takes about 300 bytes), or give fewer files"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestRankFindsTheCause(t *testing.T) {
	rec := tape(batches(time.Time{}))
	now := engine.Stretch{From: noon.Add(12 * step), To: noon.Add(16 * step)}
	r, err := Rank(t.Context(), rec, engineConfig(2), Ours, now, nil)
	if err != nil || !r.Anomalous || len(r.Suspects) == 0 || r.Suspects[0].Service != "mysql" {
		t.Fatalf("%v %+v", err, r)
	}
	again, err := Rank(t.Context(), rec.unmarked(), engineConfig(1), Ours, now, []engine.Stretch{{From: noon, To: noon.Add(12 * step)}})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(r)
	b, _ := json.Marshal(again)
	if !bytes.Equal(a, b) {
		t.Errorf("the order of files or the number of shards changes the ranking:\n%s\n%s", a, b)
	}
}
