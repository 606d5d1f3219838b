package rootcause

import (
	"culprit/detector"
	"culprit/model"
)

// Scene is everything a verdict may rest on.
type Scene struct {
	Table    *model.Symbols
	Evidence []detector.Evidence
	Now      *detector.Window   // the judged window, or several merged
	Baseline *detector.Baseline // what was normal
	Traces   *detector.Traces   // a sample of the judged traces; nil for none
	Healthy  []*detector.Traces // samples of healthy traces
	Without  Part               // what the ranking is made without, "" for nothing

	silent   map[detector.Site]detector.Site   // calls that nobody answered, and who should have
	cutShort map[detector.Site]bool            // sites that lost calls: that they are faster follows
	quicker  map[detector.Site]bool            // sites that take notably less time by themselves
	detour   map[detector.Site]bool            // sites that make calls that they never made: that they are slower follows
	broken   map[model.Sym]*detector.Evidence  // the gravest loss of calls of each service that has any
	explains map[*detector.Evidence]bool       // changes of structure that silence explains
	after    map[detector.ContextKey]model.Sym // the service that parents asked last before they stopped
	shared   map[*detector.Evidence]bool       // own times that are a neighbour's network
	slowWay  map[model.Sym]bool                // services whose neighbours agree on a slow way to them
	shutOff  map[model.Sym]int                 // callers that do not get through to others, and to how many
	slower   map[model.Sym]bool                // services that are notably slower, or the way to them; made when asked for
	known    *index
	calls    *usual
	contexts *detector.Contexts

	dimensions *Dimensions
}

// smallest is the excess, in ms per trace, below which nobody is worth blaming: 1 %
// of the median request.
func (s *Scene) smallest() float64 { return 0.01 * max(s.Now.RootP50, 0.01) }
