package engine

import (
	"slices"

	"culprit/detector"
	"culprit/internal/incident"
	"culprit/internal/stats"
)

// held is a window that is not learned yet: what was found in it may come back.
type held struct {
	w       *detector.Window
	service string // that it was found at
	calm    int    // windows since in which nothing was found there
}

const (
	// recurs is in how many windows a finding has to come back.
	recurs = 2
	// mostHeld is how many windows wait at most, three minutes of them; then the oldest is
	// learned. All of them are among the recent ones, which a snapshot keeps.
	mostHeld = 6
)

// few reports whether a window or two would be much of what is normal. From ten minutes of
// healthy windows on all are learned at once: what changed for good and is no incident is to become normal.
func (e *Engine) few() bool { return e.baseline.Windows() < stats.OwnWindows }

// learn takes in a window in which nothing is suspected. While there are few the first
// windows of a fault would be most of what is normal, and one that is not sure enough at
// once for anything to be suspected would hide itself. So a window in which something was found waits
// until that service had nothing in two further ones: a fluke does not come back, and a
// fault does.
func (e *Engine) learn(w *detector.Window, found []incident.Finding) {
	var wait []held
	for _, h := range e.held {
		h.calm++
		if slices.ContainsFunc(found, func(f incident.Finding) bool { return f.Suspects[0].Service == h.service }) {
			h.calm = 0
		}
		if h.calm < recurs && e.few() {
			wait = append(wait, h)
		} else {
			e.take(h.w)
		}
	}
	if len(found) > 0 && e.few() {
		w.Hold(true)
		wait = append(wait, held{w: w, service: found[0].Suspects[0].Service})
	} else {
		e.take(w)
	}
	if len(wait) > mostHeld {
		e.take(wait[0].w)
		wait = wait[1:]
	}
	e.held = wait
}

// take learns a window.
func (e *Engine) take(w *detector.Window) {
	e.baseline.Learn(w)
	e.calm[w.From] = true
}

// drop lets go of the windows that wait: what was found in them may well be a fault, or
// nobody can tell any more.
func (e *Engine) drop() {
	for _, h := range e.held {
		h.w.Hold(false)
	}
	e.held = nil
}

// keptHeld is a waiting window in a snapshot, which has it among the recent ones.
type keptHeld struct {
	From    int64
	Service string
	Calm    int
}

func (e *Engine) keepHeld() []keptHeld {
	var out []keptHeld
	for _, h := range e.held {
		out = append(out, keptHeld{h.w.From, h.service, h.calm})
	}
	return out
}

func (e *Engine) restoreHeld(all []keptHeld) {
	e.held = nil
	for _, k := range all {
		if i := slices.IndexFunc(e.recent, func(w *detector.Window) bool { return w.From == k.From }); i >= 0 {
			e.held = append(e.held, held{e.recent[i], k.Service, k.Calm})
		}
	}
}
