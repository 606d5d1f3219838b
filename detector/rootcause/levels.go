package rootcause

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

// Level is the deepest place that the evidence supports below an operation.
type Level struct {
	Instance  string           // the only one, or the one that holds the effect
	Only      bool             // there is no other instance
	Attribute *model.Attribute // the value that holds the effect
	Host      string           // the host that would explain the effect as well
	Exemplars []model.TraceID  // traces that show it best
	Split     *Split           // inside and outside the named value; nil if none is named
}

// Split compares one value of a dimension with all others.
type Split struct {
	Inside, Outside float64 // effects, each against its own usual
	Share           float64 // of the whole excess that the value holds
	gain            float64
	Contrast        Contrast
}

const (
	// deepest is how many of the first causes are looked into.
	deepest = 5
	// minInside is the fewest values on either side of a split.
	minInside = 5
	// leftOutside is the part of the effect that may be left outside the value that is
	// named: above it the value is touched harder, but not alone.
	leftOutside = 0.3
	// explained is the part of all excess that the value must hold.
	explained = 0.6
	// splitChance is the probability that a value is named by chance, over all that
	// were tried.
	splitChance = 1e-3
	// asGood is the part of the best split's gain at which another value tells the
	// same story.
	asGood = 0.9
)

// deepen finds the levels of some causes.
func (s *Scene) deepen(causes []*Cause) {
	now := s.observe(s.now(), causes...)
	var here []*Cause
	for i, c := range causes {
		if at := &c.Lead.Key; at.Site.Service == c.Site.Service || at.Callee == c.Site.Service {
			here = append(here, c)
			continue
		}
		// the evidence was measured at others: it says nothing about its instances
		c.Level = s.alone(c.Site.Service)
		c.Level.Exemplars = exemplars(now[i], nil, c.Lead.Shift.Effect < 0)
	}
	healthy := s.observe(s.Healthy, here...)
	for n, c := range here {
		c.Level = s.levelOf(c, now[slices.Index(causes, c)], healthy[n])
	}
}

// levelOf is the level of a cause: the one value of a dimension that holds its
// effect while the rest is as usual. Of several the one that parts the values best is
// named, as a decision stump would choose it.
func (s *Scene) levelOf(c *Cause, now, healthy []observation) Level {
	usual, all := split(healthy)
	have, _ := split(now)
	dims := make([]model.Attr, 0, len(have))
	for d := range have {
		dims = append(dims, d)
	}
	slices.SortFunc(dims, s.compareDims)
	level := s.only(dims)
	if level.Only {
		level.Host = s.hostOf(dims)
	}
	found := map[model.Attr]*Split{}
	var best model.Attr
	for _, d := range dims {
		f := try(d, now, usual, all, len(dims), c.Lead.Shift.Effect < 0)
		if f == nil {
			continue
		}
		found[d] = f
		if level.Split == nil || f.gain > level.Split.gain*(1+1e-9) {
			best, level.Split = d, f
		}
	}
	if level.Split == nil {
		level.Exemplars = exemplars(now, nil, c.Lead.Shift.Effect < 0)
		return level
	}
	level.Exemplars = exemplars(now, &best, c.Lead.Shift.Effect < 0)
	if timed(c.Lead.Key.Family) {
		level.Split.Contrast = contrast(best, now, healthy, len(dims))
	}
	if key := s.Table.Name(best.Key); key == instanceKey {
		level.Instance = s.Table.Name(best.Value)
	} else {
		level.Attribute = &model.Attribute{Key: key, Value: s.Table.Name(best.Value)}
	}
	for _, d := range dims {
		f := found[d]
		if f == nil || f.gain < asGood*level.Split.gain {
			continue
		}
		switch s.Table.Name(d.Key) {
		case hostKey:
			level.Host = s.Table.Name(d.Value)
		case versionKey: // a version never seen before says more than where it runs
			if usual[d].n == 0 && level.Attribute == nil {
				level.Attribute = &model.Attribute{Key: versionKey, Value: s.Table.Name(d.Value)}
			}
		case instanceKey:
			level.Instance = s.Table.Name(d.Value)
		}
	}
	return level
}

// exemplars are the traces with the most extreme values, inside the named value if
// there is one; of equal ones those with the smallest trace IDs.
func exemplars(now []observation, inside *model.Attr, lower bool) []model.TraceID {
	best := slices.Clone(now)
	if inside != nil {
		best = slices.DeleteFunc(best, func(o observation) bool { return !slices.Contains(o.dims, *inside) })
	}
	slices.SortFunc(best, func(a, b observation) int {
		c := cmpFloat(b.x, a.x)
		if lower {
			c = -c
		}
		return cmp.Or(c, a.trace.Compare(b.trace))
	})
	var out []model.TraceID
	for _, o := range best {
		if !slices.Contains(out, o.trace) {
			out = append(out, o.trace)
		}
		if len(out) == mostExemplars {
			break
		}
	}
	return out
}

// alone names the instance of a service that has no other, by the sampled traces; a
// service that is silent now is looked up in the healthy ones.
func (s *Scene) alone(service model.Sym) Level {
	of := func(site detector.Site) bool { return site.Service == service }
	for _, samples := range [][]*detector.Traces{s.now(), s.Healthy} {
		var name model.Sym
		for _, sample := range samples {
			for _, k := range sample.With(of) {
				spans := sample.All[k].Spans
				for i := range spans {
					if spans[i].Service != service {
						continue
					}
					in := s.Table.ResourceOf(spans[i].Resource).Instance
					if in == 0 || name != 0 && in != name {
						return Level{}
					}
					name = in
				}
			}
		}
		if name != 0 {
			return Level{Instance: s.Table.Name(name), Only: true}
		}
	}
	return Level{}
}

// hostOf names the host where there is no other.
func (s *Scene) hostOf(dims []model.Attr) string {
	host := ""
	for _, d := range dims {
		if s.Table.Name(d.Key) != hostKey {
			continue
		}
		if host != "" {
			return ""
		}
		host = s.Table.Name(d.Value)
	}
	return host
}

// only names the instance where there is no other.
func (s *Scene) only(dims []model.Attr) Level {
	var l Level
	for _, d := range dims {
		if s.Table.Name(d.Key) != instanceKey {
			continue
		}
		if l.Only {
			return Level{}
		}
		l.Instance, l.Only = s.Table.Name(d.Value), true
	}
	return l
}

// try tests whether one value holds the effect alone; nil if it does not.
func try(d model.Attr, now []observation, usual map[model.Attr]sums, all sums, tried int, lower bool) *Split {
	var in, out sums
	for _, o := range now {
		switch {
		case slices.Contains(o.dims, d):
			in.add(o.x)
		case !o.lacks(d.Key):
			out.add(o.x)
		}
	}
	if in.n < minInside || out.n < minInside || all.n < minInside {
		return nil
	}
	baseIn, baseOut := usual[d], all.minus(usual[d])
	if baseIn.n < minInside { // a new value: what was usual for the rest was usual
		baseIn = all
	}
	if baseOut.n < minInside {
		baseOut = all
	}
	inside, outside := in.mean()-baseIn.mean(), out.mean()-baseOut.mean()
	if lower {
		inside, outside = -inside, -outside
	}
	if inside <= 0 || outside > leftOutside*inside {
		return nil
	}
	rest := max(0, outside)
	share := in.n * inside / (in.n*inside + out.n*rest)
	if share < explained {
		return nil
	}
	within := (in.scatter() + out.scatter() + all.scatter()) / max(in.n+out.n+all.n-3, 1)
	se := math.Sqrt(max(within, 1e-4)*(1/in.n+1/out.n+1/baseIn.n+1/baseOut.n) + floorSplit*floorSplit)
	if stats.LogNormalTail((inside-rest)/se)+math.Log(float64(tried)) > math.Log(splitChance) {
		return nil
	}
	gain := in.n * out.n / (in.n + out.n) * (inside - outside) * (inside - outside)
	return &Split{Inside: inside, Outside: outside, Share: share, gain: gain}
}

// floorSplit is the difference between values that never matters: 3 % of a time.
const floorSplit = 0.03

// compareDims orders dimensions: instance first, then attributes by key and value.
func (s *Scene) compareDims(a, b model.Attr) int {
	if c := strings.Compare(s.Table.Name(a.Key), s.Table.Name(b.Key)); c != 0 {
		return c
	}
	return strings.Compare(s.Table.Name(a.Value), s.Table.Name(b.Value))
}

// sums are the moments of some values.
type sums struct{ n, sum, sq float64 }

func (g *sums) add(x float64) { g.n++; g.sum += x; g.sq += x * x }

func (g sums) minus(h sums) sums { return sums{g.n - h.n, g.sum - h.sum, g.sq - h.sq} }

func (g sums) mean() float64 { return g.sum / max(g.n, 1) }

// scatter is the sum of squared deviations from the mean.
func (g sums) scatter() float64 { return max(0, g.sq-g.sum*g.sum/max(g.n, 1)) }

func split(obs []observation) (by map[model.Attr]sums, all sums) {
	by = map[model.Attr]sums{}
	for _, o := range obs {
		all.add(o.x)
		for _, d := range o.dims {
			g := by[d]
			g.add(o.x)
			by[d] = g
		}
	}
	return by, all
}

// sharedScore is the part of the first score that another service on the same host
// must reach for the host to be the cause.
const sharedScore = 0.1

// sharedHost makes a cause of a host that holds the effect of several services at
// once. At least one of them must show the contrast, being as usual on its other hosts;
// services with a single instance there may join it, unless all that is said of them is that
// they call less: that follows from the others.
func sharedHost(causes []Cause) (Cause, bool) {
	for _, lead := range causes {
		host := lead.Level.Host
		if host == "" || lead.Level.Split == nil || lead.Score < sharedScore*causes[0].Score {
			continue
		}
		c := Cause{Kind: lead.Kind, Lead: lead.Lead, Level: Level{Attribute: &model.Attribute{Key: hostKey, Value: host}, Host: host, Split: lead.Level.Split, Exemplars: lead.Level.Exemplars}}
		services, first := 0, false
		for i, other := range causes {
			if other.Level.Host == host && other.Score >= sharedScore*causes[0].Score && (i == 0 || other.Kind != model.KindStructure) {
				services++
				first = first || i == 0
				c.Score += other.Score
				c.More = append(c.More, other.Lead)
			}
		}
		if services > 1 && first {
			return c, true
		}
	}
	return Cause{}, false
}
