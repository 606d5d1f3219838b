package rootcause

import (
	"cmp"
	"math"
	"slices"

	"culprit/detector"
	"culprit/model"

	"culprit/internal/stats"
)

// mostSplits is how many values a breakdown lists.
const mostSplits = 16

// Breakdown compares the calls of a cause by the values of their attributes, instances and
// hosts, each with what was usual for that value, on the sampled traces. Keys with one
// value tell nothing and are left out, unless the verdict names it. Where there are too
// many, those whose effect differs most from the rest stay. Sorted by key and value.
func Breakdown(s *Scene, c *Cause) []model.AttributeSplit {
	out := []model.AttributeSplit{}
	if c.Lead == nil {
		return out
	}
	have, now := split(s.observe(s.now(), c)[0])
	usual, all := split(s.observe(s.Healthy, c)[0])
	values := map[model.Sym]int{}
	for d := range have {
		values[d.Key]++
	}
	type candidate struct {
		model.AttributeSplit
		stands float64
	}
	var found []candidate
	for d, in := range have {
		x := candidate{AttributeSplit: model.AttributeSplit{
			Key: s.Table.Name(d.Key), Value: s.Table.Name(d.Value),
			Calls: int(in.n), Share: model.Number(in.n / max(now.n, 1)),
		}}
		if x.Key == instanceKey {
			x.Key = "instance"
			x.Holds = x.Value == c.Level.Instance && c.Level.Split != nil
		} else {
			x.Holds = c.Level.Attribute != nil && *c.Level.Attribute == model.Attribute{Key: x.Key, Value: x.Value}
		}
		if in.n < minInside || values[d.Key] < 2 && !x.Holds {
			continue
		}
		base := usual[d]
		if base.n < minInside {
			base, x.New = all, true
		}
		x.Before, x.Now, x.Unit = plainly(c.Lead.Key.Family, base.mean()), plainly(c.Lead.Key.Family, in.mean()), familyWords[c.Lead.Key.Family].unit
		if c.Lead.Key.Family == detector.Tail {
			x.Unit = familyWords[detector.OwnTime].unit
		}
		x.stands = math.Abs((in.mean()-base.mean())-(now.mean()-all.mean())) * math.Sqrt(in.n)
		if x.Holds {
			x.stands = math.Inf(1)
		}
		found = append(found, x)
	}
	byName := func(a, b candidate) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value)) }
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(cmpFloat(b.stands, a.stands), byName(a, b)) })
	found = found[:min(len(found), mostSplits)]
	slices.SortFunc(found, byName)
	for _, x := range found {
		out = append(out, x.AttributeSplit)
	}
	return out
}

// plainly is a mean of observations in the unit in which the family is told.
func plainly(f detector.Family, mean float64) model.Number {
	switch f {
	case detector.OwnTime, detector.Tail, detector.EdgeGap:
		return model.Number(stats.UnlogMS(mean))
	case detector.Concurrency:
		return model.Number(math.Exp(mean))
	}
	return model.Number(mean)
}
