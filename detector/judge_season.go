package detector

import (
	"math"
	"slices"
)

const (
	// seasonal is the |z| from which a quantity is judged again against the same hour of past
	// weeks: below it nobody would hear of it anyway.
	seasonal = 2
	// reach is how many hours back a healthy window may lie to be moved by what past weeks
	// showed between its hour and this one.
	reach = 24
	// early is how much before or after its hour something that recurs may come, ns.
	early = int64(5 * 60e9)
)

// seasons judges what stands out again, as it would be at this hour of the week: the healthy
// windows are moved by what past weeks showed between their hour and this one. Of the
// effect only that stays on which both ways of looking agree. So a season explains, and
// never accuses: when the batch does not run tonight, nothing is wrong with the database.
func (j *judge) seasons() {
	hours := hoursAround(j.recent[0].From)
	for i := 0; i < len(j.out); i++ {
		e := j.out[i]
		if math.Abs(e.Shift.Z) < seasonal || !j.b.seasons.knows(e.Key, j.contextsOf(e.Key), hours) {
			continue
		}
		for n, h := range hours {
			if again := j.inSeason(&e, h); n == 0 || math.Abs(again.Shift.Z) < math.Abs(j.out[i].Shift.Z) {
				j.out[i] = again
			}
		}
	}
}

// hoursAround is the hour of a window, and the one that ended or begins within minutes.
func hoursAround(from int64) []int32 {
	h := hourOf(from)
	switch into := from - int64(h)*hourNS; {
	case into < early:
		return []int32{h, h - 1}
	case hourNS-into <= early:
		return []int32{h, h + 1}
	}
	return []int32{h}
}

// contextsOf are the keys behind a judged quantity: own time is judged over all contexts of
// a site.
func (j *judge) contextsOf(k Key) []Key {
	if k.Family == OwnTime {
		return j.b.own[k.Site]
	}
	return nil
}

// knows reports whether enough past weeks had one of these hours, of the key or of one of
// its contexts.
func (s *seasons) knows(k Key, contexts []Key, hours []int32) bool {
	known := func(k Key) bool {
		x := s.known[k]
		for _, h := range hours {
			n := 0
			for w := int32(1); w <= seasonPast; w++ {
				if x.of(h-w*weekHours).n > 0 {
					n++
				}
			}
			if n >= seasonAgree {
				return true
			}
		}
		return false
	}
	if contexts == nil {
		return known(k)
	}
	return slices.ContainsFunc(contexts, known)
}

// inSeason judges the quantity of some evidence as if it were that hour.
func (j *judge) inSeason(e *Evidence, h int32) Evidence {
	j.moved, j.at = true, h
	n, looks := len(j.out), j.looks
	j.again(e.Key)
	again := *e
	if len(j.out) > n {
		again = j.out[n]
	} else {
		again.Shift.Z, again.Shift.Effect, again.Sure = 0, 0, 0 // no larger than what never matters
	}
	j.out, j.looks, j.moved = j.out[:n], looks, false
	rest := nearer(e.Shift.Effect, again.Shift.Effect)
	low, high := j.b.seasons.within(e.Key, j.contextsOf(e.Key), h)
	rest -= min(max(rest, low), high)
	part := 0.0
	if again.Shift.Effect != 0 {
		part = rest / again.Shift.Effect
	}
	again.Season = true
	again.Shift.Z *= part
	again.Sure *= math.Abs(part)
	again.Shift.Effect = rest
	again.PerCall *= part
	again.PerTrace *= part
	return again
}

// nearer is the one of two effects that is nearer to none; none if they contradict each other.
func nearer(a, b float64) float64 {
	switch {
	case a*b <= 0:
		return 0
	case math.Abs(a) < math.Abs(b):
		return a
	}
	return b
}

// again judges one quantity; at most one evidence is added.
func (j *judge) again(k Key) {
	switch k.Family {
	case OwnTime:
		contexts := slices.Clone(j.recent[0].own[k.Site])
		slices.SortFunc(contexts, NamesOf(j.b.table).CompareKeys)
		j.ownTime(k.Site, contexts)
	case Calls, Stops, Answers:
		whole := Key{Family: Whole, Site: k.Site, Parent: k.Parent}
		c := j.caller(whole, j.recent[0].stats[whole])
		j.call(k, &c)
	default:
		j.one(k, j.recent[0].stats[k])
	}
}

// points yields the remembered windows of a quantity, moved to the hour at hand while the
// judge looks at seasons; they are valid until its next call.
func (j *judge) points(k Key) []point {
	past := j.before(k)
	if !j.moved {
		return past
	}
	m := j.mover(k)
	j.scratch = append(j.scratch[:0], past...)
	for i := range j.scratch {
		m.move(&j.scratch[i])
	}
	return j.scratch
}

// mover moves the remembered windows of one quantity to the hour at hand.
type mover struct {
	j      *judge
	family Family
	season *season
	hour   int32 // that by is for
	by     float64
}

// mover moves nothing while the judge does not look at seasons.
func (j *judge) mover(k Key) mover {
	m := mover{j: j, family: k.Family, hour: j.at}
	if j.moved {
		m.season = j.b.seasons.known[k]
	}
	return m
}

func (m *mover) move(p *point) {
	if m.season == nil {
		return
	}
	if h := m.j.b.hour(p.ord); h != m.hour {
		m.hour, m.by = h, m.season.between(m.family, h, m.j.at)
	}
	if m.by != 0 {
		p.move(m.family, m.by)
	}
}

// move shifts a point in the unit of seasons.
func (p *point) move(f Family, by float64) {
	switch {
	case f == Traffic: // load multiplies
		p.mean *= float32(math.Exp(by))
		p.vrc *= float32(math.Exp(by))
	case f.share():
		p.mean = min(1, max(0, p.mean+float32(by)))
		p.vrc = p.mean * (1 - p.mean)
	default:
		p.mean += float32(by)
	}
}

// between is what past weeks agree on that changes from one hour to another.
func (s *season) between(f Family, from, to int32) float64 {
	if from == to || to-from > reach || from-to > reach {
		return 0
	}
	var room [seasonPast]float64
	diffs := room[:0]
	for w := int32(1); w <= seasonPast; w++ {
		a, b := s.of(from-w*weekHours), s.of(to-w*weekHours)
		if (a.n == 0 || b.n == 0) && !f.absent() {
			continue
		}
		diffs = append(diffs, f.unpack(b.mean)-f.unpack(a.mean))
	}
	d := agreed(diffs)
	if floor := f.floor(); math.Abs(d) < floor {
		return 0
	}
	return d
}

// within is how far below and above its mean past weeks agree that a quantity goes within
// an hour, over all its contexts.
func (s *seasons) within(k Key, contexts []Key, h int32) (low, high float64) {
	if contexts == nil {
		contexts = []Key{k}
	}
	for _, c := range contexts {
		x := s.known[c]
		var lows, highs [seasonPast]float64
		n := 0
		for w := int32(1); w <= seasonPast; w++ {
			if a := x.of(h - w*weekHours); a.n > 0 {
				mean := k.Family.unpack(a.mean)
				lows[n], highs[n] = k.Family.unpack(a.low)-mean, k.Family.unpack(a.high)-mean
				n++
			}
		}
		low, high = min(low, agreed(lows[:n])), max(high, agreed(highs[:n]))
	}
	return low, high
}

// agreed is what at least two of two or three differences reach, all in one direction;
// zero if no two do.
func agreed(of []float64) float64 {
	if len(of) < seasonAgree {
		return 0
	}
	slices.Sort(of)
	if len(of) == seasonAgree {
		return nearer(of[0], of[1])
	}
	return of[len(of)/2]
}

// absent reports whether a share that was not seen in an hour was zero there.
func (f Family) absent() bool { return f == Calls || f == Stops || f == Answers }

// floor is the difference that never matters, in the unit of seasons.
func (f Family) floor() float64 {
	if f.share() {
		return floorShare
	}
	return floorTime
}
