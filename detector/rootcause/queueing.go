package rootcause

import (
	"math"
	"slices"

	"culprit/detector"
	"culprit/model"
)

const (
	// together is how many calls at once a parent must usually run for their loss to
	// mean anything.
	together = 1.3
	// apart is the part of the usual concurrency, in nats, that may be left when calls
	// are said to queue: HotROD's pool of one leaves nothing of ln 2.16, its slow
	// database, which only makes a lonely call before them longer, leaves half.
	apart = 0.3
)

// queueing turns a cause of own time into one of lost concurrency: a parent whose
// calls used to overlap and now run one after the other spends the time between them
// waiting for a turn, not working.
func (c *Cause) queueing() {
	if c.Kind != model.KindOwnTime || c.Lead.Key.Family != detector.OwnTime || c.Lead.Shift.Effect <= 0 {
		return
	}
	for i, e := range c.More {
		if e.Key.Family != detector.Concurrency || e.Key.Site != c.Lead.Key.Site || e.Shift.Z > -sure {
			continue
		}
		if e.Before >= together && math.Log(max(e.Now, 1)) <= apart*math.Log(e.Before) {
			c.Kind = model.KindConcurrency
			c.Lead, c.More[i] = e, c.Lead
			return
		}
	}
}

// Also lists the other kinds of trouble at the cause's site that weigh at least a
// share of its score, sorted: the same fault may show as one of them in the next
// window.
func (c *Cause) Also(share float64) []string {
	var out []string
	for _, x := range c.kinds {
		if x.kind != c.Kind && x.weight >= share*c.Score {
			out = append(out, x.kind)
		}
	}
	slices.Sort(out)
	return out
}

// toward names the service that most of the calls of a parent go to, "" if none gets
// more than half of them.
func (s *Scene) toward(e *detector.Evidence) string {
	calls := map[model.Sym]int64{}
	var all int64
	for _, c := range s.index().contexts[e.Key.Site] {
		for child, call := range c.Calls {
			calls[child.Service] += call.Total
			all += call.Total
		}
	}
	for service, n := range calls {
		if 2*n > all {
			return " to " + s.Table.Name(service)
		}
	}
	return ""
}
