package engine

import (
	"math"
	"time"

	"culprit/detector"
	"culprit/internal/stats"
)

// alarm decides when a window is too unlike the healthy ones to be chance. Two
// independent ways of saying "chance" must both fail:
//
//   - of the evidence: the leading shift, as one of all the shifts that were looked at
//     in this window (Bonferroni);
//   - of the score: how often healthy windows scored as high, by counting while there
//     are enough of them and by the tail of their scores beyond that.
//
// Each is held to alpha = budget / (2 x windows a day).
type alarm struct {
	alpha  float64
	scores []float64 // of windows outside published incidents, oldest first
	tail   stats.Tail
	stale  int // scores since the tail was fitted
}

const (
	// keepScores is thirty days of half-minute windows.
	keepScores = 30 * 24 * 120
	// minScores is the fewest healthy scores for which a tail is trusted; before that
	// the score must be three times the largest one, and the verdict is provisional.
	minScores = 20
	// beyond is that factor.
	beyond = 3
	// least is the smallest score that may open an incident: a z of 10 for a change of
	// 10 %, or of 5 for a fifth.
	least = 1.0
)

func newAlarm(budget float64, window time.Duration) *alarm {
	perDay := float64(24*time.Hour) / float64(window)
	return &alarm{alpha: budget / (2 * perDay)}
}

// chance is the probability that a healthy window scores this high.
func (a *alarm) chance(score float64) float64 {
	if len(a.scores) >= minScores {
		return a.tail.P(score)
	}
	top := 0.0
	for _, s := range a.scores {
		top = max(top, s)
	}
	if score > beyond*top {
		return 0
	}
	return 1
}

// loud reports whether a score with its leading evidence, one of looks pieces, opens
// an incident.
func (a *alarm) loud(score float64, lead *detector.Evidence, looks int) bool {
	if lead == nil || score < least {
		return false
	}
	log := math.Log(2*float64(max(looks, 1))) + stats.LogNormalTail(math.Abs(lead.Shift.Z))
	return log <= math.Log(a.alpha) && a.chance(score) <= a.alpha
}

// calm reports whether a score no longer sets the window apart: hysteresis keeps an
// incident open until its score falls to what healthy windows often reach.
func (a *alarm) calm(score float64) bool {
	if score < least/4 {
		return true
	}
	return len(a.scores) >= minScores && a.tail.P(score) > 0.01
}

// learn takes in the score of a window outside published incidents.
func (a *alarm) learn(score float64) {
	a.scores = append(a.scores, score)
	if len(a.scores) > keepScores+keepScores/10 {
		a.scores = append(a.scores[:0], a.scores[len(a.scores)-keepScores:]...)
	}
	a.stale++
	if len(a.scores) >= minScores && (a.stale >= len(a.scores)/100 || len(a.scores) == minScores) {
		a.tail, a.stale = stats.FitTail(a.scores), 0
	}
}
