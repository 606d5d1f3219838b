package rootcause

import (
	"slices"

	"culprit/detector"
	"culprit/model"
)

const (
	// Grave is the smallest score that is worth an incident: a z of 10 for a change of
	// 10 %, or of 5 for a fifth.
	Grave = 1.0
	// mostAtOnce is how many faults one verdict may tell of. Faults are rare, so several that
	// have nothing to do with each other are rarer by far: where more begin at once, something
	// that spans do not tell of, such as a machine, troubles all.
	mostAtOnce = 3
)

// part puts the first cause of each fault before the second cause of any. One fault shows
// in many places, so what the first cause explains is taken away, and what is left is weighed
// anew: its first cause that is grave and begins where it stands is another fault, and so on.
// Such a cause takes the place of what its service had before; all others stay in their order, and
// belong to the first fault that explains them. More than mostAtOnce faults are one.
func (s *Scene) part(causes []Cause, all []blame) []Cause {
	firsts := causes[:1:1]
	explain := []explanation{s.explanation(&causes[0], all)}
	for left := all; ; {
		last := explain[len(explain)-1]
		left = slices.DeleteFunc(slices.Clone(left), func(b blame) bool { return last.of(b.site.Service, b.evidence) })
		next, ok := s.nextFault(left)
		if !ok {
			break
		}
		if len(firsts) == mostAtOnce {
			return causes
		}
		next.Fault = len(firsts)
		firsts, explain = append(firsts, next), append(explain, s.explanation(&next, all))
	}
	if len(firsts) == 1 {
		return causes
	}
	out := firsts
	for i := range causes {
		c := causes[i]
		if slices.ContainsFunc(firsts, func(f Cause) bool { return f.Site.Service == c.Site.Service }) {
			continue
		}
		if c.Lead != nil {
			c.Fault = max(0, slices.IndexFunc(explain, func(x explanation) bool { return x.of(c.Site.Service, c.Lead) }))
		}
		out = append(out, c)
	}
	return out
}

// nextFault is the first cause of what is left that is a fault by itself.
func (s *Scene) nextFault(left []blame) (Cause, bool) {
	causes := s.causes(grave(left))
	for i := range causes {
		if c := &causes[i]; s.mayBegin(c) {
			return *c, true
		}
	}
	return Cause{}, false
}

// grave leaves out the services whose blames all together do not make a grave cause.
func grave(all []blame) []blame {
	const rounding = 1e-9
	weighs := map[model.Sym]float64{}
	for i := range all {
		weighs[all[i].site.Service] += max(all[i].weight, 0)
	}
	return slices.DeleteFunc(slices.Clone(all), func(b blame) bool { return weighs[b.site.Service] < Grave*(1-rounding) })
}

// mayBegin reports whether a cause is grave and begins where it stands: own time, network and
// errors do; who is silent may not have been asked, and who makes other calls may have been
// answered otherwise. A few late calls are what crowding does to a neighbour, and relief is no fault.
func (s *Scene) mayBegin(c *Cause) bool {
	if c.Lead == nil || c.Score < Grave || Relief(c.Lead) || s.onlyTail(c) {
		return false
	}
	switch c.Kind {
	case model.KindOwnTime, model.KindNetwork, model.KindError:
		return true
	}
	return false
}

// onlyTail reports whether a few calls of a cause are late, and what all of them spend by
// themselves is not grave.
func (s *Scene) onlyTail(c *Cause) bool {
	return c.Lead.Key.Family == detector.Tail && !slices.ContainsFunc(c.More, func(e *detector.Evidence) bool {
		return e.Key.Family == detector.OwnTime && e.Shift.Effect > 0 && s.delay(e) >= Grave
	})
}

// Relief reports whether evidence says that something got faster. It ranks causes of
// what is known to be wrong, but by itself nobody need be woken.
func Relief(e *detector.Evidence) bool {
	return (e.Key.Family == detector.OwnTime || e.Key.Family == detector.EdgeGap) && e.Shift.Effect < 0
}

// Faults counts the faults that ranked causes were parted into. Causes 0 to Faults-1 are
// the first of each. Beside a host or the load there is no other fault.
func Faults(causes []Cause) int {
	n := 0
	for n < len(causes) && causes[n].Fault == n {
		n++
	}
	return n
}

// placed makes faults of their own of causes that sit on one instance or version of their
// service while its others are as usual: what happens at another service strikes all of them
// alike. What shares a host with the first cause of a fault does not. The causes have been looked into.
func (s *Scene) placed(causes []Cause) []Cause {
	n := Faults(causes)
	for i := n; i < len(causes) && n < mostAtOnce; i++ {
		c := causes[i]
		if !s.mayBegin(&c) || !c.onePlace() || slices.ContainsFunc(causes[:n], func(f Cause) bool { return f.Level.Host != "" && f.Level.Host == c.Level.Host }) {
			continue
		}
		c.Fault = n
		causes = slices.Insert(slices.Delete(causes, i, i+1), n, c)
		n++
	}
	return causes
}

// onePlace reports whether what was measured at a service sits on one of several instances
// or versions of it.
func (c *Cause) onePlace() bool {
	l := &c.Level
	named := l.Instance != "" && !l.Only || l.Attribute != nil && l.Attribute.Key == versionKey
	return named && l.Split != nil && c.Lead.Key.Site.Service == c.Site.Service
}
