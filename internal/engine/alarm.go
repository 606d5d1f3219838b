package engine

import (
	"math"
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/internal/stats"
	"culprit/model"
)

// alarm decides when windows are too unlike the healthy ones to be chance. Chance is the
// larger of two:
//
//   - of the evidence: the leading shift, as one of all the shifts that were looked at
//     in this window (Bonferroni), or of one service's, once that cause is suspected;
//   - of the score: how often healthy windows scored as high, by counting while there
//     are enough of them and by the tail of their scores beyond that.
//
// What speaks for a cause adds up from window to window (see [suspicion]) until it is as
// rare as alpha = budget / (2 x windows a day). A start may spend one day's budget in its
// first hour: with a handful of healthy windows nothing could be as unlikely as alpha, and
// a fault in the first minutes would go untold. What is said then is called provisional.
type alarm struct {
	alpha  float64
	start  float64   // alpha of the first hour
	scores []float64 // of windows outside published incidents, oldest first
	calmly []float64 // of the last windows that nothing was suspected in
	tail   stats.Tail
	stale  int // scores since the tail was fitted

	suspicions map[string]*suspicion // by cause
}

const (
	// keepScores is thirty days of half-minute windows.
	keepScores = 30 * 24 * 120
	// minScores is the fewest healthy scores, some five hours of them, from which the
	// tail is continued to a chance of one in tens of thousands. Before that a score
	// must stand out from the largest one by a factor, and the verdict is provisional.
	minScores = 600
	// keepCalm is how many of the last calm windows the factor refers to.
	keepCalm = 120
	// beyond is that factor.
	beyond = 3
	// least is the smallest score that may open an incident.
	least = rootcause.Grave
)

func newAlarm(budget float64, window time.Duration) *alarm {
	perDay := float64(24*time.Hour) / float64(window)
	return &alarm{alpha: budget / (2 * perDay), start: budget / (2 * keepCalm), suspicions: map[string]*suspicion{}}
}

// young reports whether there are too few scores to say how rare one is.
func (a *alarm) young() bool { return len(a.scores) < minScores }

// level is the alpha that holds now.
func (a *alarm) level() float64 {
	if len(a.scores) < keepCalm {
		return a.start
	}
	return a.alpha
}

// single is the alpha of a ranking that a person asked for: one look, not thousands a
// day.
const single = 0.01

// chance is the probability that a healthy window scores this high.
func (a *alarm) chance(score float64) float64 {
	if !a.young() {
		return a.tail.P(score)
	}
	if len(a.calmly) == 0 || score > beyond*slices.Max(a.calmly) {
		return 0
	}
	return stats.FitTail(a.calmly).P(score)
}

// odds are what one window says for a cause, as logarithms of chances.
type odds struct {
	fresh    float64 // as one of all that was looked at
	again    float64 // as one of what was looked at of one service, on average
	services int
	grave    bool // the score is worth an incident
}

// odds weighs a cause of what was judged, in a window of so many services.
func (a *alarm) odds(c *rootcause.Cause, j *detector.Judgement, services int) odds {
	if c.Lead == nil || rootcause.Relief(c.Lead) {
		return odds{}
	}
	score := math.Log(a.chance(c.Score))
	all := odds{
		fresh:    max(logChance(c, j, 1), score),
		again:    max(logChance(c, j, services), score),
		services: services,
		grave:    c.Score >= least,
	}
	if some, ok := a.contrast(c, j, services); ok && some.fresh < all.fresh {
		return some
	}
	return all
}

// alone is the log chance from which one window opens an incident by itself: the
// e-value of such a p is 1/alpha.
func (a *alarm) alone() float64 { return stats.LogPOf(1 / a.level()) }

// logChance is the log of the chance that one of all shifts that were looked at, or of one
// of so many equal parts of them, is as far out as the surest of a cause.
func logChance(c *rootcause.Cause, j *detector.Judgement, parts int) float64 {
	of := func(e *detector.Evidence) float64 {
		looks := max(j.Kinds.Among(e.Key.Family)/max(parts, 1), 1)
		return math.Log(2*float64(looks)) + stats.LogNormalTail(e.Sure)
	}
	p := of(c.Lead)
	for _, e := range c.More {
		p = min(p, of(e))
	}
	if c.Kind == model.KindNetwork { // the lead is the largest delay, not the surest
		v := c.Site.Service
		for i := range j.Evidence {
			e := &j.Evidence[i]
			if k := &e.Key; k.Family == detector.EdgeGap && (k.Site.Service == v || k.Callee == v) && e.Shift.Effect > 0 {
				p = min(p, of(e))
			}
		}
	}
	return p
}

// usual is the chance above which a score is one that healthy windows often reach.
const usual = 0.01

// calm reports whether a score no longer sets the window apart: hysteresis keeps an
// incident open until its score falls to what healthy windows often reach.
func (a *alarm) calm(score float64) bool {
	if score < least/4 {
		return true
	}
	return !a.young() && a.tail.P(score) > usual
}

// active reports whether what a window shows of a cause keeps an incident about it open. A
// young alarm cannot tell from the score; what chance often does to one of so many
// quantities of a service then does not.
func (a *alarm) active(o odds) bool { return !a.young() || o.again <= math.Log(usual) }

// learn takes in the score of a window outside published incidents. Windows in which
// something was suspected count for the tail, or the promise would rest on a
// truncated sample; but not for the factor, or a fault that begins late in a window
// would hide itself.
func (a *alarm) learn(score float64, suspected bool) {
	if !suspected {
		a.calmly = append(a.calmly, score)
		if len(a.calmly) > 2*keepCalm {
			a.calmly = append(a.calmly[:0], a.calmly[len(a.calmly)-keepCalm:]...)
		}
	}
	a.scores = append(a.scores, score)
	if len(a.scores) > keepScores+keepScores/10 {
		a.scores = append(a.scores[:0], a.scores[len(a.scores)-keepScores:]...)
	}
	a.stale++
	if len(a.scores) >= minScores && (a.stale >= len(a.scores)/100 || len(a.scores) == minScores) {
		a.tail, a.stale = stats.FitTail(a.scores), 0
	}
}
