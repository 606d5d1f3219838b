package engine

import (
	"maps"

	"culprit/detector/rootcause"
	"culprit/model"
)

// mostAtOnce is how many faults one window may tell of.
const mostAtOnce = 4

// fault is what one incident is about.
type fault struct {
	causes []rootcause.Cause  // the likeliest first
	others map[model.Sym]bool // services that other faults of the window begin at
}

// faults groups the causes of a window by fault, the worst fault first. One fault shows in
// many places, so a cause is a fault of its own only if it begins where it stands (own time,
// network, errors; who is silent may not have been asked), is worth an incident, and no other fault is tied to it. The
// first fault keeps all causes as suspects, the others those tied to them.
func faults(s *rootcause.Scene, causes []rootcause.Cause) []fault {
	firsts := []int{0}
	ties := []map[model.Sym]bool{tied(s, &causes[0])}
	for i := 1; i < len(causes) && len(firsts) < mostAtOnce && separable(&causes[0]); i++ {
		free := begins(&causes[i])
		for n, first := range firsts {
			free = free && !ties[n][causes[i].Site.Service] && !neighbours(s, &causes[first], &causes[i])
		}
		if free {
			firsts, ties = append(firsts, i), append(ties, tied(s, &causes[i]))
		}
	}
	out := make([]fault, len(firsts))
	for n, first := range firsts {
		f := fault{others: map[model.Sym]bool{}}
		for _, other := range firsts {
			if other != first {
				f.others[causes[other].Site.Service] = true
			}
		}
		f.causes = append(f.causes, causes[first])
		for i, c := range causes {
			if i != first && (n == 0 || ties[n][c.Site.Service] && !f.others[c.Site.Service]) {
				f.causes = append(f.causes, c)
			}
		}
		out[n] = f
	}
	return out
}

// separable reports whether there may be a second fault beside a cause: a host and the load
// trouble everyone.
func separable(c *rootcause.Cause) bool { return c.Kind != model.KindLoad && c.Site.Service != 0 }

// begins reports whether a cause may be a fault by itself.
func begins(c *rootcause.Cause) bool {
	if c.Lead == nil || c.Score < least || relief(c.Lead) {
		return false
	}
	switch c.Kind {
	case model.KindOwnTime, model.KindNetwork, model.KindError:
		return true
	}
	return false
}

// tied lists the services that a cause at one of them can trouble: whoever waits for it; and
// whoever it calls, if what is wrong with it is what it calls, or how often.
func tied(s *rootcause.Scene, c *rootcause.Cause) map[model.Sym]bool {
	of := map[model.Sym]bool{c.Site.Service: true}
	out := s.Callers(of)
	if c.Kind == model.KindStructure || c.Kind == model.KindConcurrency {
		maps.Copy(out, s.Callees(of))
	}
	out[c.Site.Service] = true
	return out
}

// neighbours reports whether two causes share a way on which the trouble of one shows as
// the other's: a network, or calls that only the caller's spans tell of.
func neighbours(s *rootcause.Scene, a, b *rootcause.Cause) bool {
	blurred := a.Kind == model.KindNetwork || b.Kind == model.KindNetwork || s.Unseen(a.Site) || s.Unseen(b.Site)
	return blurred && s.Adjacent(a.Site.Service, b.Site.Service)
}
