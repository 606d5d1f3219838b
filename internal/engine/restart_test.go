package engine

import (
	"testing"
	"time"

	"culprit/model"
)

// The budget of the first hour is spent once: an engine that goes on from what it had saved is
// not a start.
func TestARestartIsNoStart(t *testing.T) {
	s := newShop()
	_, e := s.run(keepCalm+20, func(_ int, from time.Time) []*model.Fragment { return s.requests(20, from, s.plain) })
	saved, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := New(Config{}, s.table)
	if got, want := again.alarm.level(), again.alarm.start; got != want {
		t.Errorf("a start has the level %v, want %v", got, want)
	}
	if err := again.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if got, want := again.alarm.level(), again.alarm.alpha; got != want {
		t.Errorf("after a restart the level is %v, want %v", got, want)
	}
}
