package app

import (
	"sync"
	"sync/atomic"

	"culprit/internal/engine"
	"culprit/model"
)

// tally is what a pipeline has counted of what came in, for those who ask while more comes
// in: they do not wait for it.
type tally struct {
	mu     sync.Mutex // held while spans are converted, sorted into their windows or assembled
	asked  atomic.Bool
	counts atomic.Pointer[counts]
}

// counts are never written to once they are told.
type counts struct {
	engine.Counts
	warnings []model.Warning
	folded   []model.Folded
}

// changes is to be called before what is counted changes, and what it returns afterwards.
func (p *pipeline) changes() func() {
	p.mu.Lock()
	return func() {
		if p.asked.Swap(false) {
			p.recount()
		}
		p.mu.Unlock()
	}
}

// count is what came in until now; or, while a batch is taken in, until the last time that
// somebody asked and the batch of that time was in.
func (p *pipeline) count() *counts {
	if p.mu.TryLock() {
		p.recount()
		p.mu.Unlock()
	} else {
		p.asked.Store(true)
	}
	return p.counts.Load()
}

// recount tells anew what came in. The caller holds mu.
func (p *pipeline) recount() {
	c := &counts{Counts: p.engine.Count(), warnings: p.warnings(), folded: p.folded()}
	c.warnings = model.MergeWarnings(append(c.warnings, c.Overflow...), maxPlaces)
	p.counts.Store(c)
}
