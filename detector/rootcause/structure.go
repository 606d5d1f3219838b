package rootcause

import (
	"math"
	"slices"

	"culprit/detector"
	"culprit/model"
)

const (
	// agreed is the share of the parents that stop elsewhere than usual that must stop
	// after the same callee before it is suspected in their place.
	agreed = 0.8
	// moved and movedSure are what such a callee inherits of the weight: less than
	// the parent's own, more if it has evidence of its own, if several operations stop
	// after asking it, or if its answer is likelier to have misled them: see [Scene.misled].
	moved, movedSure = 0.9, 1.1
	// sure is the |z| that counts as evidence of its own.
	sure = 5
	// smallestShare is the share of traces that halves the weight of a change.
	smallestShare = 0.05
)

// felt weighs how much of the traffic a change of structure touches, as delays are
// weighed: all that matters is whether it is more than the smallest share that does.
func felt(share float64) float64 { return share / (share + smallestShare) }

// context is the evidence on the structure below one operation.
type context struct {
	calls   []*detector.Evidence // in the order of names
	many    []*detector.Evidence // Repeats, in the order of names
	stops   []*detector.Evidence // in the order of names
	repeats map[detector.Site]*detector.Evidence
}

// structure blames contexts for calls that are lost, new or repeated; the callee
// where parents give up after asking it; and a callee that no longer answers.
func (s *Scene) structure() []blame {
	contexts := map[detector.ContextKey]*context{}
	var order []detector.ContextKey
	own := map[model.Sym]float64{}
	s.quicker = map[detector.Site]bool{}
	at := func(k detector.Key) *context {
		ck := detector.ContextKey{Site: k.Site, Parent: k.Parent}
		c := contexts[ck]
		if c == nil {
			c = &context{repeats: map[detector.Site]*detector.Evidence{}}
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
			c := at(e.Key)
			c.stops = append(c.stops, e)
			continue
		case detector.Repeats:
			c := at(e.Key)
			c.many = append(c.many, e)
			c.repeats[e.Key.Child] = e
		case detector.OwnTime, detector.Tail, detector.Errors, detector.Concurrency:
		default:
			continue
		}
		own[e.Key.Site.Service] = max(own[e.Key.Site.Service], math.Abs(e.Shift.Z))
		if e.Key.Family == detector.OwnTime && fell(e) {
			s.quicker[e.Key.Site] = true
		}
	}
	s.silent = map[detector.Site]detector.Site{}
	s.cutShort = map[detector.Site]bool{}
	s.explains = map[*detector.Evidence]bool{}
	s.detour = map[detector.Site]bool{}
	s.broken = map[model.Sym]*detector.Evidence{}
	var out []blame
	broken := map[detector.Site]bool{} // operations that lost calls
	for _, ck := range order {
		if contexts[ck].lost() {
			broken[ck.Site] = true
		}
		s.breaks(contexts[ck])
		if contexts[ck].strays() {
			s.detour[ck.Site] = true
		}
	}
	gone := s.gone()
	if !s.without(silenceRule) {
		out = append(out, s.deserted(contexts, gone)...)
	}
	for _, ck := range order {
		if s.without(silenceRule) || s.asks(ck) {
			continue
		}
		found := s.unanswered(ck, contexts[ck])
		if len(found) == 0 && !broken[ck.Parent] {
			found = s.vanished(ck, contexts[ck], gone)
		}
		out = append(out, found...)
	}
	for _, ck := range order {
		if !s.without(silenceRule) && s.asks(ck) {
			out = append(out, s.nothingBelow(ck, contexts[ck])...)
		}
	}
	after := map[detector.ContextKey]detector.Site{} // where parents stop
	s.after = map[detector.ContextKey]model.Sym{}
	votes := map[model.Sym]map[detector.Site]bool{} // operations that stop after asking a service
	for _, ck := range order {
		last := s.stoppedAfter(contexts[ck])
		if last.Service != 0 && last.Service != ck.Site.Service && contexts[ck].lost() {
			after[ck], s.after[ck] = last, last.Service
			if votes[last.Service] == nil {
				votes[last.Service] = map[detector.Site]bool{}
			}
			votes[last.Service][ck.Site] = true
		}
	}
	for _, ck := range order {
		c, last := contexts[ck], after[ck]
		misled := last.Service != 0 && s.misled(ck, c, last, gone)
		add := func(e *detector.Evidence) {
			if s.explains[e] {
				return
			}
			w := strength(e) * felt(e.Share)
			if fell(e) {
				s.cutShort[ck.Site] = true
			}
			if w == 0 {
				return
			}
			out = append(out, blame{ck.Site, model.KindStructure, w, e})
			if fell(e) && gone[e.Key.Child.Service] { // not asked, or not there: nobody can tell
				out = append(out, blame{e.Key.Child, model.KindStructure, w * moved, e})
			}
			if e.Shift.Effect > 0 || last.Service == 0 {
				return
			}
			f := moved
			lost := s.broken[last.Service]
			if lost != nil || own[last.Service] > sure || len(votes[last.Service]) > 1 || misled {
				f = movedSure * (1 + rest*float64(len(votes[last.Service])-1)) // further operations of one caller add as much to it
			}
			if lost != nil { // what it lost itself says where, and why
				out = append(out, blame{lost.Key.Site, model.KindStructure, w * f, lost})
			} else {
				out = append(out, blame{last, model.KindStructure, w * f, e})
			}
		}
		for _, e := range c.calls {
			add(e)
		}
		for _, e := range c.many {
			add(e)
		}
	}
	return out
}

// lost reports whether parents make notably fewer calls of some kind.
func (c *context) lost() bool {
	fewer := func(e *detector.Evidence) bool { return e.Shift.Z < -notable }
	return slices.ContainsFunc(c.calls, fewer) || slices.ContainsFunc(c.many, fewer)
}

// fell reports whether a quantity is notably less than usual.
func fell(e *detector.Evidence) bool { return e.Shift.Effect < 0 && e.Shift.Z < -notable }

// breaks notes the gravest loss of calls of each service.
func (s *Scene) breaks(c *context) {
	for _, e := range slices.Concat(c.calls, c.many) {
		if !fell(e) {
			continue
		}
		v := e.Key.Site.Service
		if have := s.broken[v]; have == nil || strength(e)*felt(e.Share) > strength(have)*felt(have.Share) {
			s.broken[v] = e
		}
	}
}

// strays reports whether parents now make a call that they never made, or one notably more
// often than usual: they handle an error, fall back, fill a cache, try again.
func (c *context) strays() bool {
	if slices.ContainsFunc(c.many, func(e *detector.Evidence) bool { return e.Shift.Effect > 0 && e.Shift.Z > notable }) {
		return true
	}
	return slices.ContainsFunc(c.calls, func(e *detector.Evidence) bool { return e.New && e.Shift.Effect > 0 && e.Shift.Z > notable })
}

// stoppedAfter is the operation that parents asked last when they stopped elsewhere
// than usual, if they agree; none if they do not.
func (s *Scene) stoppedAfter(c *context) detector.Site {
	var all, most float64
	var last detector.Site
	for _, stop := range c.stops {
		d := max(0, stop.Now-stop.Before)
		all += d
		if d > most {
			most, last = d, stop.Key.Child
		}
	}
	if all == 0 || most < agreed*all {
		return detector.Site{}
	}
	if v, ok := s.silent[last]; ok {
		return v
	}
	return last
}
