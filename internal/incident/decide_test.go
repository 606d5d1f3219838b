package incident

import (
	"strings"
	"testing"
	"time"
)

func TestDecide(t *testing.T) {
	p := DefaultPolicy()
	for _, c := range []struct {
		rule string
		in   state
		want action
		why  string
	}{
		{"an active finding without an alarm is watched, not published", state{phase: pending, judged: true, active: true}, quiet, ""},
		{"an alarm opens", state{phase: pending, judged: true, active: true, alarm: true}, open, "alarm threshold"},
		{"what is watched and calms down is forgotten", state{phase: pending, judged: true, calm: 3}, forget, ""},
		{"two calm windows are not enough to forget", state{phase: pending, judged: true, calm: 2}, quiet, ""},
		{"without data nothing opens", state{phase: pending, alarm: true, active: true}, quiet, ""},
		{"without data nothing closes", state{phase: opened, calm: 9, blind: 4 * time.Minute}, quiet, ""},
		{"without data for five minutes an incident expires", state{phase: opened, blind: 5 * time.Minute}, expire, "no data"},
		{"without data for five minutes what was watched is forgotten", state{phase: pending, blind: 5 * time.Minute}, forget, ""},
		{"an open incident that stays the same is quiet", state{phase: opened, judged: true, active: true, alarm: true, told: time.Hour}, quiet, ""},
		{"a change is published", state{phase: opened, judged: true, active: true, changed: "x", told: time.Minute}, update, "x"},
		{"a change waits until the minute is over", state{phase: opened, judged: true, active: true, changed: "x", told: 59 * time.Second}, quiet, ""},
		{"a change after a day is no longer a change", state{phase: opened, judged: true, active: true, changed: "x", told: time.Hour, open: 24 * time.Hour}, accept, "new normal"},
		{"a day that ends calmly is not a new normal", state{phase: opened, judged: true, calm: 1, open: 24 * time.Hour}, quiet, ""},
		{"three calm windows resolve", state{phase: opened, judged: true, calm: 3}, resolve, "calm for 3 windows"},
		{"a better reason for the calm is given", state{phase: opened, judged: true, calm: 3, because: "explained"}, resolve, "explained"},
		{"an alarm reopens what was closed a moment ago", state{phase: closed, judged: true, active: true, alarm: true}, reopen, "back"},
		{"what was closed does not reopen without an alarm", state{phase: closed, judged: true, active: true}, quiet, ""},
		{"what was closed stays closed without data", state{phase: closed, blind: time.Hour, alarm: true}, quiet, ""},
		{"the new normal is silent", state{phase: accepted, judged: true, active: true, alarm: true}, quiet, ""},
		{"the new normal is forgotten once it is learned", state{phase: accepted, judged: true, calm: 3}, forget, ""},
	} {
		got, why := decide(c.in, p)
		if got != c.want || c.why == "" && why != "" || !strings.Contains(why, c.why) {
			t.Errorf("%s: got %d %q, want %d %q", c.rule, got, why, c.want, c.why)
		}
	}
}
