package detector

import (
	"math"
	"slices"
	"strings"
)

// calls judges the structure: of the parents in a context, how many make each call,
// and how often those that do. A call that was never seen has a share of zero in
// every healthy window of its context; so has one that is lost now.
func (j *judge) calls() {
	for k := range j.recent[0].stats {
		if k.Family != Whole {
			continue
		}
		c := ContextKey{k.Site, k.Parent}
		now, windows := j.now(k)
		if now.Groups < 3 {
			continue
		}
		seen := j.before(k)
		if len(seen) == 0 {
			continue // a new context: its parent's calls tell
		}
		first := len(j.out)
		if k := (Key{Family: Answers, Site: k.Site, Parent: k.Parent}); len(j.before(k)) > 0 {
			j.call(k, now, windows, seen)
		}
		for _, call := range j.b.calls[c] {
			j.call(call, now, windows, seen)
		}
		for _, call := range j.recent[0].calls[c] {
			if len(j.before(call)) == 0 { // a new call
				j.call(call, now, windows, seen)
			}
		}
		if j.manyKinds(k) && mixed(j.out[first:]) {
			j.out = j.out[:first]
		}
	}
}

// methods are names of spans that tell no kind of request from another.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// manyKinds reports whether a context is an entry point that is named after its method
// alone, with no route that tells its kinds of requests from each other: see [Contexts].
func (j *judge) manyKinds(k Key) bool {
	return k.Parent == (Site{}) && slices.Contains(methods, strings.TrimPrefix(j.b.table.Name(k.Site.Operation), "HTTP "))
}

// made is the part of what some calls have lost in share that others must have gained for
// both to be another mix of requests.
const made = 0.5

// mixed reports whether some calls of a context are made more often as others are made less:
// where several kinds of requests share a name, more of one are fewer of the others.
func mixed(calls []Evidence) bool {
	var gained, lost float64
	for i := range calls {
		if e := &calls[i]; e.Key.Family == Calls {
			gained += max(0, e.Shift.Effect)
			lost -= min(0, e.Shift.Effect)
		}
	}
	return lost > 0 && gained >= made*lost
}

// call judges one call of a context; seen are the healthy windows of the context.
func (j *judge) call(k Key, whole Stat, windows int, seen []point) {
	var made float64
	for _, w := range j.recent[:windows] {
		s := w.stats[k]
		made += s.Mean * s.N
	}
	past := j.stats[:0]
	points, season := j.before(k), j.mover(k)
	var ever, n float64
	for _, p := range seen {
		p.mean = 0
		for len(points) > 0 && points[0].ord < p.ord {
			points = points[1:]
		}
		if len(points) > 0 && points[0].ord == p.ord {
			p.mean = points[0].mean
		}
		season.move(&p)
		s := p.stat()
		ever += s.Mean * s.N
		n += s.N
		past = append(past, s)
	}
	j.stats = past
	j.looks[k.Family]++
	now := Stat{N: whole.N, Groups: whole.Groups, Mean: made / whole.N}
	if math.Abs(now.Mean-ever/n) < floorShare {
		return // z is below one whatever the spread
	}
	past = merged(past, minGroups)
	if total(past) < minGroups {
		return
	}
	e := Evidence{Key: k, Windows: windows, New: ever == 0}
	e.Shift = j.shares(k.Family, past, now)
	e.Sure = math.Abs(e.Shift.Z)
	e.Before, e.Now = e.Shift.Mu, now.Mean
	e.Share = min(1, whole.Groups/j.traces(windows))
	j.out = append(j.out, e)
}
