package rootcause

import (
	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

const (
	// fewestSteps is how many further calls parents must have given up to have ended after the
	// last one. Whoever leaves out one call only may well have dropped that one.
	fewestSteps = 2
	// goesOnAs is the chance below which another caller of the same operation that goes on
	// would have ended as well, had the answer been wrong.
	goesOnAs = 0.05
)

// misled reports whether parents that end after asking an operation were likelier misled by
// its answer than by their own code. Code that ends early may do so at any of its n steps, and
// after this one by a chance of one in n + 1; who cannot use an answer ends just there. So at
// least [fewestSteps] further calls must be missing, and nobody else who asks the same may go on as
// if nothing was wrong with the answer. Where one of them is gone, that explains it better.
func (s *Scene) misled(ck detector.ContextKey, c *context, asked detector.Site, gone map[model.Sym]bool) bool {
	if s.without(misledRule) {
		return false
	}
	steps := 0
	for _, e := range c.calls {
		if !fell(e) {
			continue
		}
		if gone[e.Key.Child.Service] {
			return false
		}
		steps++
	}
	return steps >= fewestSteps && !s.othersGoOn(ck, asked)
}

// othersGoOn reports whether another operation that asks the same goes on as usual, and more
// often than chance allows if the answer was to blame for who ends.
func (s *Scene) othersGoOn(ck detector.ContextKey, asked detector.Site) bool {
	mine := s.Now.Summary.Contexts[ck]
	if mine == nil || mine.Calls[asked] == nil {
		return false
	}
	ends := mine.Calls[asked]
	for other, c := range s.Now.Summary.Contexts {
		call := c.Calls[asked]
		if call == nil || other.Site == ck.Site {
			continue
		}
		usually := s.Baseline.Mean(detector.Key{Family: detector.Stops, Site: other.Site, Parent: other.Parent, Child: asked}).Mean
		often := s.Baseline.Mean(detector.Key{Family: detector.Calls, Site: other.Site, Parent: other.Parent, Child: asked}).Mean
		if usually > usuallyEnds*often {
			continue // for it this is the last call anyway
		}
		if p, _ := stats.FisherExact(int(ends.Last), int(ends.Parents-ends.Last), int(call.Last), int(call.Parents-call.Last)); p < goesOnAs {
			return true
		}
	}
	return false
}

// usuallyEnds is the part of its runs in which an operation may usually end after a call and
// still be a witness of who goes on.
const usuallyEnds = 0.1
