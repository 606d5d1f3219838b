package rootcause

import (
	"math"

	"culprit/detector"
	"culprit/model"
)

const (
	// unheard is what a callee that stopped answering inherits of the weight of the
	// answers that are missing.
	unheard = 1.2
	// alike is how near the numbers of unanswered and of missing calls must be to be
	// the same calls.
	alike = 0.5
	// hint is the |z| from which a new and a lost call may belong together.
	hint = 2
	// usually is the share of a client's calls that one callee must answer to be the
	// one that is asked.
	usually = 0.8
	// stillAsked is the share of the usual calls that a caller must still make: if it
	// makes fewer, who is missing may be who is not asked.
	stillAsked = 0.7
	// expected is how many spans of a service must be missing before it is gone and not
	// merely rare.
	expected = 10
)

// A callee that no longer answers shows below its callers in three ways:
//
//   - [Scene.unanswered]: calls without an answer are new, as many answered ones lost;
//   - [Scene.nothingBelow]: a client or producer span is still there, with nothing below;
//   - [Scene.vanished]: all calls that are lost went to a service that is gone.
//
// The changes of structure that this explains are nobody else's fault.

// silentBlame blames the callee of a lost call.
func (s *Scene) silentBlame(e *detector.Evidence) blame {
	s.explains[e] = true
	return blame{e.Key.Child, model.KindSilence, unheard * strength(e) * felt(e.Share), e}
}

// unanswered pairs calls that are new and have no answer with answered ones that are
// lost: by the name that the caller gives its callee, else by their number.
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
			f := ratio(s.excess(up), -s.excess(down))
			if down.Key.Child.Service == up.Key.Child.Service {
				f = 2 // the caller names it
			}
			if f > fit {
				best, fit = down, f
			}
		}
		if fit < alike {
			continue
		}
		s.silent[up.Key.Child] = best.Key.Child
		s.explains[up] = true
		out = append(out, s.silentBlame(best))
	}
	return out
}

// asks reports whether an operation is a call as its caller records it: a client or a
// producer span or, where kinds are missing, an operation within a service that used to do
// nothing but ask one other. Where the latter asks nobody any more it may be work that came to
// nothing before the call, unless it fails or others get no answer from there either.
func (s *Scene) asks(ck detector.ContextKey) bool {
	c := s.Now.Summary.Contexts[ck]
	if c == nil || c.Client {
		return c != nil
	}
	callee, only := s.onlyAsks(ck)
	return only && (s.index().failing[ck.Site] || len(s.index().deaf[callee]) > 1)
}

// alwaysAsked is the share of its spans in which an operation without a kind must have asked
// its one callee to be a call and nothing else.
const alwaysAsked = 0.95

// onlyAsks is the service that an operation within another one used to ask, if it did nothing else.
func (s *Scene) onlyAsks(ck detector.ContextKey) (callee model.Sym, ok bool) {
	if ck.Parent.Service != ck.Site.Service {
		return 0, false // the front door of the service, not one of its calls
	}
	for _, k := range s.Baseline.CallsOf(ck) {
		if k.Family != detector.Calls {
			continue
		}
		switch often := s.Baseline.Mean(k).Mean; {
		case often <= 1-alwaysAsked:
		case callee != 0 || k.Child.Service == ck.Site.Service || often < alwaysAsked:
			return 0, false
		default:
			callee = k.Child.Service
		}
	}
	way := detector.Key{Family: detector.EdgeGap, Site: ck.Site, Callee: callee}
	return callee, callee != 0 && s.Baseline.Mean(way).N > 0 // it waited itself; no call below it did
}

// nothingBelow blames the one callee of a client or producer span whose answers are
// lost. If it has several, their number alone cannot tell which is silent; the
// operation above tells them apart.
func (s *Scene) nothingBelow(ck detector.ContextKey, c *context) []blame {
	var out []blame
	var all float64
	for _, e := range c.calls {
		all += e.Before
		s.explains[e] = true
	}
	for _, e := range c.many {
		s.explains[e] = true
	}
	whole := detector.Key{Family: detector.Whole, Site: ck.Site, Parent: ck.Parent}
	now, before := s.Now.Stat(whole), s.Baseline.Mean(whole)
	_, told := s.silent[ck.Site] // the operation above has told who is silent
	if told || perTrace(now) < stillAsked*perTrace(before) {
		return nil
	}
	for _, e := range c.calls {
		if e.Key.Child.Service != ck.Site.Service && e.Shift.Effect < 0 && e.Before >= usually*all {
			out = append(out, s.silentBlame(e))
		}
	}
	return out
}

// perTrace is how often a context is seen in the traces that have it.
func perTrace(s detector.Stat) float64 { return s.N / max(s.Groups, 1) }

// vanished blames a service that sends no span any more, where it is the only one
// that is no longer called and its callers go on without it. Where the operation above
// is cut short as well, the caller may have failed before it called.
func (s *Scene) vanished(ck detector.ContextKey, c *context, gone map[model.Sym]bool) []blame {
	var only model.Sym
	for _, e := range c.calls {
		if !fell(e) || e.Key.Child.Service == ck.Site.Service {
			continue
		}
		if only != 0 && only != e.Key.Child.Service {
			return nil
		}
		only = e.Key.Child.Service
	}
	if !gone[only] || !s.without(turnedRule) && s.turnedBack(ck, c, only) {
		return nil
	}
	var out []blame
	for _, e := range c.calls {
		if e.Key.Child.Service == only && e.Shift.Effect < 0 {
			out = append(out, s.silentBlame(e))
			if s.onlyOneGone(ck.Site.Service, gone) && s.failsFor(ck.Site, e) {
				s.silent[ck.Site] = e.Key.Child
			}
		}
	}
	return out
}

// onlyOneGone reports whether no more than one of those whom a service usually asks is gone:
// where several are, it may be that none of them is asked any more.
func (s *Scene) onlyOneGone(caller model.Sym, gone map[model.Sym]bool) bool {
	n := 0
	for v := range s.usual().callees[caller] {
		if gone[v] {
			n++
		}
	}
	return n <= 1
}

// failsFor reports whether as many runs of an operation fail now as used to make a call that
// nobody answers any more: a caller without spans for its calls has nothing else to show.
func (s *Scene) failsFor(site detector.Site, lost *detector.Evidence) bool {
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family == detector.Errors && e.Key.Site == site && e.Shift.Effect > 0 && e.Shift.Z > notable {
			return ratio(e.Now-e.Before, lost.Before-lost.Now) >= usually
		}
	}
	return false
}

// gone lists the services that used to send spans and send none now.
func (s *Scene) gone() map[model.Sym]bool {
	sends := map[model.Sym]bool{}
	for k, c := range s.Now.Summary.Contexts {
		if !c.Opaque {
			sends[k.Site.Service] = true
		}
	}
	out := map[model.Sym]bool{}
	for v, perSecond := range s.Baseline.Rates() {
		if !sends[v] && perSecond*float64(s.Now.To-s.Now.From)/1e9 >= expected {
			out[v] = true
		}
	}
	return out
}

// excess is how many more calls of a kind a parent makes than usual.
func (s *Scene) excess(e *detector.Evidence) float64 {
	many := e.Key
	many.Family = detector.Repeats
	now, before := s.Now.Stat(many), s.Baseline.Mean(many)
	return e.Now*math.Exp(now.Mean) - e.Before*math.Exp(before.Mean)
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
		return s.silentCallee(child)
	}
	return s.asks(detector.ContextKey{Site: child, Parent: ck.Site})
}
