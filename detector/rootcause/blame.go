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
	for k, c := range s.Now.Summary.Contexts {
		if k.Site != site {
			continue
		}
		if !c.Client {
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
	return callee, most > 0 && float64(most) >= agreed*float64(all)
}

// blames turns each piece of evidence into who could be to blame for it.
func (s *Scene) blames() []blame {
	out := s.structure()
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
				add(e.Key.Site, model.KindOwnTime, s.delay(e), e)
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
				if v, ok := s.silent[e.Key.Site]; ok { // nobody answered: the callee is to blame
					add(v, model.KindSilence, outright*strength(e), e)
				} else if v, ok := s.asked(e.Key.Site); ok {
					add(v, model.KindError, outright*strength(e), e)
				} else {
					add(e.Key.Site, model.KindError, outright*strength(e), e)
				}
			}
		case detector.Concurrency:
			if e.Shift.Effect < 0 {
				add(e.Key.Site, model.KindConcurrency, strength(e)*felt(e.Share), e)
			}
		}
	}
	out = append(out, s.network()...)
	return out
}
