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
		at := ContextKey{k.Site, k.Parent}
		c := j.caller(k, v)
		if c.now.Groups < 3 || len(c.seen) == 0 { // a new context: its parent's calls tell
			continue
		}
		first := len(j.out)
		if k := (Key{Family: Answers, Site: k.Site, Parent: k.Parent}); j.has(k) {
			j.call(k, &c)
		}
		for _, call := range j.b.calls[at] {
			j.call(call, &c)
		}
		for _, call := range j.recent[0].calls[at] {
			if !j.has(call) { // a new call
				j.call(call, &c)
			}
		}
		if j.manyKinds(k) && mixed(j.out[first:]) {
			j.out = j.out[:first]
		}
	}
}

// caller is a context whose calls are judged.
type caller struct {
	now     Stat
	windows int
	seen    []point // the healthy windows that had it
	sums    amounts // of those
	summed  bool
}

// caller finds a context; whole is how often it was seen, newest in the newest window.
func (j *judge) caller(whole Key, newest Stat) (c caller) {
	c.now, c.windows = j.now(whole, newest)
	c.seen = j.before(whole)
	c.sums, c.summed = j.sums(whole)
	return c
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

// call judges one call of a context.
func (j *judge) call(k Key, c *caller) {
	var made float64
	for _, w := range j.recent[:c.windows] {
		s := w.stats[k]
		made += s.Mean * s.N
	}
	now := Stat{N: c.now.N, Groups: c.now.Groups, Mean: made / c.now.N}
	j.looks[k.Family]++
	if calls, ok := j.sums(k); ok && c.summed && !j.few && math.Abs(now.Mean-calls.sum/c.sums.n) < floorShare-blur {
		return
	}
	var usual amounts
	if j.moved {
		usual = amount(j.making(k, c.seen))
	} else {
		usual = amountMaking(c.seen, j.before(k))
	}
	j.scatters(k.Family, &usual)
	if math.Abs(now.Mean-usual.sum/usual.n) < floorShare {
		return // z is below one whatever the spread
	}
	past := merged(j.listed(j.making(k, c.seen)), minGroups)
	if total(past) < minGroups {
		return
	}
	e := Evidence{Key: k, Windows: c.windows, New: usual.sum == 0}
	e.Shift, e.Sure = j.shared(k, past, now, &usual)
	e.Before, e.Now = e.Shift.Mu, now.Mean
	e.Share = min(1, c.now.Groups/j.traces(c.windows))
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
		mean := 0.0
		if at < len(calls) && calls[at].ord == p.ord {
			mean = float64(calls[at].mean)
		}
		a.take(float64(p.n), float64(p.groups), mean)
	}
	return a
}
