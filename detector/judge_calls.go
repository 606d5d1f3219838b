package detector

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
		var seen []point
		for _, p := range j.b.past(k) {
			seen = append(seen, p)
		}
		if len(seen) == 0 {
			continue // a new context: its parent's calls tell
		}
		keys := map[Key]bool{}
		if k := (Key{Family: Answers, Site: k.Site, Parent: k.Parent}); len(j.b.past(k)) > 0 {
			keys[k] = true
		}
		for _, call := range j.b.calls[c] {
			keys[call] = true
		}
		for _, call := range j.callsNow(c) {
			keys[call] = true
		}
		for call := range keys {
			j.call(call, now, windows, seen)
		}
	}
}

// callsNow lists the calls of a context in the newest window.
func (j *judge) callsNow(c ContextKey) []Key {
	return j.recent[0].calls[c]
}

func (j *judge) call(k Key, whole Stat, windows int, seen []point) {
	var made float64
	for _, w := range j.recent[:windows] {
		s := w.stats[k]
		made += s.Mean * s.N
	}
	hits := map[int32]float64{}
	var ever float64
	for _, p := range j.b.past(k) {
		hits[p.ord] = float64(p.mean)
		ever += float64(p.mean) * float64(p.n)
	}
	var past []Stat
	for _, p := range seen {
		s := p.stat()
		s.Mean = hits[p.ord]
		past = append(past, s)
	}
	past = merged(past, minGroups)
	if total(past) < minGroups {
		return
	}
	now := Stat{N: whole.N, Groups: whole.Groups, Mean: made / whole.N}
	e := Evidence{Key: k, Windows: windows, New: ever == 0}
	e.Shift = j.shares(past, now)
	e.Before, e.Now = e.Shift.Mu, now.Mean
	e.Share = min(1, whole.Groups/j.traces(windows))
	j.out = append(j.out, e)
}
