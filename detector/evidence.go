package detector

import (
	"slices"

	"culprit/internal/stats"
)

// Evidence is how one quantity differs from what is normal for it.
type Evidence struct {
	Key   Key
	Shift stats.Shift // Z, Effect (nats, share or log count), Mu
	Sure  float64     // |Z| without what one trace may have done: see [judge.sure]

	Now, Before float64 // means in the unit of the family: ms, share, count, requests/s
	PerCall     float64 // extra ms for each call (OwnTime, EdgeGap)
	PerTrace    float64 // extra ms for each trace: what users wait (OwnTime, EdgeGap)
	Share       float64 // share of traces in which it was looked at
	Windows     int     // windows merged to have enough values
	New         bool    // never seen in a healthy window
	Season      bool    // past weeks were so at this hour: Before, Shift and what follows from them are what they leave unexplained
}

// Floors of standard errors: differences smaller than these are not worth a verdict
// however many spans prove them (found on OnlineBoutique and TrainTicket; half of
// them doubles the loudest healthy window, double of them loses the weak faults).
const (
	floorTime  = 0.03 // 3 % of a duration
	floorShare = 0.02 // two points of a share
)

// minGroups is the fewest traces for which a mean means something: below it windows
// are merged, and what is still below it is not judged.
const minGroups = 5

// enough is how many traces the judged windows should hold: own times have heavy tails,
// and the mean of five of them is not yet normal. With five, a quiet night of a
// generated system had one false incident; with twelve, a rare operation waits a window
// or two longer.
const enough = 12

// Merges is the most windows that are merged for a rare operation.
const Merges = 8

// Judge compares the newest window with what is normal. recent holds the judged
// window first, then the ones before it, newest first: rare operations are judged
// over 2, 4 or 8 of them. The evidence is sorted by key name.
func (b *Baseline) Judge(recent []*Window) Judgement {
	j := &judge{b: b, recent: recent, polls: map[Site]bool{}}
	j.byOrd = make([]Stat, b.keep)
	if b.borrows {
		if j.lends = b.lending; j.lends == nil {
			j.lends = &lending{}
		}
	}
	if j.few = b.borrows && b.Windows() < stats.OwnWindows; j.few {
		j.lentShares = map[Key]lentShare{}
	}
	j.all()
	j.lend()
	j.seasons()
	merged := j.out
	j.out, j.sudden = nil, true
	j.all()
	j.seasons()
	out := surer(merged, j.out)
	sortEvidence(out, NamesOf(b.table))
	return Judgement{out, j.looks.all(), j.looks}
}

// all judges every quantity of the newest window.
func (j *judge) all() {
	j.ownTimes()
	j.calls()
	j.each()
}

// Judgement is what a window showed.
type Judgement struct {
	Evidence []Evidence // differences that could matter, however sure
	Looks    int        // quantities that were compared to find them
	Kinds    Looks      // the same by family
}

// judge compares one window. Its slices are scratch that is used again for the next
// quantity: a verdict over thousands of them must not allocate for each.
type judge struct {
	b      *Baseline
	recent []*Window
	out    []Evidence
	looks  Looks
	sudden bool          // judges the fewest windows that say anything: see now
	lends  *lending      // where times wait until all have been compared, nil if none does
	few    bool          // there are few windows in all: see told
	mine   int32         // the first learned window that is merged into what is judged, 0 for none
	polls  map[Site]bool // entry points that wait by design
	stats  []Stat
	byOrd  []Stat
	groups []stats.Group
	rates  []stats.Rate

	restless   [families]stats.Restless // how restless the quantities of a family are
	scattered  [families][]stats.Scatter
	lentShares map[Key]lentShare // that wait, too

	moved   bool    // healthy windows are moved to the hour at
	at      int32   // hours since 1970
	scratch []point // moved
}

func (j *judge) over(k Key, windows int) Stat {
	var s Stat
	for i := min(windows, len(j.recent)) - 1; i >= 0; i-- {
		s = s.plus(j.recent[i].stats[k])
	}
	return s
}

// traces is how many traces the newest windows hold.
func (j *judge) traces(windows int) (n float64) {
	for _, w := range j.recent[:windows] {
		n += w.Traces
	}
	return max(n, 1)
}

// past lists the remembered windows of a quantity, oldest first, until its next call.
func (j *judge) past(k Key) []Stat { return j.listed(j.points(k)) }

// listed are the statistics of some windows, until its next call.
func (j *judge) listed(points []point) []Stat {
	j.stats = slices.Grow(j.stats[:0], len(points))[:len(points)]
	for i := range points {
		j.stats[i] = points[i].stat()
	}
	return j.stats
}

// merged joins neighbouring healthy windows to groups of at least so many traces, in
// place.
func merged(past []Stat, least float64) []Stat {
	alone := 0
	for alone < len(past) && past[alone].N > 0 && past[alone].Groups >= least {
		alone++
	}
	out := past[:alone]
	var s Stat
	for _, p := range past[alone:] {
		s = s.plus(p)
		if s.Groups >= least {
			out = append(out, s)
			s = Stat{}
		}
	}
	switch {
	case s.N == 0:
	case len(out) == 0:
		out = append(out, s)
	default:
		out[len(out)-1] = out[len(out)-1].plus(s)
	}
	return out
}

func (j *judge) means(past []Stat, now Stat, floor float64) stats.Shift {
	healthy, group := j.asGroups(past, now)
	return j.effects().Means(healthy, group, floor)
}

// asGroups are windows as statistics take them; until its next call.
func (j *judge) asGroups(past []Stat, now Stat) (healthy []stats.Group, group stats.Group) {
	j.groups = slices.Grow(j.groups[:0], len(past))[:len(past)]
	for i := range past {
		p := &past[i]
		j.groups[i] = stats.Group{Mean: p.Mean, Var: p.Var, N: p.Groups}
	}
	if j.sudden {
		now.Groups /= wider(past, now)
	}
	return j.groups, stats.Group{Mean: now.Mean, Var: now.Var, N: now.Groups}
}

// effects is how the healthy windows are taken.
func (j *judge) effects() stats.Effects { return stats.Effects{Robust: j.b.doubtful} }

func (j *judge) shares(past []Stat, now Stat) stats.Shift {
	return j.effects().Shares(j.asRates(past), asRate(now), floorShare)
}

// asRates are windows as statistics take shares; until its next call.
func (j *judge) asRates(past []Stat) []stats.Rate {
	j.rates = j.rates[:0]
	for _, p := range past {
		j.rates = append(j.rates, asRate(p))
	}
	return j.rates
}

func asRate(s Stat) stats.Rate { return stats.Rate{Hits: s.Mean * s.Groups, N: s.Groups} }

func total(past []Stat) (n float64) {
	for _, p := range past {
		n += p.Groups
	}
	return n
}
