package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/model"
)

// explanation is what a cause explains of all that was measured.
type explanation struct {
	scene    *Scene
	service  model.Sym          // of the cause
	waits    map[model.Sym]bool // services that wait for it, directly or not
	asked    map[model.Sym]bool // services that it asks, directly or not, if what is wrong is what it asks
	patience bool               // those who wait may not have waited to the end: it fails, or they give up
	slowWay  bool               // the way to it is slow
	unseen   bool               // it is known from its callers only, so its trouble may be the way there
}

// explanation takes all reasons to suspect somebody, as those who wait for the cause may say
// that they gave up.
func (s *Scene) explanation(c *Cause, all []blame) explanation {
	v := c.Site.Service
	of := map[model.Sym]bool{v: true}
	is := func(kinds ...string) bool {
		return slices.ContainsFunc(kinds, func(k string) bool { return c.Kind == k || c.kinds.of(k) >= Grave })
	}
	x := explanation{
		scene: s, service: v, waits: s.Callers(of),
		slowWay: is(model.KindNetwork) || s.slowWay[v], unseen: s.silentCallee(c.Site),
	}
	if is(model.KindStructure, model.KindConcurrency) {
		x.asked = s.callees(of)
	}
	x.patience = is(model.KindError, model.KindSilence) || slices.ContainsFunc(all, func(b blame) bool {
		return x.waits[b.site.Service] && b.weight >= Grave && triesAgain(b.evidence)
	})
	return x
}

// triesAgain reports whether evidence says that somebody fails, or makes a call more often.
func triesAgain(e *detector.Evidence) bool {
	return e.Shift.Effect > 0 && (e.Key.Family == detector.Errors || e.Key.Family == detector.Repeats)
}

// of reports whether evidence against a service follows from the cause:
//
//   - what is measured at the cause's service, or on a way from or to it;
//   - whatever is wrong with those whom it no longer asks, or asks more;
//   - of those who wait for it errors, other calls, lost concurrency and queues before them; and
//     their own time, too, if their patience ends: they try again, wait before that, handle the error;
//   - where the way to it is slow, or may be as it is seen from one side only: the own time of
//     operations that ask it, and the times of neighbours that are seen from one side only.
func (x *explanation) of(service model.Sym, e *detector.Evidence) bool {
	k, s := &e.Key, x.scene
	if service == x.service || k.Site.Service == x.service || k.Callee == x.service || x.asked[service] || x.patience && x.waits[service] {
		return true
	}
	switch k.Family {
	case detector.OwnTime, detector.Tail:
		return (x.slowWay || x.unseen) && (s.asksFor(k.Site, x.service) > 0 || s.silentCallee(k.Site) && s.adjacent(service, x.service))
	case detector.EdgeGap:
		return x.waits[k.Callee] || x.unseen && s.adjacent(k.Callee, x.service)
	case detector.QueueWait:
		return x.waits[service] || x.slowWay && s.adjacent(service, x.service)
	}
	return x.waits[service]
}
