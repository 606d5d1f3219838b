package compare

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"culprit/detector"
	"culprit/detector/bottleneck"
	"culprit/internal/stats"
	"culprit/model"
)

// entries are the entry points of both sides.
func (c *comparison) entries() []model.EntryChange {
	names := detector.NamesOf(c.table)
	q := map[detector.Key]float64{}
	for i := range c.judged.Evidence {
		e := &c.judged.Evidence[i]
		if e.Key.Family == detector.EntryTime || e.Key.Family == detector.EntryErrors {
			q[e.Key] = c.q[e]
		}
	}
	of := func(f detector.Family, site detector.Site) model.Number {
		if p, ok := q[detector.Key{Family: f, Site: site}]; ok {
			return model.Number(p)
		}
		return 1
	}
	var out []model.EntryChange
	for _, site := range c.order {
		was, is := c.usual[site], c.times[site]
		service, operation := names.Of(site)
		out = append(out, model.EntryChange{
			Service: service, Operation: operation, Before: was.Requests, Now: is.Requests,
			BeforeMeanMS: model.Number(was.MeanMS), NowMeanMS: model.Number(is.MeanMS),
			BeforeP50MS: model.Number(was.P50), NowP50MS: model.Number(is.P50),
			BeforeP99MS: model.Number(was.P99), NowP99MS: model.Number(is.P99),
			BeforeFailed: model.Number(share(was.Errors, was.Requests)), NowFailed: model.Number(share(is.Errors, is.Requests)),
			TimeQ: of(detector.EntryTime, site), FailedQ: of(detector.EntryErrors, site),
		})
	}
	slices.SortStableFunc(out, func(a, b model.EntryChange) int { return cmp.Compare(b.Now, a.Now) })
	return out
}

// services compares the time that requests of each entry point spend in each service,
// slice by slice: the mean now against the means of the earlier slices.
func (c *comparison) services(fdr float64) []model.ServiceChange {
	names := detector.NamesOf(c.table)
	before := c.before.ordered()
	var out []model.ServiceChange
	var p []float64
	for _, entry := range c.order {
		was := c.usual[entry]
		_, then := c.was.Paths.Services(entry)
		requests, now := c.is.Paths.Services(entry)
		if was.Requests == 0 || requests == 0 {
			continue
		}
		all := map[model.Sym]bool{}
		for v := range maps.Keys(then) {
			all[v] = true
		}
		for v := range maps.Keys(now) {
			all[v] = true
		}
		for v := range all {
			var groups []stats.Group
			for _, s := range before {
				if n, in := s.Paths.Services(entry); n > 0 {
					groups = append(groups, groupOf(n, in[v]))
				}
			}
			g := groupOf(requests, now[v])
			shift := stats.RandomEffects(groups, g, felt*was.MeanMS)
			mean := groupOf(was.Requests, then[v]).Mean
			service, operation := names.Of(entry)
			out = append(out, model.ServiceChange{
				Service: c.table.Name(v), Entry: service, EntryOperation: operation,
				BeforeMS: model.Number(mean), NowMS: model.Number(g.Mean), Z: model.Number(shift.Z),
			})
			p = append(p, min(1, 2*stats.NormalTail(math.Abs(shift.Z))))
		}
	}
	for i, q := range stats.BenjaminiHochberg(p) {
		s := &out[i]
		s.Q = model.Number(q)
		if q > fdr {
			continue
		}
		switch {
		case s.BeforeMS == 0:
			s.Kind = model.ChangeNew
		case s.NowMS == 0:
			s.Kind = model.ChangeGone
		default:
			s.Kind = pick(s.NowMS > s.BeforeMS, model.ChangeSlower, model.ChangeFaster)
		}
	}
	slices.SortFunc(out, func(a, b model.ServiceChange) int {
		return cmp.Or(cmp.Compare(math.Abs(float64(b.NowMS-b.BeforeMS)), math.Abs(float64(a.NowMS-a.BeforeMS))),
			strings.Compare(a.Service, b.Service), strings.Compare(a.Entry, b.Entry), strings.Compare(a.EntryOperation, b.EntryOperation))
	})
	return out
}

// groupOf is what a slice says about the time in a service; nil is none.
func groupOf(requests int64, s *bottleneck.Spread) stats.Group {
	if s == nil {
		s = &bottleneck.Spread{}
	}
	mean, variance := s.Stat(requests)
	return stats.Group{Mean: mean, Var: variance, N: float64(requests)}
}
