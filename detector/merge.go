package detector

// now merges the newest windows until the quantity has enough traces. Windows of before a
// fault dilute it, so there is a second look at those with just minGroups, where that
// is less; it finds nothing (N = 0) where it is not. newest is the quantity in the newest window.
func (j *judge) now(k Key, newest Stat) (s Stat, windows int) {
	return j.merge(func(windows int) Stat {
		if windows == 1 {
			return newest
		}
		return j.over(k, windows)
	})
}

// merge is now for anything that windows have.
func (j *judge) merge(over func(windows int) Stat) (s Stat, windows int) {
	first := 0 // the fewest windows with minGroups traces
	for windows = 1; ; windows *= 2 {
		s = over(windows)
		if first == 0 && s.Groups >= minGroups {
			if first = windows; j.sudden && s.Groups < enough && windows < min(Merges, len(j.recent)) {
				return s, j.taken(windows)
			}
		}
		if s.Groups >= enough || windows >= Merges || windows >= len(j.recent) {
			break
		}
	}
	if j.sudden {
		return Stat{}, 1
	}
	return s, j.taken(windows)
}

// taken is how many windows were merged at most so many, which the past does without.
func (j *judge) taken(windows int) int {
	windows = min(windows, len(j.recent))
	j.mine = 0
	for _, w := range j.recent[:windows] {
		if w.ord > 0 {
			j.mine = w.ord // newest first, so the last is the oldest
		}
	}
	return windows
}

// before are the remembered windows of a quantity, oldest first, without those that were
// merged into what is judged: they may have been learned since.
func (j *judge) before(k Key) []point {
	all := j.b.past(k)
	n := len(all)
	for n > 0 && j.mine > 0 && all[n-1].ord >= j.mine {
		n--
	}
	return all[:n]
}

// has reports whether before lists anything.
func (j *judge) has(k Key) bool { return len(j.before(k)) > 0 }

// sums are those of the windows that before lists, a mean from them being off by [blur] at most;
// ok is false where nobody has added them up: after a new version, and while windows are
// moved to another hour.
func (j *judge) sums(k Key) (a amounts, ok bool) {
	if j.moved || j.b.since(k) > j.b.ord-int32(j.b.keep) {
		return amounts{}, false
	}
	s, known := j.b.series[k]
	if !known {
		return amounts{}, true
	}
	return s.between(j.b.ord-int32(j.b.keep), j.mine), !s.odd
}

// surer takes the surer of two verdicts where there are two.
func surer(merged, sudden []Evidence) []Evidence {
	if len(sudden) == 0 {
		return merged
	}
	at := make(map[Key]int, len(merged))
	for i := range merged {
		at[merged[i].Key] = i
	}
	for _, e := range sudden {
		if i, ok := at[e.Key]; !ok {
			merged = append(merged, e)
		} else if e.Sure > merged[i].Sure {
			merged[i] = e
		}
	}
	return merged
}
