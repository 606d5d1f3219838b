package engine

import (
	"slices"
	"time"

	"culprit/detector"
	"culprit/model"
)

// different is the |z| from which a quantity is taken to have changed when somebody says
// that a change was meant.
const different = 3

// Accept takes an incident to be expected: somebody said so. An open one ends, and what
// differed since its onset at the services that it concerns is normal from now on. An
// incident of the same cause that is no worse is not told again, whether it was open
// or not. It returns the revision to publish, if any.
func (e *Engine) Accept(in model.Incident, because string) []model.Incident {
	out, open := e.tracker.Accept(in, because)
	if open {
		e.adopt(in)
	}
	return e.explained(out)
}

// adopt makes what differs since the onset of an incident normal, at its services.
func (e *Engine) adopt(in model.Incident) {
	n := 0
	for n < len(e.recent) && !time.Unix(0, e.recent[n].From).Before(in.StartedAt) {
		n++
	}
	e.drop()
	if n > 1 {
		n-- // it began somewhere within the first, which shows both
	}
	if n = max(n, 1); n > len(e.recent) {
		return // nothing has been judged since the restart
	}
	for _, w := range e.recent[n:] {
		w.Forget()
	}
	e.recent = e.recent[:n]
	concerned := func(s detector.Site) bool {
		name := e.table.Name(s.Service)
		return name != "" && (name == in.Service() || slices.Contains(in.Affected, name))
	}
	var keys []detector.Key
	for _, ev := range e.baseline.Judge(e.recent).Evidence {
		far := ev.Shift.Z >= different || ev.Shift.Z <= -different
		if k := ev.Key; far && (concerned(k.Site) || concerned(k.Parent) || concerned(k.Child)) {
			keys = append(keys, k)
		}
	}
	e.baseline.Accept(keys, e.recent)
}
