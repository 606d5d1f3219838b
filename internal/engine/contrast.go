package engine

import (
	"math"

	"culprit/detector"
	"culprit/detector/rootcause"
)

// contrast is what the calls with one value of an attribute, or of one instance, say for a
// cause; ok is false if no value is named or it has no usual of its own. The chance is that of
// so many slow calls having the value, as one of all values of all operations that were looked
// at. Like the evidence of all calls it is held against the scores of healthy windows: its own is the one that
// the cause would have if there were no other calls.
func (a *alarm) contrast(c *rootcause.Cause, j *detector.Judgement, services int) (o odds, ok bool) {
	s := c.Level.Split
	if s == nil || s.Contrast.Part == 0 {
		return odds{}, false
	}
	within := c.Score / s.Contrast.Part
	score := math.Log(a.chance(within))
	p := func(parts int) float64 {
		looks := max(j.Kinds.Among(c.Lead.Key.Family)/max(parts, 1), 1) * s.Contrast.Tried
		return max(math.Log(float64(looks))+s.Contrast.LogP, score)
	}
	return odds{fresh: p(1), again: p(services), services: services, grave: within >= least}, true
}
