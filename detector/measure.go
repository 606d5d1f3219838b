package detector

import (
	"culprit/internal/stats"
)

// measure turns a summary into its quantities, one [Stat] for each [Key]. tails are
// the baseline's 95th percentiles of own time, in LogNS units, of the sites that have one.
func measure(s *Summary, tails map[Site]int32, yield func(Key, Stat)) {
	errs := map[Site]*Stat{}
	beyond := map[Site]*Stat{}
	for k, c := range s.Contexts {
		if c.Own.N > 0 {
			yield(Key{Family: OwnTime, Site: k.Site, Parent: k.Parent}, moments(c.Own))
			if limit, ok := tails[k.Site]; ok {
				b := at(beyond, k.Site)
				b.N += float64(c.Own.N)
				b.Groups += float64(c.Own.Groups)
				b.Mean += float64(c.Sketch.CountAbove(limit))
			}
		}
		if c.Guessed.N > 0 {
			yield(Key{Family: GuessedTime, Site: k.Site, Parent: k.Parent}, moments(c.Guessed))
		}
		if c.Conc.N > 0 {
			yield(Key{Family: Concurrency, Site: k.Site, Parent: k.Parent}, moments(c.Conc))
		}
		if c.Wait.N > 0 {
			yield(Key{Family: QueueWait, Site: k.Site, Parent: k.Parent}, moments(c.Wait))
		}
		if c.Tried > 0 {
			e := at(errs, k.Site)
			e.N += float64(c.Tried)
			e.Groups += float64(min(c.Groups, c.Tried))
			e.Mean += float64(c.Starts)
		}
		if c.Answered > 0 {
			yield(Key{Family: Answers, Site: k.Site, Parent: k.Parent}, share(c.Answered, c.Whole, c.WholeGroups))
		}
		if c.Whole > 0 {
			yield(Key{Family: Whole, Site: k.Site, Parent: k.Parent}, Stat{N: float64(c.Whole), Groups: float64(c.WholeGroups)})
		}
		for child, call := range c.Calls {
			yield(Key{Family: Calls, Site: k.Site, Parent: k.Parent, Child: child}, share(call.Parents, c.Whole, c.WholeGroups))
			yield(Key{Family: Stops, Site: k.Site, Parent: k.Parent, Child: child}, share(call.Last, c.Whole, c.WholeGroups))
			yield(Key{Family: Repeats, Site: k.Site, Parent: k.Parent, Child: child}, moments(call.Many))
		}
	}
	for site, e := range errs {
		yield(Key{Family: Errors, Site: site}, asShare(*e))
	}
	for site, b := range beyond {
		yield(Key{Family: Tail, Site: site}, asShare(*b))
	}
	if s.Traces > 0 {
		yield(Key{Family: Clocks}, share(s.Apart, s.Traces, s.Traces))
	}
	gaps := map[Key]stats.Moments{}
	for k, e := range s.Edges {
		key := Key{Family: EdgeGap, Site: k.Site, Callee: k.Callee}
		m := gaps[key]
		m.Merge(e.Gap)
		gaps[key] = m
	}
	for k, m := range gaps {
		yield(k, moments(m))
	}
	for site, e := range s.Entries {
		seconds := float64(s.To-s.From) / 1e9
		yield(Key{Family: Traffic, Site: site}, Stat{N: seconds, Groups: seconds, Mean: float64(e.Stood) / 1000 / seconds, Var: float64(e.Spread) / 1000 / seconds})
		yield(Key{Family: EntryTime, Site: site}, moments(e.Duration))
		yield(Key{Family: EntryErrors, Site: site}, share(e.Errors, e.Requests, e.Requests))
	}
}

func at(m map[Site]*Stat, s Site) *Stat {
	v := m[s]
	if v == nil {
		v = &Stat{}
		m[s] = v
	}
	return v
}

func moments(m stats.Moments) Stat {
	return Stat{N: float64(m.N), Groups: float64(m.Groups), Mean: m.Mean(), Var: m.Var()}
}

func share(hits, n, groups int64) Stat {
	return asShare(Stat{N: float64(n), Groups: float64(groups), Mean: float64(hits)})
}

// asShare turns a sum of hits into a share and its variance.
func asShare(s Stat) Stat {
	if s.N > 0 {
		s.Mean /= s.N
	}
	s.Var = s.Mean * (1 - s.Mean)
	return s
}

// plus is the statistic of both windows together.
func (s Stat) plus(t Stat) Stat {
	n := s.N + t.N
	if s.N == 0 || t.N == 0 {
		if s.N == 0 {
			return t
		}
		return s
	}
	d := t.Mean - s.Mean
	mean := s.Mean + d*t.N/n
	// the parallel variance formula of Chan, Golub and LeVeque (1979)
	v := (s.Var*max(s.N-1, 0) + t.Var*max(t.N-1, 0) + d*d*s.N*t.N/n) / max(n-1, 1)
	return Stat{N: n, Groups: s.Groups + t.Groups, Mean: mean, Var: v}
}
