package rootcause

import (
	"maps"
	"slices"

	"culprit/detector"
	"culprit/model"
)

// Cause is a suspected site with all that speaks against it.
type Cause struct {
	Site  detector.Site
	Kind  string
	Score float64
	Lead  *detector.Evidence
	More  []*detector.Evidence
	Level Level
	Fault int // which of several faults at once it belongs to, 0 the gravest

	kinds kinds // of trouble at Site
}

// kinds are the largest weights of a few kinds of trouble.
type kinds []struct {
	kind   string
	weight float64
}

func (k *kinds) raise(kind string, weight float64) {
	for i := range *k {
		if x := &(*k)[i]; x.kind == kind {
			x.weight = max(x.weight, weight)
			return
		}
	}
	*k = append(*k, struct {
		kind   string
		weight float64
	}{kind, max(weight, 0)})
}

// of is the weight of a kind, 0 if there is none of it.
func (k kinds) of(kind string) float64 {
	for i := range k {
		if k[i].kind == kind {
			return k[i].weight
		}
	}
	return 0
}

// rest is how much of its further evidence a service's score takes from the rest of
// its sites: ties between services go to the one with more trouble.
const rest = 0.1

// Rank orders what could have caused the evidence, the likeliest first: one cause
// for each service seen in the window, before them the load if it explains them. Of several
// faults at once the first cause of each stands before the second of any.
func Rank(s *Scene) []Cause {
	s.leaveOut()
	all := s.blames()
	out := s.causes(all)
	if c, ok := s.load(out); ok {
		return slices.Insert(out, 0, c)
	}
	if len(out) > 0 && out[0].Score >= Grave && !s.without(partedRule) {
		out = s.part(out, all)
	}
	return out
}

// causes gathers what speaks against each service, the likeliest first.
func (s *Scene) causes(all []blame) []Cause {
	bySite := map[detector.Site]*Cause{}
	for _, b := range all {
		c := bySite[b.site]
		if c == nil {
			c = &Cause{Site: b.site}
			bySite[b.site] = c
		}
		c.kinds.raise(b.kind, b.weight)
		if b.weight > c.Score {
			if c.Lead != nil {
				c.More = append(c.More, c.Lead)
			}
			c.Score, c.Kind, c.Lead = b.weight, b.kind, b.evidence
		} else {
			c.More = append(c.More, b.evidence)
		}
	}
	names := detector.NamesOf(s.Table)
	best := map[model.Sym]*Cause{}
	weighs := map[model.Sym]float64{}
	for _, site := range slices.SortedFunc(maps.Keys(bySite), names.Compare) {
		c := bySite[site]
		c.queueing()
		weighs[site.Service] += c.Score
		have := best[c.Site.Service]
		if have == nil || c.Score > have.Score || c.Score == have.Score && names.Compare(c.Site, have.Site) < 0 {
			best[c.Site.Service] = c
		}
	}
	for v := range s.Now.Services() {
		if best[v] == nil {
			best[v] = &Cause{Site: detector.Site{Service: v}, Kind: model.KindOwnTime}
		}
	}
	out := make([]Cause, 0, len(best))
	for v, c := range best {
		c.Score += rest * (weighs[v] - c.Score)
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Cause) int {
		if c := cmpFloat(b.Score, a.Score); c != 0 {
			return c
		}
		return names.Compare(a.Site, b.Site)
	})
	return out
}

// Deepen looks into the first causes for the instance, host, version or attribute
// that holds their effect. It reads the sampled traces and costs more than all the
// rest, so only what will be published is looked into. A host that several services
// agree on becomes the first cause, and the only fault: it troubles everyone.
func Deepen(s *Scene, causes []Cause) []Cause {
	if len(causes) == 0 {
		return causes
	}
	firsts := Faults(causes)
	var into []*Cause
	for i := range causes[:min(len(causes), deepest)] {
		if c := &causes[i]; c.Kind != model.KindLoad && (c.Score >= lookInto*causes[0].Score || i < firsts) && c.Lead != nil {
			into = append(into, c)
		}
	}
	s.deepen(into)
	if host, ok := sharedHost(causes); ok && !s.without(hostRule) {
		return slices.Insert(causes, 0, host)
	}
	if causes[0].Kind == model.KindLoad || s.without(partedRule) {
		return causes
	}
	return s.placed(causes)
}

// lookInto is the part of the first score from which a cause is looked into.
const lookInto = 0.05
