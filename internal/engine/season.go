package engine

import (
	"math"
	"slices"

	"culprit/detector"
	"culprit/model"
)

// seasonsOf tells what is usual for an operation in each hour of the week, for the
// quantities that are known of any.
func (p *past) seasonsOf(site detector.Site) []model.OperationSeason {
	out := []model.OperationSeason{}
	for _, q := range []quantity{
		{ownTime, "ms", detector.Key{Family: detector.OwnTime, Site: site}},
		{"error", "share", detector.Key{Family: detector.Errors, Site: site}},
		{duration, "ms", detector.Key{Family: detector.EntryTime, Site: site}},
		{"entry_error", "share", detector.Key{Family: detector.EntryErrors, Site: site}},
		{"traffic", "per second", detector.Key{Family: detector.Traffic, Site: site}},
	} {
		hours := p.baseline.Season(q.key)
		if !slices.ContainsFunc(hours, func(h detector.SeasonHour) bool { return h.Weeks > 0 }) {
			continue
		}
		s := model.OperationSeason{Quantity: q.name, Unit: q.unit}
		for _, h := range hours {
			usual, low, high := math.NaN(), math.NaN(), math.NaN()
			if h.Weeks > 0 {
				usual, low, high = h.Usual, h.Low, h.High
			}
			s.Usual = append(s.Usual, model.Number(usual))
			s.Low, s.High = append(s.Low, model.Number(low)), append(s.High, model.Number(high))
			s.Weeks = append(s.Weeks, h.Weeks)
		}
		out = append(out, s)
	}
	return out
}
