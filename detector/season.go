package detector

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// A season is what a quantity was in each hour of the last weeks. It explains what
// recurs: a nightly batch, Monday's load, the backup at two that slows the database.
//
// Hours are those since 1970, in UTC. Every window counts, also one under suspicion: a
// slow night that is suspected every night would never be known otherwise. What keeps an
// outage from becoming a season is that at least two of the last three weeks must
// have shown the same at the same hour, and differences are taken within a week, so that
// a level that has shifted for good is no season either.
type season struct {
	weeks [seasonWeeks]*week
}

// week holds the hours of one week, from Monday 00:00 UTC.
type week struct {
	number int32 // weeks since Monday 1969-12-29
	hours  [weekHours]hour
}

// hour is a quantity in one hour: the mean and the least and most of its five-minute parts,
// in the unit in which it is judged, and how many traces it comes from. n is 0 where
// nothing was seen. Eight bytes; see [quantum] and [seasonScale] for the units.
type hour struct {
	mean, low, high int16
	n               uint16
}

const (
	weekHours = 7 * 24
	// seasonWeeks is what is kept: the week at hand and the three before it.
	seasonWeeks = seasonPast + 1
	// seasonPast is how many past weeks are asked, and seasonAgree how many must say the
	// same: with two weeks both, with three two of them.
	seasonPast, seasonAgree = 3, 2
	// firstMonday is how many hours 1970, a Thursday, began after a Monday.
	firstMonday = 3 * 24
	// maxSeasons bounds how many quantities have seasons: 4096 x 5.4 kB are 22 MB. Those
	// that were seen in the most hours with the most traces stay.
	maxSeasons = 4096
	// partOfHour is the length of the parts of an hour whose extremes are kept, ns: what
	// lasts shorter is not told from noise.
	partOfHour = int64(5 * 60e9)
	// hourNS is an hour in ns.
	hourNS = int64(3600e9)
)

// hourOf is the hour that a time is in.
func hourOf(ns int64) int32 {
	h := ns / hourNS
	if ns%hourNS < 0 {
		h--
	}
	return int32(h)
}

// weekOf splits an hour into week and hour of the week, also before 1970.
func weekOf(h int32) (number, of int32) {
	h += firstMonday
	number, of = h/weekHours, h%weekHours
	if of < 0 {
		number, of = number-1, of+weekHours
	}
	return number, of
}

// of is what is known of an hour; n is 0 where nothing is.
func (s *season) of(h int32) hour {
	if s == nil {
		return hour{}
	}
	number, i := weekOf(h)
	if w := s.weeks[slot(number)]; w != nil && w.number == number {
		return w.hours[i]
	}
	return hour{}
}

func slot(week int32) int32 { return (week%seasonWeeks + seasonWeeks) % seasonWeeks }

// with is the season with an hour replaced, a new one: a [Baseline.Copy] may hold the old
// one. The first hour of a week takes the place of the oldest week. A nil season is empty.
func (s *season) with(h int32, x hour) *season {
	number, i := weekOf(h)
	var out season
	if s != nil {
		out = *s
	}
	w := week{number: number}
	if old := out.weeks[slot(number)]; old != nil && old.number == number {
		w = *old
	}
	w.hours[i] = x
	out.weeks[slot(number)] = &w
	return &out
}

// weight says how much the season rests on: the logarithms of the traces of all its hours.
func (s *season) weight() (n int) {
	for _, w := range s.weeks {
		if w == nil {
			continue
		}
		for i := range w.hours {
			n += int(w.hours[i].n)
		}
	}
	return n
}

// Counts of traces are kept as logarithms: what matters is whether there were five or
// five thousand.
const logTraces = 1024

func packTraces(n float64) uint16 {
	return uint16(min(max(1, math.Round(logTraces*math.Log(n+1))), math.MaxUint16))
}

func traces(n uint16) float64 {
	if n == 0 {
		return 0
	}
	return math.Exp(float64(n)/logTraces) - 1
}

// seasonal reports whether a family has seasons. How often a context was whole only
// weighs others, and clocks know no week.
func (f Family) seasonal() bool { return f != Whole && f != Clocks }

// share reports whether a family counts shares, from 0 to 1.
func (f Family) share() bool {
	switch f {
	case Errors, Calls, Stops, Answers, Tail, EntryErrors, Clocks:
		return true
	}
	return false
}

// quantum is the step in which a family's hours are kept: 0.1 % of a duration, a
// count or a rate, as 16 bits reach 32 nats either way; 1/30,000 of a share.
func (f Family) quantum() float64 {
	if f.share() {
		return 1.0 / 30000
	}
	return 1.0 / 1024
}

func (f Family) pack(x float64) int16 {
	return int16(min(max(math.Round(x/f.quantum()), math.MinInt16), math.MaxInt16))
}

func (f Family) unpack(x int16) float64 { return float64(x) * f.quantum() }

// level is a statistic in the unit in which a season keeps it: rates as logarithms, as
// they are judged, with half a request added.
func (f Family) level(s Stat) float64 {
	if f == Traffic {
		return math.Log((s.Mean*s.N + 0.5) / max(s.N, 1))
	}
	return s.Mean
}

// gathering is a quantity in the hour at hand.
type gathering struct {
	All, Part Stat // the whole hour; the part at hand
	Low, High float64
	Parts     int
	Since     int64 // start of the part at hand
}

// add takes in the statistic of a window that starts at from.
func (g *gathering) add(f Family, from int64, v Stat) {
	if g.Part.N > 0 && from-g.Since >= partOfHour && g.Part.Groups >= enough {
		g.close(f)
	}
	if g.Part.N == 0 {
		g.Since = from
	}
	g.Part = g.Part.plus(v)
	g.All = g.All.plus(v)
}

// close ends the part at hand.
func (g *gathering) close(f Family) {
	x := f.level(g.Part)
	if g.Parts == 0 {
		g.Low, g.High = x, x
	}
	g.Low, g.High, g.Part = min(g.Low, x), max(g.High, x), Stat{}
	g.Parts++
}

// hour is what is kept of it; seconds is how long the hour was watched, as a rate is one
// of all that time.
func (g *gathering) hour(f Family, seconds float64) hour {
	if f == Traffic && g.All.N < seconds {
		g.All = g.All.plus(Stat{N: seconds - g.All.N})
	}
	if g.Part.Groups >= enough {
		g.close(f)
	}
	x := f.level(g.All)
	if g.Parts == 0 {
		g.Low, g.High = x, x
	}
	return hour{mean: f.pack(x), low: f.pack(min(g.Low, x)), high: f.pack(max(g.High, x)), n: packTraces(g.All.Groups)}
}

// seasons are the seasons of the quantities that matter, and the hour at hand.
type seasons struct {
	known   map[Key]*season
	hour    int32
	seconds float64 // of the hour at hand that were watched
	now     map[Key]*gathering
}

func newSeasons() *seasons {
	return &seasons{known: map[Key]*season{}, now: map[Key]*gathering{}}
}

// Pass takes in a window for its hour of the week, whether it was healthy or not. Windows
// come in order of time.
func (b *Baseline) Pass(w *Window) {
	s := b.seasons
	if h := hourOf(w.From); h != s.hour {
		s.turn(NamesOf(b.table))
		s.hour = h
	}
	s.seconds += float64(w.To-w.From) / 1e9
	for k, v := range w.stats {
		if !k.Family.seasonal() {
			continue
		}
		g := s.now[k]
		if g == nil {
			g = &gathering{}
			s.now[k] = g
		}
		g.add(k.Family, w.From, v)
	}
}

// turn ends the hour at hand. Of too many quantities those with the largest weight stay,
// the first by name of equals.
func (s *seasons) turn(names Names) {
	for k, g := range s.now {
		if g.All.Groups < minGroups {
			continue
		}
		s.known[k] = s.known[k].with(s.hour, g.hour(k.Family, s.seconds))
	}
	clear(s.now)
	s.seconds = 0
	week, _ := weekOf(s.hour)
	maps.DeleteFunc(s.known, func(_ Key, x *season) bool { return x.over(week) })
	if len(s.known) <= maxSeasons {
		return
	}
	type weighed struct {
		key    Key
		weight int
	}
	var all []weighed
	for k, x := range s.known {
		all = append(all, weighed{k, x.weight()})
	}
	slices.SortFunc(all, func(x, y weighed) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), names.CompareKeys(x.key, y.key))
	})
	for _, x := range all[maxSeasons:] {
		delete(s.known, x.key)
	}
}

// over reports whether all that is known is too old to be asked in a week.
func (s *season) over(number int32) bool {
	for _, w := range s.weeks {
		if w != nil && number-w.number < seasonWeeks {
			return false
		}
	}
	return true
}
