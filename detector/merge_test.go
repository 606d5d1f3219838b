package detector

import (
	"fmt"
	"math"
	"testing"

	"culprit/internal/stats"
)

// rare draws traces of which every fifth asks for a job that takes d ms.
func rare(d int) func(int) string {
	return func(i int) string {
		if i%5 == 0 {
			return fmt.Sprintf("\njob run 0ms %dms kind=server\n", d)
		}
		return shop(i)
	}
}

// of is the evidence on a service's own time.
func of(t *testing.T, s *stage, j Judgement, service string) Evidence {
	t.Helper()
	for _, e := range j.Evidence {
		if e.Key.Family == OwnTime && s.table.Name(e.Key.Site.Service) == service {
			return e
		}
	}
	t.Fatalf("nothing on the own time of %s", service)
	return Evidence{}
}

// A change in a few traces of the newest window is not diluted by the windows before it.
func TestSuddenChangeIsNotDiluted(t *testing.T) {
	s := newStage(8)
	b := s.learned(12, rare(100))
	recent := []*Window{NewWindow(s.observe(s.traces(30, rare(300))), b)}
	for range 3 {
		recent = append(recent, NewWindow(s.observe(s.traces(30, rare(100))), b))
	}
	e := of(t, s, b.Judge(recent), "job")
	if e.Windows != 1 || math.Abs(e.Shift.Effect-math.Log(3)) > 0.2 || e.Sure < 6 {
		t.Errorf("six traces three times as slow: %d windows, effect %.2f, sure %.1f; want 1, %.2f, 6 or more", e.Windows, e.Shift.Effect, e.Sure, math.Log(3))
	}
	for i := range recent {
		recent[i] = NewWindow(s.observe(s.traces(30, rare(115))), b)
	}
	if e := of(t, s, b.Judge(recent), "job"); e.Windows == 1 {
		t.Errorf("a small change that lasts is judged by one window")
	}
}

// Windows that were learned since are no part of what they are judged by.
func TestNothingIsJudgedByItself(t *testing.T) {
	draw := func(d int) func(int) string {
		return func(i int) string {
			if i%10 == 0 {
				return fmt.Sprintf("\njob run 0ms %dms kind=server\n", d)
			}
			return shop(i)
		}
	}
	s := newStage(9)
	b := s.learned(6, draw(100))
	var recent []*Window
	for range 3 { // three traces each: too few for a verdict, so they are learned
		w := NewWindow(s.observe(s.traces(30, draw(1000))), b)
		recent = append([]*Window{w}, recent...)
		j := b.Judge(recent)
		if len(recent) == 3 {
			if e := of(t, s, j, "job"); math.Abs(e.Shift.Effect-math.Log(10)) > 0.2 {
				t.Errorf("ten times as slow, effect %.2f, want %.2f", e.Shift.Effect, math.Log(10))
			}
		}
		b.Learn(w)
	}
}

// One value far out takes its part of the effect away, values that all moved do not.
func TestSureDiscountsOneValue(t *testing.T) {
	past := []Stat{{N: 20, Groups: 20, Mean: 1, Var: 0.04}, {N: 20, Groups: 20, Mean: 1, Var: 0.04}}
	values := func(moved int) Stat { // of sixteen, moved by 8
		s := Stat{}
		for i := range 16 {
			x := 0.8 + 0.4*float64(i%2)
			if i < moved {
				x += 8
			}
			s = s.plus(Stat{N: 1, Groups: 1, Mean: x})
		}
		return s
	}
	for _, tt := range []struct {
		moved       int
		least, most float64
	}{{1, 0, 0.1}, {4, 0.4, 0.6}, {16, 0.95, 1}} {
		now := values(tt.moved)
		s := stats.Shift{Z: 10, Effect: now.Mean - 1}
		if got := sure(within(past), now, s) / 10; got < tt.least || got > tt.most {
			t.Errorf("%d of 16 values moved: %.2f of z is left, want %.2f to %.2f", tt.moved, got, tt.least, tt.most)
		}
	}
	if got := sure(within(past), values(0), stats.Shift{}); got != 0 {
		t.Errorf("no effect: %.2f is left, want 0", got)
	}
}

// Three windows do not tell how restless a quantity is; others of its kind do.
func TestFewWindowsBorrow(t *testing.T) {
	s := newStage(10)
	b := s.learned(3, rare(100))
	now := []*Window{NewWindow(s.observe(s.traces(60, rare(150))), b)}
	alone := b.Judge(now)
	b.Borrow(true)
	together := b.Judge(now)
	if alone.Looks != together.Looks || len(alone.Evidence) != len(together.Evidence) {
		t.Errorf("%d looks and %d findings, %d and %d without borrowing", together.Looks, len(together.Evidence), alone.Looks, len(alone.Evidence))
	}
	before, after := of(t, s, alone, "job"), of(t, s, together, "job")
	if !(after.Sure > before.Sure+1) || after.Shift.Effect != before.Shift.Effect {
		t.Errorf("half as slow again: sure %.1f of %.2f, without borrowing %.1f of %.2f", after.Sure, after.Shift.Effect, before.Sure, before.Shift.Effect)
	}
	for i := range together.Evidence {
		if e := &together.Evidence[i]; math.Abs(e.Shift.Z) > 4 && s.table.Name(e.Key.Site.Service) != "job" {
			t.Errorf("%v has z %.1f, and nothing happened to it", e.Key, e.Shift.Z)
		}
	}
}

// Each family has the same share of chance.
func TestAmong(t *testing.T) {
	l := Looks{}
	l[OwnTime], l[Calls] = 20, 300
	if own, calls, none := l.Among(OwnTime), l.Among(Calls), l.Among(EdgeGap); own != 40 || calls != 600 || none != 1 {
		t.Errorf("among %d, %d and %d, want 40, 600 and 1", own, calls, none)
	}
}
