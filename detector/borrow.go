package detector

import (
	"slices"

	"culprit/internal/stats"
)

// borrowed is how many windows of its own what others of its family tell about a
// quantity is worth. If their variances have an inverse gamma distribution, which four
// leaves as wide as one with a mean can be, then the value to mix in is (borrowed - 2) /
// borrowed of that mean.
const borrowed = 4

// timing is a time in the newest windows, beside what is usual.
type timing struct {
	key     Key
	windows int
	now     Stat    // log time, or the deviation of own time from what it is in its contexts
	plain   Stat    // log time
	usual   float64 // usual log own time
	traces  float64
	within  float64 // variance within healthy windows
}

// lent is a time that was compared, and waits for what others of its family tell.
type lent struct {
	timing
	stats.Comparison
	alone stats.Shift // without them
}

// lending is memory for the times that wait, which the next verdict uses again.
type lending struct {
	lent []lent
	room stats.Room
}

// timed judges a time; past are the healthy windows.
func (j *judge) timed(t *timing, past []Stat, floor float64) {
	t.within = within(past)
	l := j.lends
	if l == nil {
		j.out = append(j.out, t.shifted(j.means(t.key.Family, past, t.now, floor)))
		return
	}
	healthy, now := j.asGroups(past, t.now)
	l.lent = append(l.lent, lent{timing: *t, Comparison: j.effects(t.key.Family).Compare(&l.room, healthy, now, floor)})
}

// shifted is the evidence of a time that has shifted so.
func (t *timing) shifted(s stats.Shift) Evidence {
	e := Evidence{Key: t.key, Windows: t.windows, Shift: s, Sure: sure(t.within, t.now, s)}
	switch t.key.Family {
	case OwnTime:
		e.Before, e.Now = stats.UnlogMS(t.usual), stats.UnlogMS(t.usual+s.Effect)
	case QueueWait:
		e.Before, e.Now = max(0, stats.UnlogMS(s.Mu)-float64(delivery)/1e6), max(0, stats.UnlogMS(t.plain.Mean)-float64(delivery)/1e6)
	default:
		e.Before, e.Now = stats.UnlogMS(s.Mu), stats.UnlogMS(t.plain.Mean)
	}
	e.PerCall = e.Now - e.Before
	e.PerTrace = e.PerCall * t.plain.N / t.traces
	e.Share = min(1, t.plain.Groups/t.traces)
	return e
}

// lend finds how restless the times of each family usually are, and judges those that wait
// for it. Shares are not alike: some calls are always made, others depend on what is in
// the cart. What others tell is about chance, so it counts in Sure; shown is the shift of
// each by itself, and causes are ranked by that, or of two that moved alike the one that
// is lent more would come first.
func (j *judge) lend() {
	l := j.lends
	if l == nil {
		return
	}
	j.lends = nil
	names := NamesOf(j.b.table)
	order := make([]*lent, len(l.lent))
	for i := range l.lent {
		order[i] = &l.lent[i]
	}
	slices.SortFunc(order, func(a, b *lent) int { return names.CompareKeys(a.key, b.key) })
	var n [families]float64
	for _, t := range order {
		t.alone = t.Shift(stats.Prior{})
		if t.alone.DF > 0 {
			n[t.key.Family]++
			j.priors[t.key.Family].Tau2 += t.alone.Tau2
		}
	}
	for f := range j.priors {
		if n[f] > 0 {
			j.priors[f] = stats.Prior{Tau2: j.priors[f].Tau2 / n[f] * (borrowed - 2) / borrowed, DF: borrowed}
		}
	}
	for _, t := range order {
		e := t.shifted(t.Shift(j.priors[t.key.Family]))
		e.Shift = t.alone
		j.out = append(j.out, e)
	}
	l.lent = l.lent[:0]
	l.room.Clear()
}
