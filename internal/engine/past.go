package engine

import (
	"maps"
	"slices"
	"time"

	"culprit/detector"
	"culprit/model"
)

// past is what has been judged and is still in memory. Windows in it never change: a
// window that keeps fewer traces from now on is another one.
type past struct {
	cfg      Config
	table    *model.Symbols
	baseline *detector.Baseline
	retained []*window      // oldest first; can still be asked about
	calm     map[int64]bool // retained windows that were learned from, by start
}

// copied is a past that nothing changes any more.
func (p *past) copied() past {
	return past{p.cfg, p.table, p.baseline.Copy(), slices.Clone(p.retained), maps.Clone(p.calm)}
}

// keep adds a window that was learned from or not yet, and lets go of what is too long ago.
func (p *past) keep(w *window) {
	p.retained = append(p.retained, w.indexed())
	if i := len(p.retained) - 1 - healthyWindows; i >= 0 {
		p.retained[i] = p.retained[i].fitted(sampledLong)
	}
	if len(p.retained) > p.cfg.Retain {
		delete(p.calm, p.retained[0].sum.From)
		p.retained = slices.Delete(p.retained, 0, len(p.retained)-p.cfg.Retain)
	}
}

// fitted is the window with fewer traces.
func (w *window) fitted(most int) *window {
	sum := *w.sum
	sum.Sample = sum.Sample.Fit(most)
	out := &window{sum: &sum, topo: w.topo, judged: w.judged, index: index{parts: w.parts}}
	return out.indexed()
}

// healthyWindows is how many of the last healthy windows lend their sampled traces to
// the comparison of instances and attributes.
const healthyWindows = 10

// lastHealthy are the last windows outside incidents, newest first.
func (p *past) lastHealthy() []*window {
	var out []*window
	for i := len(p.retained) - 1; i >= 0 && len(out) < healthyWindows; i-- {
		if w := p.retained[i]; p.calm[w.sum.From] {
			out = append(out, w)
		}
	}
	return out
}

// healthy lists their sampled traces, by window.
func (p *past) healthy() []*detector.Traces {
	var out []*detector.Traces
	for _, w := range p.lastHealthy() {
		out = append(out, w.traces())
	}
	return out
}

// Retained is the stretch that can still be asked about; ok is false before the first
// window was judged.
func (p *past) Retained() (from, to time.Time, ok bool) {
	if len(p.retained) == 0 {
		return from, to, false
	}
	first, last := p.retained[0], p.retained[len(p.retained)-1]
	return time.Unix(0, first.sum.From).UTC(), time.Unix(0, last.sum.To).UTC(), true
}

// Services lists the services that are known, sorted.
func (p *past) Services() []string {
	var out []string
	for _, s := range p.baseline.Sites() {
		out = append(out, p.table.Name(s.Service))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
