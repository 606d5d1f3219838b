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
	for k, v := range j.recent[0].stats {
		if k.Family != Whole || j.sudden && v.Groups >= enough {
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
	var usual amounts
	if j.moved {
		usual = amount(j.making(k, seen))
	} else {
		usual = amountMaking(seen, j.before(k))
	}
	j.looks[k.Family]++
	now := Stat{N: whole.N, Groups: whole.Groups, Mean: made / whole.N}
	if math.Abs(now.Mean-usual.sum/usual.n) < floorShare {
		return // z is below one whatever the spread
	}
	past := merged(j.listed(j.making(k, seen)), minGroups)
	if total(past) < minGroups {
		return
	}
	e := Evidence{Key: k, Windows: windows, New: usual.sum == 0}
	e.Shift = j.shares(k.Family, past, now)
	e.Sure = math.Abs(e.Shift.Z)
	e.Before, e.Now = e.Shift.Mu, now.Mean
	e.Share = min(1, whole.Groups/j.traces(windows))
	j.out = append(j.out, e)
}

// making are the windows in which a context was seen with the share of them that made a call,
// moved to the hour at hand like all others; until its next call.
func (j *judge) making(k Key, seen []point) []point {
	j.scratch = append(j.scratch[:0], seen...)
	calls := j.before(k)
	for i := range j.scratch {
		p := &j.scratch[i]
		for len(calls) > 0 && calls[0].ord < p.ord {
			calls = calls[1:]
		}
		p.mean = 0
		if len(calls) > 0 && calls[0].ord == p.ord {
			p.mean = calls[0].mean
		}
	}
	if season := j.mover(k); season.season != nil {
		for i := range j.scratch {
			season.move(&j.scratch[i])
		}
	}
	return j.scratch
}

// amountMaking is [amount] of the windows that [judge.making] lists, without listing them.
func amountMaking(seen, calls []point) (a amounts) {
	at := 0
	for i := range seen {
		p := &seen[i]
		for at < len(calls) && calls[at].ord < p.ord {
			at++
		}
		n := float64(p.n)
		a.n += n
		a.groups += float64(p.groups)
		if at < len(calls) && calls[at].ord == p.ord {
			a.sum += n * float64(calls[at].mean)
		}
	}
	return a
}
