package detector

import (
	"math"
	"slices"
)

// SeasonHour is what a quantity was in one hour of the past weeks, in the unit in which it
// is told: ms, a share, a number.
type SeasonHour struct {
	Usual     float64 // the median of the weeks
	Low, High float64 // the least and the most of five minutes in these weeks
	Weeks     int     // of the last three, how many had it; from two on it is part of normal
}

// Season lists what a quantity was in each hour of the week, Monday 00:00 UTC first, in
// the last three times that the hour came and ended; nil where nothing is known. A key
// without parent asks for all contexts, each with the weight of its traces.
func (b *Baseline) Season(k Key) []SeasonHour {
	found := map[Key]*season{}
	for x, s := range b.seasons.known {
		if k.covers(x) {
			found[x] = s
		}
	}
	if len(found) == 0 {
		return nil
	}
	var parts []*season
	for _, x := range sortKeys(NamesOf(b.table), found) {
		parts = append(parts, found[x])
	}
	out := make([]SeasonHour, weekHours)
	for i := range out {
		last := b.seasons.hour - 1 // the hour at hand has not ended
		_, of := weekOf(last)
		last -= (of - int32(i) + weekHours) % weekHours
		out[i] = k.Family.hourOver(parts, last)
	}
	return out
}

// hourOver is an hour of the week over contexts and weeks; last is when it was last.
func (f Family) hourOver(parts []*season, last int32) SeasonHour {
	var room [seasonPast]float64
	usual := room[:0]
	x := SeasonHour{Low: math.Inf(1), High: math.Inf(-1)}
	for w := range int32(seasonPast) {
		var n, mean, low, high float64
		for _, p := range parts {
			if h := p.of(last - w*weekHours); h.n > 0 {
				t := traces(h.n)
				n += t
				mean += t * f.unpack(h.mean)
				low += t * f.unpack(h.low)
				high += t * f.unpack(h.high)
			}
		}
		if n > 0 {
			usual = append(usual, mean/n)
			x.Low, x.High = min(x.Low, low/n), max(x.High, high/n)
		}
	}
	if x.Weeks = len(usual); x.Weeks == 0 {
		return SeasonHour{}
	}
	slices.Sort(usual)
	mid := (usual[(len(usual)-1)/2] + usual[len(usual)/2]) / 2
	x.Usual, x.Low, x.High = f.told(mid), f.told(x.Low), f.told(x.High)
	return x
}

// told turns the unit of seasons into the one in which a quantity is told.
func (f Family) told(x float64) float64 {
	if f == Traffic {
		return math.Exp(x)
	}
	return f.Plain(Stat{N: 1, Mean: x})
}
