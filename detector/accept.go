package detector

import (
	"math"
	"slices"

	"culprit/internal/stats"
)

// Accept makes what some windows show of some quantities the new normal. What healthy
// windows say about spread stays: their means are moved, all by the same amount, to
// where the windows are, so that one window is enough to go on from and a later change
// is found as before. Distributions of own times and of durations begin anew at the
// sites concerned.
//
// Windows are newest first, and have been judged; a quantity that none of them has is taken
// to be gone: its share, or its rate, is zero.
func (b *Baseline) Accept(keys []Key, windows []*Window) {
	if len(windows) == 0 {
		return
	}
	own, entries := map[Site]bool{}, map[Site]bool{}
	for _, k := range keys {
		for _, x := range b.behind(k, windows) {
			var now Stat
			for i := len(windows) - 1; i >= 0; i-- {
				now = now.plus(windows[i].stats[x])
			}
			b.move(x, now)
		}
		switch k.Family {
		case OwnTime, Tail:
			own[k.Site] = true
		case EntryTime:
			entries[k.Site] = true
		}
	}
	for site := range own {
		b.times = renewed(b.times, site, windows, func(w *Window) map[Site]*stats.Sketch { return w.times })
		// The limit of the tail is another one now; its share is not known until it was measured.
		delete(b.tails, site)
		tail := Key{Family: Tail, Site: site}
		delete(b.series, tail)
		for _, w := range windows {
			delete(w.stats, tail)
		}
		b.limit(site)
	}
	for site := range entries {
		b.root = renewed(b.root, site, windows, func(w *Window) map[Site]*stats.Sketch { return w.roots })
	}
}

// behind lists the quantities that stand behind one that was judged: an own time is judged
// by site and remembered by context, some of which may be new in these windows.
func (b *Baseline) behind(k Key, windows []*Window) []Key {
	if k.Family != OwnTime {
		return []Key{k}
	}
	out := slices.Clone(b.own[k.Site])
	for _, w := range windows {
		for _, x := range w.own[k.Site] {
			if !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// move shifts the remembered windows of a quantity so that their mean is that of now.
func (b *Baseline) move(k Key, now Stat) {
	past := b.past(k)
	if len(past) == 0 {
		if now.N > 0 && b.ord > 0 {
			b.series[k] = series{}.with(now.at(b.ord), b.keep)
			b.enlist(k)
			b.fits(k)
		}
		return
	}
	was := b.Mean(k)
	past = slices.Clone(past)
	odd := b.series[k].odd
	for i := range past {
		p := &past[i]
		mean, vrc := float64(p.mean), float64(p.vrc)
		switch k.Family {
		case Errors, Calls, Stops, Answers, Tail, EntryErrors: // shares
			mean = min(1, max(0, mean+now.Mean-was.Mean))
			vrc = mean * (1 - mean)
		case Traffic: // a rate: load multiplies
			if was.Mean > 0 {
				mean *= now.Mean / was.Mean
				vrc *= now.Mean / was.Mean
			}
		default: // logs of times and counts
			if now.N == 0 {
				continue
			}
			mean += now.Mean - was.Mean
			if now.N > 1 {
				vrc = math.Max(vrc, now.Var)
			}
		}
		p.mean, p.vrc = float32(mean), float32(vrc)
	}
	moved := newSeries(past)
	moved.odd = odd
	b.series[k] = moved
}

// renewed replaces the distributions of a site by those of the windows.
func renewed(gen [2]map[Site]*stats.Sketch, site Site, windows []*Window, of func(*Window) map[Site]*stats.Sketch) [2]map[Site]*stats.Sketch {
	delete(gen[0], site)
	delete(gen[1], site)
	for _, w := range windows {
		if s := of(w)[site]; s != nil {
			gen[0] = addSketches(gen[0], map[Site]*stats.Sketch{site: s})
		}
	}
	return gen
}
