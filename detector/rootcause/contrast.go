package rootcause

import (
	"math"
	"slices"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

// Contrast is what the traces with one value of a dimension say beside all others. What is
// slow for one tenant is a few slow traces among many: the mean of all hardly moves, and a few
// slow traces are often chance. But chance does not choose those of one tenant.
type Contrast struct {
	LogP  float64 // log of the chance that so many of the slow traces have the value
	Part  float64 // of the traces of the operation that have the value; 0 if nothing could be compared
	Tried int     // values that were looked at
}

// timed reports whether a family is a time.
func timed(f detector.Family) bool {
	return f == detector.OwnTime || f == detector.Tail || f == detector.EdgeGap
}

// slowest is the share of usual traces that are called slow here.
const slowest = 0.05

// contrast counts the slow traces with a value and without, each measured against what is
// usual for its kind, and asks how likely so many of them have the value if slow ones are spread
// over all at random (Fisher's exact test). How slow they are plays no part, so one that took
// a hundred times as long counts as one. A value that was hardly seen in healthy windows has no
// usual, and is left to the evidence of all. Where what stood above a call is lost nobody knows whether it
// has the value, so it counts on neither side.
func contrast(d model.Attr, now, healthy []observation, tried int) Contrast {
	now, healthy = known(d.Key, now), known(d.Key, healthy)
	var usual [2]sums // without, with
	for i := range healthy {
		o := &healthy[i]
		usual[o.side(d)].add(o.x)
	}
	if usual[0].n < minInside || usual[1].n < minInside {
		return Contrast{}
	}
	usually := deviations(d, healthy, usual)
	all := slices.Concat(usually[0], usually[1])
	slices.Sort(all)
	limit := all[int(math.Ceil((1-slowest)*float64(len(all))))-1]
	var slow, others [2]int
	for side, these := range deviations(d, now, usual) {
		for _, x := range these {
			if x > limit {
				slow[side]++
			} else {
				others[side]++
			}
		}
	}
	p, _ := stats.FisherExact(slow[1], others[1], slow[0], others[0])
	with, without := slow[1]+others[1], slow[0]+others[0]
	return Contrast{
		LogP:  math.Log(max(p, math.SmallestNonzeroFloat64)),
		Part:  float64(with) / float64(max(with+without, 1)),
		Tried: tried,
	}
}

// known are the observations of which it is known whether they have a value of a key.
func known(key model.Sym, all []observation) []observation {
	lacks := func(o observation) bool { return o.lacks(key) }
	if !slices.ContainsFunc(all, lacks) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), lacks)
}

// side is 1 for an observation with a value and 0 for others.
func (o *observation) side(d model.Attr) int {
	if slices.Contains(o.dims, d) {
		return 1
	}
	return 0
}

// deviations are the mean deviations from what is usual of each trace, without a value and with
// it: the calls of one trace are not independent.
func deviations(d model.Attr, all []observation, usual [2]sums) (out [2][]float64) {
	for len(all) > 0 {
		var of [2]sums
		trace := all[0].trace
		for len(all) > 0 && all[0].trace == trace {
			side := all[0].side(d)
			of[side].add(all[0].x - usual[side].mean())
			all = all[1:]
		}
		for side := range of {
			if of[side].n > 0 {
				out[side] = append(out[side], of[side].mean())
			}
		}
	}
	return out
}
