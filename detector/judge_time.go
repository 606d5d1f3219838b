package detector

import (
	"math"
	"slices"

	"culprit/internal/stats"
)

// ownTimes judges the own time of every site of the newest window. A site is
// compared context by context with what is normal below the same parent and the
// deviations are averaged: when only the mix of callers changes, nothing deviates
// (direct standardisation). Where clocks disagree so that own times are a guess, they are
// compared with such guesses only: a clock that was set, or a caller that others serve now,
// makes nobody slow. While a clock is being set such guesses say nothing at all.
func (j *judge) ownTimes() {
	names := NamesOf(j.b.table)
	for site, contexts := range j.recent[0].own {
		if j.sudden { // before the contexts are sorted, which takes longer
			if s, _ := j.merge(j.tracesOf(contexts)); s.Groups == 0 {
				continue
			}
		}
		if len(contexts) > 1 {
			contexts = slices.Clone(contexts)
			slices.SortFunc(contexts, names.CompareKeys)
		}
		j.ownTime(site, contexts)
	}
}

// tracesOf counts the traces of some contexts over so many windows.
func (j *judge) tracesOf(contexts []Key) func(windows int) Stat {
	return func(windows int) (s Stat) {
		for _, k := range contexts {
			s.Groups += j.over(k, windows).Groups
		}
		return s
	}
}

func (j *judge) ownTime(site Site, contexts []Key) {
	_, windows := j.merge(j.tracesOf(contexts))

	var dev, plain Stat                    // deviation from normal; plain log time
	var usual float64                      // what was to be expected, weighted like plain
	first := j.b.ord - int32(j.b.keep) + 1 // the oldest window that is remembered
	clear(j.byOrd)
	var fresh Stat
	for _, k := range contexts {
		if k.Family == GuessedTime && j.clockStep(windows) {
			continue
		}
		now := j.over(k, windows)
		points := j.points(k)
		baseN, base := average(points)
		if baseN == 0 {
			if k.Family == OwnTime { // where clocks disagree since lately, nothing is known
				fresh = fresh.plus(now)
			}
			continue
		}
		plain = plain.plus(now)
		usual += now.N * base
		now.Mean -= base
		dev = dev.plus(now)
		for i := range points {
			d := points[i].stat()
			d.Mean -= base
			if at := &j.byOrd[points[i].ord-first]; at.N == 0 {
				*at = d
			} else {
				*at = at.plus(d)
			}
		}
	}
	key, traces := Key{Family: OwnTime, Site: site}, j.traces(windows)
	if plain.N == 0 { // never seen when all was well
		if fresh.Groups < minGroups {
			return
		}
		e := Evidence{Key: key, Windows: windows, New: true}
		e.Now = stats.UnlogMS(fresh.Mean)
		e.PerCall = e.Now
		e.PerTrace = e.Now * fresh.N / traces
		e.Shift.N1 = fresh.Groups
		e.Share = min(1, fresh.Groups/traces)
		j.out = append(j.out, e)
		return
	}
	healthy := merged(j.inOrder(), minGroups)
	if plain.Groups < minGroups && plain.Groups < 3 || total(healthy) < minGroups {
		return
	}
	j.looks[OwnTime]++
	usual /= plain.N
	floor := floorTime
	if waits(contexts, usual) {
		floor = floorPoll
		j.polls[site] = true
	}
	t := timing{key: key, windows: windows, now: dev, plain: plain, usual: usual, traces: traces}
	j.timed(&t, healthy, floor)
}

const (
	// pollMS is the usual own time, in ms, from which an entry point waits by design: no
	// person waits two seconds for each request, but polls and streams end when there is news.
	pollMS = 2000
	// floorPoll is what the waits of such an entry point may change by, in nats: less news
	// doubles them.
	floorPoll = math.Ln2
)

// waits reports whether a site is an entry point that waits by design, when this is its
// usual log own time.
func waits(contexts []Key, usual float64) bool {
	if stats.UnlogMS(usual) < pollMS {
		return false
	}
	for _, k := range contexts {
		if k.Parent.Service != 0 && k.Parent.Service != k.Site.Service {
			return false // another service asked for it
		}
	}
	return true
}

// inOrder lists the windows in byOrd that hold anything, oldest first.
func (j *judge) inOrder() []Stat {
	j.stats = j.stats[:0]
	for i := range j.byOrd {
		if j.byOrd[i].N > 0 {
			j.stats = append(j.stats, j.byOrd[i])
		}
	}
	return j.stats
}

// average is the mean over some windows and how many values it is of, added up as
// [Stat.plus] does: means of logarithms that hardly differ keep their digits.
func average(points []point) (n, mean float64) {
	for i := range points {
		add, m := float64(points[i].n), float64(points[i].mean)
		switch {
		case n == 0:
			n, mean = add, m
		case add > 0:
			n += add
			mean += (m - mean) * add / n
		}
	}
	return n, mean
}
