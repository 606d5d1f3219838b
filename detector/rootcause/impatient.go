package rootcause

import (
	"culprit/detector"
	"culprit/model"
)

// mostTimeouts is the share of the errors that must be timeouts for patience to be the reason.
const mostTimeouts = 0.5

// impatient reports whether the calls that fail at a client's site are given up by the caller
// while the callee does what it always did: they are timeouts, somebody still answers them,
// nobody there or further down is slower than usual, nor is the way, and no other service has
// such errors. Then the caller waits less than it did. It returns the operation that makes the
// calls, or the service alone where several do.
func (s *Scene) impatient(e *detector.Evidence, callee detector.Site) (detector.Site, bool) {
	if s.without(impatientRule) {
		return detector.Site{}, false
	}
	var starts, timeouts int64
	caller := detector.Site{Service: e.Key.Site.Service}
	for i, c := range s.index().contexts[e.Key.Site] {
		starts += c.Starts
		timeouts += c.Timeouts
		switch {
		case i == 0 && c.parent.Service == caller.Service:
			caller = c.parent
		case c.parent != caller:
			caller.Operation = 0
		}
	}
	if starts == 0 || float64(timeouts) < mostTimeouts*float64(starts) || s.slowDown()[callee.Service] {
		return detector.Site{}, false
	}
	for below := range s.callees(map[model.Sym]bool{callee.Service: true}) {
		if s.slowDown()[below] {
			return detector.Site{}, false
		}
	}
	for i := range s.Evidence {
		switch o := &s.Evidence[i]; o.Key.Family {
		case detector.Calls, detector.Answers:
			if o.Key.Site == e.Key.Site && fell(o) {
				return detector.Site{}, false
			}
		case detector.Errors:
			if o.Shift.Effect <= 0 || o.Shift.Z <= notable || o.Key.Site.Service == caller.Service {
				continue
			}
			if v, ok := s.asked(o.Key.Site); ok && v.Service == callee.Service {
				return detector.Site{}, false
			}
		}
	}
	return caller, true
}

// slowDown are the services that take longer by themselves than usual, or to which the way does.
func (s *Scene) slowDown() map[model.Sym]bool {
	if s.slower == nil {
		s.slower = map[model.Sym]bool{}
		for i := range s.Evidence {
			e := &s.Evidence[i]
			if e.Shift.Z <= notable || e.Shift.Effect <= 0 {
				continue
			}
			switch e.Key.Family {
			case detector.OwnTime, detector.Tail, detector.QueueWait:
				s.slower[e.Key.Site.Service] = true
			case detector.EdgeGap:
				s.slower[e.Key.Callee] = true
			}
		}
	}
	return s.slower
}
