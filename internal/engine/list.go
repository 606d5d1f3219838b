package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/internal/stats"
	"culprit/model"
)

// List gives the operations seen in the window that holds at (zero: the newest), the
// strangest first, as they were judged then: of one service unless service is empty, and
// only those in whose names find stands, whatever its case. At most most are listed.
func (v *View) List(at time.Time, service, find string, most int) (model.OperationPage, error) {
	w, err := v.windowAt(at)
	if err != nil {
		return model.OperationPage{}, err
	}
	out := model.OperationPage{
		From: time.Unix(0, w.sum.From).UTC(), To: time.Unix(0, w.sum.To).UTC(),
		Threshold: number(w.judged.highest, w.judged.judged()), Operations: []model.OperationSummary{},
	}
	find = strings.ToLower(find)
	type row struct {
		site          detector.Site
		name          [2]string
		spans, errors int64
		own           stats.Sketch
	}
	rows := map[detector.Site]*row{}
	for k, c := range w.sum.Contexts {
		r := rows[k.Site]
		if r == nil {
			r = &row{site: k.Site, name: [2]string{v.table.Name(k.Site.Service), v.table.Name(k.Site.Operation)}}
			rows[k.Site] = r
		}
		r.spans += c.Tried // each call once: a call that only its caller recorded has two contexts
		r.errors += c.Errors
		r.own.Merge(&c.Sketch)
	}
	var all []*row
	for _, r := range rows {
		if r.spans > 0 && (service == "" || r.name[0] == service) && (find == "" || strings.Contains(strings.ToLower(r.name[0]+" "+r.name[1]), find)) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *row) int {
		return cmp.Or(cmp.Compare(w.judged.furthest(b.site), w.judged.furthest(a.site)), strings.Compare(a.name[0], b.name[0]), strings.Compare(a.name[1], b.name[1]))
	})
	out.Total = len(all)
	seconds := float64(w.sum.To-w.sum.From) / 1e9
	for _, r := range all[:min(len(all), most)] {
		tests := w.judged.by[r.site]
		usual := v.baseline.OwnTimes(r.site)
		rate := v.baseline.Mean(detector.Key{Family: detector.Errors, Site: r.site})
		x := model.OperationSummary{
			Service: r.name[0], Operation: r.name[1],
			PerSecond: model.Number(float64(r.spans) / seconds), ErrorRate: model.Number(float64(r.errors) / float64(max(r.spans, 1))),
			OwnP50MS: quantile(&r.own, 0.5), OwnP95MS: quantile(&r.own, 0.95),
			UsualP50MS: quantile(usual, 0.5), UsualP95MS: quantile(usual, 0.95), UsualErrors: number(rate.Mean, rate.N > 0),
			Z: number(0, false), Threshold: number(0, false),
		}
		if len(tests) > 0 {
			x.Z, x.Flagged = model.Number(z(&tests[0])), w.judged.flags(&tests[0])
			x.Threshold = model.Number(w.judged.limits[tests[0].Key.Family])
			x.Family, _ = rootcause.FamilyWords(tests[0].Key.Family)
		}
		out.Operations = append(out.Operations, x)
	}
	return out, nil
}

// quantile is a quantile in ms, null without values.
func quantile(s *stats.Sketch, q float64) model.Number {
	return number(float64(msAt(s, q)), s.Count() > 0)
}

// number is x, or null where there is none.
func number(x float64, there bool) model.Number {
	if !there {
		return model.Number(math.NaN())
	}
	return model.Number(x)
}
