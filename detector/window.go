package detector

import (
	"culprit/internal/stats"
	"culprit/model"
)

// Window is a summary made ready for judging and learning: its quantities by key.
type Window struct {
	From, To int64
	Traces   float64
	ord      int32 // its number among the learned ones, 0 if it was not
	stats    map[Key]Stat
	own      map[Site][]Key       // contexts of a site; unsorted
	calls    map[ContextKey][]Key // calls of a context; unsorted
	services map[model.Sym]bool
	times    map[Site]*stats.Sketch
	roots    map[Site]*stats.Sketch
	emits    map[model.Sym]float64 // spans by service, as they sent them themselves
	RootP50  float64               // ms; the median duration of main roots
	Summary  *Summary
	held     bool // see Hold
}

// NewWindow measures a summary. b gives the limits of the tail; nil leaves the tail out.
func NewWindow(s *Summary, b *Baseline) *Window {
	w := &Window{
		From: s.From, To: s.To,
		Traces:   float64(s.Traces),
		stats:    make(map[Key]Stat, 8*len(s.Contexts)),
		own:      map[Site][]Key{},
		calls:    map[ContextKey][]Key{},
		services: map[model.Sym]bool{},
		times:    map[Site]*stats.Sketch{},
		roots:    map[Site]*stats.Sketch{},
		emits:    map[model.Sym]float64{},
		Summary:  s,
	}
	var tails map[Site]int32
	if b != nil {
		tails = b.tails
	}
	measure(s, tails, w.put)
	for k, c := range s.Contexts {
		if !c.Opaque {
			w.emits[k.Site.Service] += float64(c.Spans)
		}
		if c.Own.N > 0 {
			have := w.times[k.Site]
			if have == nil {
				have = &stats.Sketch{}
				w.times[k.Site] = have
			}
			have.Merge(&c.Sketch)
		}
	}
	var all stats.Sketch
	for site, e := range s.Entries {
		w.roots[site] = &e.Sketch
		all.Merge(&e.Sketch)
	}
	if all.Count() > 0 {
		w.RootP50 = stats.UnlogMS(all.Quantile(0.5))
	}
	return w
}

// put adds a quantity.
func (w *Window) put(k Key, v Stat) {
	w.stats[k] = v
	switch k.Family {
	case OwnTime, GuessedTime:
		w.own[k.Site] = append(w.own[k.Site], k)
		if k.Family == OwnTime {
			w.services[k.Site.Service] = true
		}
	case Whole:
		w.services[k.Site.Service] = true
	case Calls, Stops:
		c := ContextKey{k.Site, k.Parent}
		w.calls[c] = append(w.calls[c], k)
	}
}

// Stat gives a quantity of this window; N is 0 if it was not seen.
func (w *Window) Stat(k Key) Stat { return w.stats[k] }

// Hold says whether the window may be learned later: a snapshot then keeps all that
// [Baseline.Learn] needs of it.
func (w *Window) Hold(held bool) { w.held = held }

// Forget drops the summary and distributions once they have been learned.
func (w *Window) Forget() { w.Summary, w.times, w.roots = nil, nil, nil }

// Services are the services seen in the window. The set belongs to it.
func (w *Window) Services() map[model.Sym]bool { return w.services }
