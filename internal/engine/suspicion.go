package engine

import (
	"maps"
	"math"
	"slices"

	"culprit/internal/incident"
	"culprit/internal/stats"
)

// suspicion adds up what speaks for one cause over the windows in which it was seen,
// with an e-detector. One window opens an incident by itself only if chance is so far off
// that the model of chance may be wrong by a third of its digits; otherwise the cause must
// come back. The tails of latency are heavier than some healthy windows tell, but a fluke
// does not come back, and a fault does.
//
// A rare operation is judged over several windows at once. Verdicts that share a window
// are one look, and the surest of them counts.
type suspicion struct {
	Before stats.EDetector // up to the look at hand
	Now    stats.EDetector // with it
	LogP   float64         // log chance of the look at hand
	Began  int64           // end of the window that began it
	Grave  bool            // some window of it was worth an incident
}

// look takes in the verdict on the windows from one time to another.
func (s *suspicion) look(from, to int64, c odds) {
	switch {
	case s.Began == 0 || from >= s.Began: // a new look
		s.Before, s.Began = s.Now, to
		s.LogP = s.of(c)
	default:
		s.LogP = min(s.LogP, s.of(c))
	}
	s.Now = s.Before
	s.Now.Add(math.Exp(s.LogP))
	s.Grave = s.Grave || c.grave
}

// of is the log chance that counts: once the evidence of earlier looks is worth the choice
// among all services, the next one need not pay for it again.
func (s *suspicion) of(c odds) float64 {
	if s.Before.R >= float64(c.services) {
		return c.again
	}
	return c.fresh
}

// faint is the evidence below which a suspicion is forgotten: what one window that
// says nothing leaves.
const faint = 0.5

// suspect takes in a finding about the windows from one time to another and reports
// whether it opens an incident. What was suspected under another name of the same fault
// goes on.
func (a *alarm) suspect(f *incident.Finding, from, to int64, c odds) bool {
	s := a.suspicions[f.Cause]
	if s == nil {
		s = &suspicion{}
		for _, other := range f.Related {
			if o := a.suspicions[other]; o != nil && o.Now.R > s.Now.R {
				*s = *o
			}
		}
		a.suspicions[f.Cause] = s
	}
	s.look(from, to, c)
	return s.Grave && s.Now.R >= 1/a.level()
}

// doubt is the evidence from which a window may be part of a fault: by chance alone a
// suspicion is worth as much in one of ten windows at most.
const doubt = 3

// suspects reports whether something is suspected that may well be a fault.
func (a *alarm) suspects() bool {
	for _, s := range a.suspicions {
		if s.Now.R >= doubt {
			return true
		}
	}
	return false
}

// fade ends a window at to for the suspicions other than those that it raised: it speaks
// against them. One that opened an incident has had its say.
func (a *alarm) fade(to int64, raised []string) {
	maps.DeleteFunc(a.suspicions, func(cause string, s *suspicion) bool {
		if slices.Contains(raised, cause) {
			return false
		}
		if s.Now.R >= 1/a.level() {
			return true
		}
		s.look(to, to, odds{})
		return s.Now.R <= faint
	})
}

// keptSuspicion is a suspicion in a snapshot.
type keptSuspicion struct {
	Cause string
	State suspicion
}

// keep lists the suspicions by cause.
func (a *alarm) keep() []keptSuspicion {
	var out []keptSuspicion
	for _, cause := range slices.Sorted(maps.Keys(a.suspicions)) {
		out = append(out, keptSuspicion{cause, *a.suspicions[cause]})
	}
	return out
}
