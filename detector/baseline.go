package detector

import (
	"maps"
	"math"
	"slices"

	"culprit/internal/stats"
	"culprit/model"
)

// History is how many healthy windows a baseline remembers: an hour at the default
// window of 30 s. Longer, and last hour's traffic judges this hour's; shorter, and
// the spread between windows is not known.
const History = 120

// Baseline is what healthy windows looked like: a series of statistics for each
// quantity, and the distribution of own times at each site. It belongs to one goroutine.
type Baseline struct {
	table   *model.Symbols
	keep    int
	ord     int32   // windows learned
	hours   []int32 // hour of each remembered window, by ord modulo keep
	seasons *seasons
	series  map[Key]series
	own     map[Site][]Key // the contexts of a site, for OwnTime
	calls   map[ContextKey][]Key
	times   [2]map[Site]*stats.Sketch // own times: this generation and the last
	root    [2]map[Site]*stats.Sketch // entry durations
	tails   map[Site]int32

	epochs map[model.Sym]int32 // windows learned when the version of a service changed

	emits map[model.Sym]float64 // spans that services sent, by service
	span  float64               // seconds of the windows behind emits

	borrows  bool     // how restless a quantity is, is also told by others like it
	lending  *lending // scratch of [Baseline.Judge], while it borrows; nil in copies
	doubtful bool     // some windows may not have been healthy
}

// NewBaseline returns a baseline that remembers at most keep windows.
func NewBaseline(table *model.Symbols, keep int) *Baseline {
	return &Baseline{
		table:   table,
		keep:    keep,
		hours:   make([]int32, keep),
		seasons: newSeasons(),
		series:  map[Key]series{},
		own:     map[Site][]Key{},
		calls:   map[ContextKey][]Key{},
		times:   [2]map[Site]*stats.Sketch{{}, {}},
		root:    [2]map[Site]*stats.Sketch{{}, {}},
		tails:   map[Site]int32{},
		emits:   map[model.Sym]float64{},
		epochs:  map[model.Sym]int32{},
	}
}

// Doubt says whether some of the windows it learns may not have been healthy: a few that
// stand apart then count for nothing.
func (b *Baseline) Doubt(doubtful bool) { b.doubtful = doubtful }

// Borrow says whether how restless a quantity is, is also told by the others of its family:
// a few windows tell too little of each by itself (see [stats.Restless]).
func (b *Baseline) Borrow(borrow bool) {
	b.borrows = borrow
	switch {
	case !borrow:
		b.lending = nil
	case b.lending == nil:
		b.lending = &lending{}
	}
}

// Copy is the baseline as it is now. What is learned afterwards does not change it, so that
// it can be asked from other goroutines, by several at once. Copying costs a few entries of
// maps for each quantity: series and distributions are shared, and nothing writes to what
// was learned before.
func (b *Baseline) Copy() *Baseline {
	c := *b
	c.lending = nil
	c.series, c.own, c.calls = maps.Clone(b.series), maps.Clone(b.own), maps.Clone(b.calls)
	for g := range 2 {
		c.times[g], c.root[g] = maps.Clone(b.times[g]), maps.Clone(b.root[g])
	}
	c.tails, c.emits, c.epochs = maps.Clone(b.tails), maps.Clone(b.emits), maps.Clone(b.epochs)
	c.hours, c.seasons = slices.Clone(b.hours), &seasons{known: maps.Clone(b.seasons.known), hour: b.seasons.hour}
	return &c
}

// Windows is how many windows it remembers.
func (b *Baseline) Windows() int { return min(int(b.ord), b.keep) }

// Learn adds a healthy window. It may be one of some minutes ago.
func (b *Baseline) Learn(w *Window) {
	w.Hold(false)
	b.times[0] = addSketches(b.times[0], w.times)
	b.root[0] = addSketches(b.root[0], w.roots)
	b.add(w)
	if int(b.ord)%b.keep == 0 {
		b.times[1], b.times[0] = b.times[0], map[Site]*stats.Sketch{}
		b.root[1], b.root[0] = b.root[0], map[Site]*stats.Sketch{}
		b.forget()
		for v := range b.emits { // what was long ago counts half
			b.emits[v] /= 2
		}
		b.span /= 2
	}
}

// hour is the hour of a remembered window.
func (b *Baseline) hour(ord int32) int32 { return b.hours[int(ord)%b.keep] }

// Rates is how many spans a second the services send, as far as is remembered.
func (b *Baseline) Rates() map[model.Sym]float64 {
	out := make(map[model.Sym]float64, len(b.emits))
	for v, n := range b.emits {
		out[v] = n / max(b.span, 1)
	}
	return out
}

// LearnAll adds healthy summaries that are all known beforehand: the limits of the
// tail come from all of them.
func (b *Baseline) LearnAll(all []*Summary) {
	for _, s := range all {
		w := NewWindow(s, nil)
		b.times[0] = addSketches(b.times[0], w.times)
		b.root[0] = addSketches(b.root[0], w.roots)
	}
	b.limits()
	for _, s := range all {
		b.add(NewWindow(s, b))
	}
}

func (b *Baseline) add(w *Window) {
	b.ord++
	b.hours[int(b.ord)%b.keep] = hourOf(w.From)
	w.ord = b.ord
	b.span += float64(w.To-w.From) / 1e9
	for v, n := range w.emits {
		b.emits[v] += n
	}
	for k, v := range w.stats {
		s, known := b.series[k]
		if !known {
			b.enlist(k)
		}
		b.series[k] = s.with(v.at(b.ord), b.keep)
	}
	b.limits()
}

// enlist keeps the lists by site and context sorted by name.
func (b *Baseline) enlist(k Key) {
	names := NamesOf(b.table)
	insert := func(list []Key) []Key {
		i, _ := slices.BinarySearchFunc(list, k, names.CompareKeys)
		return slices.Insert(slices.Clone(list), i, k)
	}
	switch k.Family {
	case OwnTime, GuessedTime:
		b.own[k.Site] = insert(b.own[k.Site])
	case Calls, Stops:
		c := ContextKey{k.Site, k.Parent}
		b.calls[c] = insert(b.calls[c])
	}
}

// forget drops quantities that no remembered window had, and epochs that all of them are in.
func (b *Baseline) forget() {
	maps.DeleteFunc(b.epochs, func(_ model.Sym, since int32) bool { return since <= b.ord-int32(b.keep) })
	for k, s := range b.series {
		if s.points[len(s.points)-1].ord > b.ord-int32(b.keep) {
			continue
		}
		delete(b.series, k)
		remove := func(list []Key) []Key {
			return slices.DeleteFunc(slices.Clone(list), func(x Key) bool { return x == k })
		}
		switch k.Family {
		case OwnTime, GuessedTime:
			b.own[k.Site] = remove(b.own[k.Site])
		case Calls, Stops:
			c := ContextKey{k.Site, k.Parent}
			b.calls[c] = remove(b.calls[c])
		}
	}
}

// settled is how many windows of a new epoch are enough to be all that counts, ten minutes
// at the default window: the mean of fewer is not sure enough to go without the hour
// before.
const settled = 20

// Epoch begins a new epoch for a service: it is another version now. Once enough windows of
// it were learned, those before are no longer compared with, so that what the version
// changed for good, and is no incident, becomes normal in minutes instead of an hour. Until
// then the old epoch is part of what is normal.
func (b *Baseline) Epoch(service model.Sym) { b.epochs[service] = b.ord }

// past yields the remembered windows of a quantity, oldest first.
func (b *Baseline) past(k Key) []point {
	s, ok := b.series[k]
	if !ok {
		return nil
	}
	points := s.after(b.ord - int32(b.keep))
	if since := b.since(k); since > b.ord-int32(b.keep) {
		if in := s.after(since); len(in) >= settled && len(in) < len(points) {
			return in
		}
	}
	return points
}

// since is the last window before the epoch of a quantity; none if its service has always been
// the same.
func (b *Baseline) since(k Key) int32 {
	if len(b.epochs) == 0 {
		return math.MinInt32
	}
	return max(b.epochs[k.Site.Service], b.epochs[k.Callee])
}

// minTail is the fewest own times of a site for which a 95th percentile means
// anything: below it the limit would rest on fewer than five values.
const minTail = 100

// limits finds the 95th percentile of own time of every site.
func (b *Baseline) limits() {
	for site := range b.times[0] {
		b.limit(site)
	}
	for site := range b.times[1] {
		if b.times[0][site] == nil {
			b.limit(site)
		}
	}
}

func (b *Baseline) limit(site Site) {
	s := b.sketch(b.times, site)
	if s.Count() < minTail {
		return
	}
	b.tails[site] = int32(s.Quantile(0.95) * stats.LogOne)
}

// sketch is the distribution over both generations.
func (b *Baseline) sketch(gen [2]map[Site]*stats.Sketch, site Site) *stats.Sketch {
	var s stats.Sketch
	for _, g := range gen {
		if t := g[site]; t != nil {
			s.Merge(t)
		}
	}
	return &s
}

// OwnTimes is the distribution of own times at a site.
func (b *Baseline) OwnTimes(site Site) *stats.Sketch { return b.sketch(b.times, site) }

// EntryTimes is the distribution of durations of an entry point.
func (b *Baseline) EntryTimes(site Site) *stats.Sketch { return b.sketch(b.root, site) }

// addSketches adds distributions to those of to, each as a new one: a [Baseline.Copy] may
// hold the old one.
func addSketches(to, from map[Site]*stats.Sketch) map[Site]*stats.Sketch {
	for site, s := range from {
		sum := &stats.Sketch{}
		sum.Merge(to[site])
		sum.Merge(s)
		to[site] = sum
	}
	return to
}

// Mean is a quantity over all remembered windows; N is 0 if it was never seen.
func (b *Baseline) Mean(k Key) Stat {
	var s Stat
	for _, p := range b.past(k) {
		s = s.plus(p.stat())
	}
	return s
}

// Calls lists who calls whom, in no order.
func (b *Baseline) Calls() []Key {
	var out []Key
	for _, ks := range b.calls {
		for _, k := range ks {
			if k.Family == Calls {
				out = append(out, k)
			}
		}
	}
	return out
}

// Sites lists the operations that it has values of, in no order.
func (b *Baseline) Sites() []Site {
	out := make([]Site, 0, len(b.own))
	for s := range b.own {
		out = append(out, s)
	}
	return out
}

// Known counts the services and operations that it has values of.
func (b *Baseline) Known() (services, operations int) {
	seen := map[model.Sym]bool{}
	for site := range b.own {
		seen[site.Service] = true
	}
	return len(seen), len(b.own)
}
