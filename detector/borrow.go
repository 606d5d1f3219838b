package detector

import (
	"math"

	"culprit/internal/stats"
)

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
}

// lending is memory for the times that wait, which the next verdict uses again.
type lending struct {
	lent []lent
	room stats.Room
}

// lentShare is such a share; its evidence is told already, but for how sure it is.
type lentShare struct {
	stats.ShareComparison
	scatter stats.Scatter
}

// timed judges a time; past are the healthy windows.
func (j *judge) timed(t *timing, past []Stat, floor float64) {
	t.within = within(past)
	if !j.b.borrows {
		s := j.means(past, t.now, floor)
		j.out = append(j.out, t.shifted(s, s))
		return
	}
	healthy, now := j.asGroups(past, t.now)
	if l := j.lends; l != nil {
		l.lent = append(l.lent, lent{*t, j.effects().Compare(&l.room, healthy, now, floor)})
		return
	}
	var room stats.Room
	c := j.effects().Compare(&room, healthy, now, floor)
	j.out = append(j.out, t.shifted(j.told(c.Shift(), c.Among(&j.restless[t.key.Family]))))
}

// told are the shift that a quantity is shown and ranked with, and the one that says how far
// beyond chance it is. With few windows in all both are what others tell as well; with
// more, some have windows enough to be asked alone, and of two that moved alike the one that is
// lent more would come first.
func (j *judge) told(alone, among stats.Shift) (shown, chance stats.Shift) {
	if j.few {
		return among, among
	}
	return alone, among
}

// shifted is the evidence of a time that has shifted so; chance says how sure that is.
func (t *timing) shifted(s, chance stats.Shift) Evidence {
	e := Evidence{Key: t.key, Windows: t.windows, Shift: s, Sure: sure(t.within, t.now, chance)}
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

// shared judges a share: past are the healthy windows, and usual is what they hold. Shares
// borrow while there are few windows in all; later most are settled by their sums.
func (j *judge) shared(k Key, past []Stat, now Stat, usual *amounts) (s stats.Shift, sure float64) {
	if !j.few {
		s = j.shares(past, now)
		return s, math.Abs(s.Z)
	}
	c := j.effects().CompareShares(j.asRates(past), asRate(now), floorShare)
	s = c.Shift()
	if j.lends != nil {
		j.lentShares[k] = lentShare{c, usual.scatter()}
		return s, math.Abs(s.Z)
	}
	s, chance := j.told(s, c.Among(&j.restless[k.Family], usual.scatter()))
	return s, math.Abs(chance.Z)
}

// scatters takes in how far the healthy windows of a share lie from each other, whether or not
// it is compared: only those that differ now are, and they are not like the others.
func (j *judge) scatters(f Family, usual *amounts) {
	if !j.few || j.lends == nil {
		return
	}
	if s := usual.scatter(); s.DF > 0 {
		j.scattered[f] = append(j.scattered[f], s)
	}
}

// lend finds how restless the quantities of each family usually are, and judges those that
// wait for it: how large a shift is, it tells itself, and how far beyond chance, the others
// as well.
func (j *judge) lend() {
	l := j.lends
	if l == nil {
		return
	}
	j.lends = nil
	for i := range l.lent {
		t := &l.lent[i]
		j.scattered[t.key.Family] = append(j.scattered[t.key.Family], t.Scatter())
	}
	for f, s := range j.scattered {
		j.restless[f] = stats.FitRestless(s)
	}
	for i := range l.lent {
		t := &l.lent[i]
		j.out = append(j.out, t.shifted(j.told(t.Shift(), t.Among(&j.restless[t.key.Family]))))
	}
	for i := range j.out {
		e := &j.out[i]
		if s, ok := j.lentShares[e.Key]; ok {
			shown, chance := j.told(e.Shift, s.Among(&j.restless[e.Key.Family], s.scatter))
			e.Shift, e.Sure = shown, math.Abs(chance.Z)
		}
	}
	l.lent = l.lent[:0]
	l.room.Clear()
}
