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

	kinds map[string]float64 // the largest weight of each kind of trouble at Site
}

// rest is how much of its further evidence a service's score takes from the rest of
// its sites: ties between services go to the one with more trouble.
const rest = 0.1

// Rank orders what could have caused the evidence, the likeliest first: one cause
// for each service seen in the window, before them the load if it explains them.
func Rank(s *Scene) []Cause {
	s.leaveOut()
	bySite := map[detector.Site]*Cause{}
	for _, b := range s.blames() {
		c := bySite[b.site]
		if c == nil {
			c = &Cause{Site: b.site, kinds: map[string]float64{}}
			bySite[b.site] = c
		}
		c.kinds[b.kind] = max(c.kinds[b.kind], b.weight)
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
	all := map[model.Sym]float64{}
	for _, site := range slices.SortedFunc(maps.Keys(bySite), names.Compare) {
		c := bySite[site]
		c.queueing()
		all[site.Service] += c.Score
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
		c.Score += rest * (all[v] - c.Score)
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Cause) int {
		if c := cmpFloat(b.Score, a.Score); c != 0 {
			return c
		}
		return names.Compare(a.Site, b.Site)
	})
	if c, ok := s.load(out); ok {
		out = slices.Insert(out, 0, c)
	}
	return out
}

// Deepen looks into the first causes for the instance, host, version or attribute
// that holds their effect. It reads the sampled traces and costs more than all the
// rest, so only what will be published is looked into. A host that several services
// agree on becomes the first cause.
func Deepen(s *Scene, causes []Cause) []Cause {
	if len(causes) == 0 {
		return causes
	}
	var into []*Cause
	for i := range causes[:min(len(causes), deepest)] {
		if c := &causes[i]; c.Kind != model.KindLoad && c.Score >= lookInto*causes[0].Score && c.Lead != nil {
			into = append(into, c)
		}
	}
	s.deepen(into)
	if host, ok := sharedHost(causes); ok && !s.without(hostRule) {
		causes = slices.Insert(causes, 0, host)
	}
	return causes
}

// lookInto is the part of the first score from which a cause is looked into.
const lookInto = 0.05
