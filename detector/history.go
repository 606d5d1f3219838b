package detector

import (
	"maps"
	"math"
	"slices"

	"culprit/internal/stats"
)

// covers reports whether k asks for x: a key without parent asks for all contexts, and one for
// own times also for those that are a guess.
func (k Key) covers(x Key) bool {
	family := k.Family == x.Family || k.Family == OwnTime && x.Family == GuessedTime
	return family && k.Site == x.Site && k.Child == x.Child && k.Callee == x.Callee &&
		(k.Parent == Site{} || k.Parent == x.Parent)
}

// contextual reports whether a family is measured by context: its keys have parents.
func (f Family) contextual() bool {
	switch f {
	case OwnTime, GuessedTime, Concurrency, QueueWait, Answers, Whole, Calls, Stops, Repeats:
		return true
	}
	return false
}

// Past is a quantity in each remembered healthy window that had it, oldest first; over
// all contexts where the key names no parent.
func (b *Baseline) Past(k Key) []Stat {
	var keys []Key
	if !k.Family.contextual() { // nearly all that is asked for
		keys = append(keys, k)
	} else {
		for x := range b.series {
			if k.covers(x) {
				keys = append(keys, x)
			}
		}
	}
	slices.SortFunc(keys, NamesOf(b.table).CompareKeys)
	byOrd := map[int32]Stat{}
	for _, x := range keys {
		for _, p := range b.past(x) {
			byOrd[p.ord] = byOrd[p.ord].plus(p.stat())
		}
	}
	out := make([]Stat, 0, len(byOrd))
	for _, ord := range slices.Sorted(maps.Keys(byOrd)) {
		out = append(out, byOrd[ord])
	}
	return out
}

// Measure is a quantity in a summary, as [Baseline.Past] has it in others.
func (b *Baseline) Measure(s *Summary, k Key) Stat {
	part := &Summary{From: s.From, To: s.To, Traces: s.Traces, Apart: s.Apart, Contexts: map[ContextKey]*Context{}, Edges: map[EdgeKey]*Edge{}, Entries: map[Site]*Entry{}}
	for c, x := range s.Contexts {
		if c.Site == k.Site {
			part.Contexts[c] = x
		}
	}
	for e, x := range s.Edges {
		if e.Site == k.Site {
			part.Edges[e] = x
		}
	}
	if e := s.Entries[k.Site]; e != nil {
		part.Entries[k.Site] = e
	}
	have := map[Key]Stat{}
	measure(part, b.tails, func(x Key, v Stat) {
		if k.covers(x) {
			have[x] = v
		}
	})
	var out Stat
	for _, x := range slices.SortedFunc(maps.Keys(have), NamesOf(b.table).CompareKeys) {
		out = out.plus(have[x])
	}
	return out
}

// Plain is the mean of a statistic of that family in the unit in which it is told: ms,
// a share, a number.
func (f Family) Plain(s Stat) float64 {
	switch f {
	case OwnTime, GuessedTime, EdgeGap, EntryTime:
		return stats.UnlogMS(s.Mean)
	case QueueWait:
		return max(0, stats.UnlogMS(s.Mean)-float64(delivery)/1e6)
	case Concurrency, Repeats:
		return math.Exp(s.Mean)
	}
	return s.Mean
}

// CallsOf lists the calls and stops that an operation in its context is known for, by name.
// The list belongs to the baseline.
func (b *Baseline) CallsOf(c ContextKey) []Key { return b.calls[c] }
