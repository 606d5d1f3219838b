package detector

import "culprit/internal/stats"

// borrowed is how many windows of its own what others of its family tell about a
// quantity is worth. If their variances have an inverse gamma distribution, which four
// leaves as wide as one with a mean can be, then the value to mix in is (borrowed - 2) /
// borrowed of that mean.
const borrowed = 4

// times judges the quantities that borrow from each other.
func (j *judge) times() {
	j.ownTimes()
	for k := range j.recent[0].stats {
		switch k.Family {
		case EdgeGap, QueueWait, EntryTime:
			j.time(k)
		}
	}
}

// borrow finds how restless the times of each family usually are, from those judged so
// far, and begins again. Shares are not alike: some calls are always made, others depend
// on what is in the cart. It returns the shifts as each quantity shows them by itself.
func (j *judge) borrow() map[Key]stats.Shift {
	sortEvidence(j.out, NamesOf(j.b.table))
	alone := make(map[Key]stats.Shift, len(j.out))
	var n [families]float64
	for i := range j.out {
		e := &j.out[i]
		alone[e.Key] = e.Shift
		if e.Shift.DF > 0 {
			n[e.Key.Family]++
			j.priors[e.Key.Family].Tau2 += e.Shift.Tau2
		}
	}
	for f := range j.priors {
		if n[f] > 0 {
			j.priors[f] = stats.Prior{Tau2: j.priors[f].Tau2 / n[f] * (borrowed - 2) / borrowed, DF: borrowed}
		}
	}
	j.out, j.looks = j.out[:0], Looks{}
	return alone
}

// shown puts back the shifts that quantities show by themselves. What others tell is about
// chance, so it counts in Sure; causes are ranked by what was measured, or of two that moved
// alike the one that is lent more would come first.
func shown(es []Evidence, alone map[Key]stats.Shift) {
	for i := range es {
		if s, ok := alone[es[i].Key]; ok {
			es[i].Shift = s
		}
	}
}
