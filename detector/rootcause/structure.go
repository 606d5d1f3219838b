package rootcause

import (
	"math"

	"culprit/detector"
	"culprit/model"
)

const (
	// agreed is the share of the parents that stop elsewhere than usual that must stop
	// after the same callee before it is suspected in their place.
	agreed = 0.8
	// moved and movedSure are what such a callee inherits of the weight: less than
	// the parent's own, more if it has evidence of its own or if several services stop
	// after asking it.
	moved, movedSure = 0.9, 1.1
	// sure is the |z| that counts as evidence of its own.
	sure = 5
	// unheard is what a callee that stopped answering inherits of the weight of the
	// answers that are missing.
	unheard = 1.2
	// alike is how near the numbers of unanswered and of missing calls must be to be
	// the same calls.
	alike = 0.5
	// hint is the |z| from which a new and a lost call may belong together.
	hint = 2
	// smallestShare is the share of traces that halves the weight of a change.
	smallestShare = 0.05
)

// felt weighs how much of the traffic a change of structure touches, as delays are
// weighed: all that matters is whether it is more than the smallest share that does.
func felt(share float64) float64 { return share / (share + smallestShare) }

// context is the evidence on the structure below one operation.
type context struct {
	calls   []*detector.Evidence
	stops   map[detector.Site]*detector.Evidence
	repeats map[detector.Site]*detector.Evidence
}

// structure blames contexts for calls that are lost, new or repeated; the callee
// where parents give up after asking it; and a callee that no longer answers.
func (s *Scene) structure() []blame {
	contexts := map[detector.ContextKey]*context{}
	var order []detector.ContextKey
	own := map[model.Sym]float64{}
	at := func(k detector.Key) *context {
		ck := detector.ContextKey{Site: k.Site, Parent: k.Parent}
		c := contexts[ck]
		if c == nil {
			c = &context{stops: map[detector.Site]*detector.Evidence{}, repeats: map[detector.Site]*detector.Evidence{}}
			contexts[ck] = c
			order = append(order, ck)
		}
		return c
	}
	for i := range s.Evidence {
		e := &s.Evidence[i]
		switch e.Key.Family {
		case detector.Calls:
			at(e.Key).calls = append(at(e.Key).calls, e)
		case detector.Stops:
			at(e.Key).stops[e.Key.Child] = e
			continue
		case detector.Repeats:
			at(e.Key).repeats[e.Key.Child] = e
		case detector.OwnTime, detector.Tail, detector.Errors, detector.Concurrency:
		default:
			continue
		}
		own[e.Key.Site.Service] = max(own[e.Key.Site.Service], math.Abs(e.Shift.Z))
	}
	s.silent = map[detector.Site]detector.Site{}
	s.cutShort = map[detector.Site]bool{}
	s.explains = map[*detector.Evidence]bool{}
	var out []blame
	for _, ck := range order {
		out = append(out, s.unanswered(ck, contexts[ck])...)
	}
	after := map[detector.ContextKey]model.Sym{} // where parents stop
	votes := map[model.Sym]map[model.Sym]bool{}  // services that stop after asking one
	for _, ck := range order {
		last := s.stoppedAfter(ck, contexts[ck])
		if last != 0 && last != ck.Site.Service && contexts[ck].lost() {
			after[ck] = last
			if votes[last] == nil {
				votes[last] = map[model.Sym]bool{}
			}
			votes[last][ck.Site.Service] = true
		}
	}
	for _, ck := range order {
		c, last := contexts[ck], after[ck]
		add := func(e *detector.Evidence) {
			if s.explains[e] {
				return
			}
			w := strength(e) * felt(e.Share)
			if e.Shift.Effect < 0 && e.Shift.Z < -notable {
				s.cutShort[ck.Site] = true
			}
			if w == 0 {
				return
			}
			out = append(out, blame{ck.Site, model.KindStructure, w, e})
			if e.Shift.Effect > 0 || last == 0 {
				return
			}
			f := moved
			if own[last] > sure || len(votes[last]) > 1 {
				f = movedSure
			}
			out = append(out, blame{detector.Site{Service: last}, model.KindStructure, w * f, e})
		}
		for _, e := range c.calls {
			add(e)
			if r := c.repeats[e.Key.Child]; r != nil {
				add(r)
			}
		}
	}
	return out
}

// unanswered finds callees whose answers went missing while their callers still ask:
// as many calls without an answer are new as answered ones are lost.
func (s *Scene) unanswered(ck detector.ContextKey, c *context) []blame {
	var out []blame
	for _, up := range c.calls {
		if up.Shift.Effect <= 0 || up.Shift.Z < hint || !s.withoutAnswer(ck, up.Key.Child) {
			continue
		}
		var best *detector.Evidence
		var fit float64
		for _, down := range c.calls {
			if down.Shift.Effect >= 0 || down.Shift.Z > -hint || down.Key.Child.Service == ck.Site.Service {
				continue
			}
			f := ratio(c.excess(up), -c.excess(down))
			if f > fit {
				best, fit = down, f
			}
		}
		if fit < alike {
			continue
		}
		s.silent[up.Key.Child] = best.Key.Child
		s.explains[up], s.explains[best] = true, true
		out = append(out, blame{best.Key.Child, model.KindSilence, unheard * strength(best) * felt(best.Share), best})
	}
	return out
}

// lost reports whether parents make notably fewer calls of some kind.
func (c *context) lost() bool {
	for _, e := range c.calls {
		r := c.repeats[e.Key.Child]
		if e.Shift.Z < -notable || r != nil && r.Shift.Z < -notable {
			return true
		}
	}
	return false
}

// excess is how many more calls of a kind a parent makes than usual.
func (c *context) excess(e *detector.Evidence) float64 {
	now, before := 1.0, 1.0
	if r := c.repeats[e.Key.Child]; r != nil {
		now, before = r.Now, r.Before
	}
	return e.Now*now - e.Before*before
}

func ratio(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return min(a, b) / max(a, b)
}

// withoutAnswer reports whether a child of a context is a call as only its caller
// knows it.
func (s *Scene) withoutAnswer(ck detector.ContextKey, child detector.Site) bool {
	if child.Service != ck.Site.Service {
		for k, c := range s.Now.Summary.Contexts { // a callee that sends no spans
			if k.Site == child && c.Opaque {
				return true
			}
		}
		return false
	}
	c := s.Now.Summary.Contexts[detector.ContextKey{Site: child, Parent: ck.Site}]
	return c != nil && c.Client
}

// stoppedAfter is the service that parents asked last when they stopped elsewhere
// than usual, if they agree; 0 if they do not.
func (s *Scene) stoppedAfter(ck detector.ContextKey, c *context) model.Sym {
	var all, most float64
	var last detector.Site
	for _, e := range c.calls { // in the order of names
		stop := c.stops[e.Key.Child]
		if stop == nil || stop.Shift.Effect <= 0 {
			continue
		}
		d := stop.Now - stop.Before
		all += d
		if d > most {
			most, last = d, e.Key.Child
		}
	}
	if all == 0 || most < agreed*all {
		return 0
	}
	if v, ok := s.silent[last]; ok {
		return v.Service
	}
	return last.Service
}
