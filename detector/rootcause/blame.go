package rootcause

import (
	"math"

	"culprit/detector"
	"culprit/model"
)

// blame is one reason to suspect a site; Operation is 0 where only the service can
// be named.
type blame struct {
	site     detector.Site
	kind     string
	weight   float64
	evidence *detector.Evidence
}

const (
	// certain is the z beyond which more certainty adds no weight.
	certain = 40
	// notable is the |z| below which a difference may be chance.
	notable = 3
	// fade is the power of z/notable by which such a difference loses weight: at z = 1
	// a thousandth is left.
	fade = 6
	// faster is what "faster than usual" weighs against slower: an early return is
	// evidence, relief elsewhere is not.
	faster = 0.3
	// outright is what one point of error share weighs against one nat of time:
	// errors are rarer and say more.
	outright = 5
	// notOwn is what is left of own time that neighbours agree is the network's.
	notOwn = 0.5
	// detoured is what is left of own time where calls are made that were never made: handling
	// an error, or falling back, is work.
	detoured = 0.3
	// follows is what is left of an error that a silence further down explains.
	follows = 0.1
	// dried is the part of its usual requests below which an entry point has stopped.
	dried = 0.1
	// missed is the |z| from which such requests are missed: with ten healthy windows nothing
	// can be surer than 5.
	missed = 4
	// goesOn is the part of the usual requests that all others must still get: if
	// everything stops it is the users, or the collector.
	goesOn = 0.7
	// fewFail is the share of traces that halves the weight of errors: they count long before
	// they touch as many as a delay must, but three of five thousand requests are no outage.
	fewFail = 0.005
	// fewCalls is how many calls of an operation that was never seen halve the weight of its errors.
	fewCalls = 12
)

// strength weighs a shift: how sure, how large. Below notable certainty fades fast
// but not at once: a fault that starved data show at z = 2.7 still beats noise.
func strength(e *detector.Evidence) float64 {
	z := math.Abs(e.Shift.Z)
	w := math.Min(z, certain) * math.Abs(e.Shift.Effect)
	if z < notable {
		w *= math.Pow(z/notable, fade)
	}
	return w
}

// delay weighs a shift of time by what users wait for it.
func (s *Scene) delay(e *detector.Evidence) float64 {
	ms := math.Abs(e.PerTrace)
	w := strength(e) * ms / (ms + s.smallest())
	if e.Shift.Effect < 0 {
		w *= faster
	}
	return w
}

// asked is the operation that a client span usually reaches. An error that starts at a
// client span is one that the callee did not see: it was too late, or its answer was
// lost. The callee is to blame, unless the caller asks several.
func (s *Scene) asked(site detector.Site) (callee detector.Site, ok bool) {
	var most, all int64
	answers := s.index().answers[site]
	for _, c := range s.index().contexts[site] {
		if !s.asks(detector.ContextKey{Site: site, Parent: c.parent}) {
			return detector.Site{}, false
		}
		for child, call := range c.Calls {
			if child.Service == site.Service {
				continue
			}
			all += call.Parents
			if call.Parents > most || call.Parents == most && detector.NamesOf(s.Table).Compare(child, callee) < 0 {
				most, callee = call.Parents, child
			}
		}
	}
	if len(answers) == 1 && answers[0] != callee.Service { // where callees have no spans for what they answer
		return detector.Site{Service: answers[0]}, true
	}
	return callee, most > 0 && float64(most) >= agreed*float64(all)
}

// blames turns each piece of evidence into who could be to blame for it.
func (s *Scene) blames() []blame {
	out := append(s.structure(), s.stopped()...)
	out = append(out, s.network()...)
	add := func(site detector.Site, kind string, w float64, e *detector.Evidence) {
		if w > 0 {
			out = append(out, blame{site, kind, w, e})
		}
	}
	for i := range s.Evidence {
		e := &s.Evidence[i]
		switch e.Key.Family {
		case detector.OwnTime:
			if !e.New && !(e.Shift.Effect < 0 && s.cutShort[e.Key.Site]) {
				w := s.delay(e)
				if s.shared[e] {
					w *= notOwn
				}
				if e.Shift.Effect > 0 && s.detour[e.Key.Site] && !s.without(detourRule) {
					w *= detoured
				}
				add(e.Key.Site, model.KindOwnTime, w, e)
			}
		case detector.Tail:
			if e.Shift.Effect > 0 {
				add(e.Key.Site, model.KindOwnTime, strength(e)*felt(e.Share), e)
			}
		case detector.QueueWait:
			if e.Shift.Effect > 0 {
				add(e.Key.Site, model.KindSaturation, strength(e)*felt(e.Share), e)
			}
		case detector.Errors:
			if e.Shift.Effect > 0 {
				w := outright * strength(e) * e.Share / (e.Share + fewFail)
				if e.New {
					w *= e.Shift.N1 / (e.Shift.N1 + fewCalls)
				}
				if s.without(askedRule) {
					add(e.Key.Site, model.KindError, w, e)
				} else if v, ok := s.silent[e.Key.Site]; ok { // nobody answered: the callee is to blame
					add(v, model.KindSilence, w, e)
				} else if v, ok := s.asked(e.Key.Site); ok {
					if caller, its := s.impatient(e, v); its {
						v = caller
					}
					add(v, model.KindError, w, e)
				} else {
					add(e.Key.Site, model.KindError, w, e)
				}
			}
		case detector.Concurrency:
			if e.Shift.Effect < 0 {
				add(e.Key.Site, model.KindConcurrency, strength(e)*felt(e.Share), e)
			}
		}
	}
	if !s.without(patienceRule) {
		s.upwards(out)
		s.gaveUp(out)
	}
	return append(out, s.unreached(out)...)
}

// gaveUp takes weight from errors of those who ask a service that all its neighbours reach
// late only: their patience ends, whether or not they call it a timeout.
func (s *Scene) gaveUp(all []blame) {
	for i := range all {
		b := &all[i]
		if b.kind != model.KindError || b.evidence.Key.Site != b.site || s.slowWay[b.site.Service] {
			continue
		}
		for v := range s.slowWay {
			if s.asksFor(b.site, v) > 0 {
				b.weight *= follows
				break
			}
		}
	}
}

// upwards takes weight from errors, and from operations cut short after a call, that
// follow from a silence further down: whoever waits for a service that does not answer
// fails in the end, and the services between need not have said so.
func (s *Scene) upwards(all []blame) {
	silent := map[model.Sym]bool{}
	for _, b := range all {
		if b.kind == model.KindSilence && b.weight >= sure {
			silent[b.site.Service] = true
		}
	}
	if len(silent) == 0 {
		return
	}
	waits := s.Callers(silent)
	for i := range all {
		b := &all[i]
		if silent[b.site.Service] || !waits[b.site.Service] {
			continue
		}
		last := s.after[detector.ContextKey{Site: b.evidence.Key.Site, Parent: b.evidence.Key.Parent}]
		cutShort := b.kind == model.KindStructure && b.evidence.Shift.Effect < 0 && (silent[last] || waits[last])
		if b.kind == model.KindError || cutShort {
			b.weight *= follows
		}
	}
}

// stopped blames an entry point or consumer that gets no work any more while the rest
// of the system goes on as usual.
func (s *Scene) stopped() []blame {
	if s.without(stoppedRule) {
		return nil
	}
	var before, now float64
	seconds := float64(s.Now.To-s.Now.From) / 1e9
	for i := range s.Evidence {
		if e := &s.Evidence[i]; e.Key.Family == detector.Traffic {
			before += e.Before
			now += min(e.Now, e.Before) // more than usual elsewhere makes up for nothing
		}
	}
	var out []blame
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family != detector.Traffic || e.Shift.Z > -missed || e.Now > dried*e.Before || e.Before*seconds < expected {
			continue
		}
		rest, was := now-e.Now, before-e.Before
		if was > 0 && rest >= goesOn*was {
			out = append(out, blame{e.Key.Site, model.KindSilence, strength(e) * felt(e.Before/before), e})
		}
	}
	return out
}
