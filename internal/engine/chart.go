package engine

import (
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/internal/stats"
	"culprit/model"
)

// quantity is what a chart follows: what it is called, its unit, and where it is measured.
// Names of its own (own_time, duration, rate) are read from distributions and counts, all
// others are judged quantities.
type quantity struct {
	name, unit string
	key        detector.Key
}

const (
	ownTime  = "own_time"
	duration = "duration"
	rate     = "rate"
)

// in gives a quantity in the summary of its operation, with its 95th percentile or a negative number for
// none; ok is false where it was not seen.
func (p *past) in(s *detector.Summary, q quantity) (x, high float64, ok bool) {
	switch q.name {
	case ownTime:
		var all stats.Sketch
		for k, c := range s.Contexts {
			if k.Site == q.key.Site {
				all.Merge(&c.Sketch)
			}
		}
		return stats.UnlogMS(all.Quantile(0.5)), stats.UnlogMS(all.Quantile(0.95)), all.Count() > 0
	case duration:
		entry := s.Entries[q.key.Site]
		if entry == nil {
			return 0, 0, false
		}
		return stats.UnlogMS(entry.Sketch.Quantile(0.5)), stats.UnlogMS(entry.Sketch.Quantile(0.95)), true
	case rate:
		return p.baseline.Measure(s, q.key).N / (float64(s.To-s.From) / 1e9), -1, true
	}
	v := p.baseline.Measure(s, q.key)
	return q.key.Family.Plain(v), -1, v.N > 0
}

// The two ways in which a band comes about: nine in ten of the values of healthy windows
// lie in it, or nine in ten of the windows.
const (
	basisValues  = "values"
	basisWindows = "windows"
	bandLow      = 0.05
	bandHigh     = 0.95
)

// band gives a chart what is usual.
func (p *past) band(c *model.Chart, q quantity) {
	var values *stats.Sketch
	var past []float64
	switch q.name {
	case ownTime:
		values = p.baseline.OwnTimes(q.key.Site)
	case duration:
		values = p.baseline.EntryTimes(q.key.Site)
	case rate:
		for _, x := range p.baseline.Past(q.key) {
			past = append(past, x.N/p.cfg.Window.Seconds())
		}
	default:
		for _, x := range p.baseline.Past(q.key) {
			past = append(past, q.key.Family.Plain(x))
		}
	}
	switch {
	case values != nil && values.Count() > 0:
		c.Basis, c.Low, c.Usual, c.Top = basisValues, msAt(values, bandLow), msAt(values, 0.5), msAt(values, bandHigh)
	case len(past) > 0:
		slices.Sort(past)
		c.Basis, c.Low, c.Usual, c.Top = basisWindows, sorted(past, bandLow), sorted(past, 0.5), sorted(past, bandHigh)
	}
}

// msAt is a quantile in ms.
func msAt(s *stats.Sketch, q float64) model.Number { return model.Number(stats.UnlogMS(s.Quantile(q))) }

// sorted is the value at a quantile of sorted values.
func sorted(xs []float64, q float64) model.Number {
	return model.Number(xs[int(q*float64(len(xs)-1)+0.5)])
}

// chart follows a quantity over the windows in memory.
func (p *past) chart(q quantity) model.Chart {
	c := model.Chart{
		Quantity: q.name, Unit: q.unit, Service: p.table.Name(q.key.Site.Service), Operation: p.table.Name(q.key.Site.Operation),
		Callee: p.table.Name(q.key.Callee),
		At:     []int{}, Value: []model.Number{}, High: []model.Number{}, Step: model.Number(p.cfg.Window.Seconds()),
	}
	if k := q.key.Child; k != (detector.Site{}) {
		c.Callee = p.table.Name(k.Service) + " " + p.table.Name(k.Operation)
	}
	p.band(&c, q)
	if len(p.retained) > 0 {
		c.From = time.Unix(0, p.retained[0].sum.From).UTC()
	}
	for _, w := range p.retained {
		p.extend(&c, q, w)
	}
	return c
}

// mostPoints bounds a chart: beyond it every second of the older points goes.
const mostPoints = 240

// extend adds a window to a chart.
func (p *past) extend(c *model.Chart, q quantity, w *window) {
	x, high, ok := p.in(w.of(q.key.Site), q)
	if !ok {
		return
	}
	if len(c.At) >= mostPoints {
		c.At, c.Value, c.High = halved(c.At), halved(c.Value), halved(c.High)
	}
	c.At = append(c.At, int((w.sum.From-c.From.UnixNano())/p.cfg.Window.Nanoseconds()))
	c.Value = append(c.Value, model.Number(x))
	if high >= 0 {
		c.High = append(c.High, model.Number(high))
	}
}

// halved leaves out every second element, into a slice of its own.
func halved[T any](xs []T) []T {
	out := []T{}
	for i := 0; i < len(xs); i += 2 {
		out = append(out, xs[i])
	}
	return out
}

// ofSite are the quantities of an operation: its own time, errors and rate.
func ofSite(site detector.Site) []quantity {
	key := detector.Key{Family: detector.Errors, Site: site} // its N counts every call
	return []quantity{{ownTime, "ms", detector.Key{Site: site}}, {"error", "share", key}, {rate, "per second", key}}
}

// ofEntry are what the users of an entry point feel.
func ofEntry(site detector.Site) []quantity {
	return []quantity{
		{duration, "ms", detector.Key{Site: site}},
		{"entry_error", "share", detector.Key{Family: detector.EntryErrors, Site: site}},
		{"traffic", "per second", detector.Key{Family: detector.Traffic, Site: site}},
	}
}

// ofLead is what a cause rests on; ok is false where the charts of its operation or of
// the entry point show it already.
func ofLead(lead *detector.Evidence) (quantity, bool) {
	switch lead.Key.Family {
	case detector.OwnTime, detector.Tail, detector.Errors, detector.Traffic, detector.EntryTime, detector.EntryErrors:
		return quantity{}, false
	}
	name, unit := rootcause.FamilyWords(lead.Key.Family)
	return quantity{name, unit, lead.Key}, true
}

// charts draws quantities; those that no window in memory has are left out.
func (p *past) charts(qs []quantity) []model.Chart {
	out := []model.Chart{}
	for _, q := range qs {
		if c := p.chart(q); len(c.At) > 0 {
			out = append(out, c)
		}
	}
	return out
}
