package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"culprit/detector"
	"culprit/internal/incident"
	"culprit/internal/stats"
	"culprit/model"
)

// handed is an engine that is given windows by hand.
type handed struct {
	*Engine
	next int64
}

// window is the next one, of some requests; found are the services that something is found at.
func (h *handed) window(s *shop, found ...string) {
	sum := detector.NewSummary(h.next, h.next+win, 10)
	shard := newShard(h.cfg, s.table)
	for i := range 10 {
		sum.Merge(summaryOf(shard, s.request(h.next+int64(i)*win/10, 1, 1), h.next))
	}
	w := detector.NewWindow(sum, h.baseline)
	h.next += win
	h.remember(w)
	var findings []incident.Finding
	for _, v := range found {
		findings = append(findings, incident.Finding{Suspects: []model.Suspect{{Service: v}}})
	}
	h.learn(w, findings)
}

// summaryOf is the summary of a trace.
func summaryOf(s *Shard, f *model.Fragment, from int64) *detector.Summary {
	sum := detector.NewSummary(from, from+win, 10)
	s.observer.Observe(sum, s.assembler.Assemble(f))
	return sum
}

// While there are few healthy windows, one in which something was found is learned when that
// has not come back in two others; never if it is suspected by then.
func TestWhatMayComeBackIsNotLearnedYet(t *testing.T) {
	s := newShop()
	h := &handed{Engine: New(Config{}, s.table)}
	want := func(learned, waiting int, when string) {
		t.Helper()
		if got := h.baseline.Windows(); got != learned || len(h.held) != waiting {
			t.Errorf("%s: %d windows learned and %d waiting, want %d and %d", when, got, len(h.held), learned, waiting)
		}
	}
	for range 3 {
		h.window(s)
	}
	want(3, 0, "nothing was found")
	h.window(s, "db")
	want(3, 1, "something was found")
	h.window(s, "cart", "db")
	want(3, 2, "it came back")
	h.window(s)
	want(4, 2, "it did not come back once")
	h.window(s)
	want(7, 0, "it did not come back twice")
	for range mostHeld + 2 {
		h.window(s, "db")
	}
	want(9, mostHeld, "it came back for minutes, and is not suspected")
	h.drop()
	h.window(s)
	want(10, 0, "it is suspected")
	for h.baseline.Windows() < stats.OwnWindows {
		h.window(s)
	}
	h.window(s, "db")
	want(stats.OwnWindows+1, 0, "there are many windows")
}

// A gap ends the waiting: whether anything came back in it nobody can tell.
func TestNothingWaitsOverAGap(t *testing.T) {
	s := newShop()
	h := &handed{Engine: New(Config{}, s.table)}
	h.window(s, "db")
	h.next += detector.Merges * win
	h.window(s)
	if got := h.baseline.Windows(); got != 1 || len(h.held) != 0 {
		t.Errorf("%d windows learned and %d waiting, want 1 and none", got, len(h.held))
	}
}

// A window that waits does so over a restart, and is learned then as it would have been.
func TestWaitingWindowsSurviveARestart(t *testing.T) {
	s := newShop()
	h := &handed{Engine: New(Config{}, s.table)}
	for range 3 {
		h.window(s)
	}
	h.window(s, "db")
	saved, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := &handed{Engine: New(Config{}, s.table), next: h.next}
	if err := again.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if len(again.held) != 1 {
		t.Fatalf("%d windows wait after the restart, want 1", len(again.held))
	}
	n := s.next
	var ends [2][]byte
	for i, x := range []*handed{h, again} {
		s.rng, s.next = rand.New(rand.NewPCG(1, 2)), n
		x.window(s)
		x.window(s)
		if got := x.baseline.Windows(); got != 6 {
			t.Errorf("%d windows learned, want 6", got)
		}
		if ends[i], err = x.baseline.Save(x.recent); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(ends[0], ends[1]) {
		t.Error("after the restart something else was learned")
	}
}
