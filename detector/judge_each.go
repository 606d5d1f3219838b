package detector

import (
	"math"
	"slices"

	"culprit/internal/stats"
)

// errorPrior is what a site never seen before is judged against: 1 % of errors worth
// 50 calls.
var errorPrior = Stat{N: 50, Groups: 50, Mean: 0.01, Var: 0.01 * 0.99}

// each judges the quantities that need no context.
func (j *judge) each() {
	for k, v := range j.recent[0].stats {
		if !j.sudden || v.Groups < enough { // else there is no second look
			j.one(k, v)
		}
	}
	if j.sudden {
		return
	}
	for k := range j.b.series { // entry points that fell silent
		if k.Family == Traffic && j.recent[0].stats[k].N == 0 {
			j.traffic(k)
		}
	}
}

// one judges one of them; newest is what it is in the newest window.
func (j *judge) one(k Key, newest Stat) {
	switch k.Family {
	case EdgeGap, EntryTime, QueueWait:
		j.time(k, newest)
	case Concurrency, Repeats:
		j.level(k, newest)
	case Errors, EntryErrors:
		j.share(k, newest)
	case Tail:
		if !j.polls[k.Site] {
			j.share(k, newest)
		}
	case Traffic:
		j.traffic(k)
	}
}

func (j *judge) time(k Key, newest Stat) {
	now, windows := j.now(k, newest)
	if k.Family == QueueWait && j.clockStep(windows) {
		return
	}
	past := merged(j.past(k), minGroups)
	if now.Groups < 3 || total(past) < minGroups {
		return
	}
	j.looks[k.Family]++
	t := timing{key: k, windows: windows, now: now, plain: now, traces: j.traces(windows)}
	j.timed(&t, past, floorTime)
}

const (
	// sureStep is the |z| from which the share of traces with disagreeing clocks has changed.
	sureStep = 3
	// unsteady is how much that share may differ among healthy windows, as a standard
	// deviation. A clock that was set within the last hour moves it by the share of traces
	// that pass its host.
	unsteady = 0.05
)

// clockStep reports whether a clock was set during the newest windows or the ones that
// they are compared with: waits are the one quantity that needs the clocks of two hosts,
// and mean nothing then.
func (j *judge) clockStep(windows int) bool {
	k := Key{Family: Clocks}
	now, past := j.over(k, windows), j.past(k)
	if now.N == 0 || total(past) < minGroups {
		return false
	}
	shift := j.shares(merged(past, minGroups), now)
	return math.Abs(shift.Z) > sureStep || shift.Tau2 > unsteady*unsteady
}

// rareDouble is the variance of the log count when every call in a thousand, say, is
// made twice, times that thousand: (ln 2)². A call that was always made once may be
// retried once in as many calls as were seen; one retry proves nothing.
const rareDouble = math.Ln2 * math.Ln2

// level judges log ratios and log counts.
func (j *judge) level(k Key, newest Stat) {
	now, windows := j.now(k, newest)
	if now.Groups < minGroups {
		return
	}
	if usual, ok := j.sums(k); ok && (usual.groups < minGroups || math.Abs(now.Mean-usual.mean()) < floorTime-blur) {
		if usual.groups >= minGroups {
			j.looks[k.Family]++
		}
		return
	}
	points := j.points(k)
	usual := amount(points)
	if usual.groups < minGroups {
		return
	}
	j.looks[k.Family]++
	if math.Abs(now.Mean-usual.mean()) < floorTime {
		return // z is below one whatever the spread
	}
	past := j.listed(points)
	if k.Family == Repeats {
		doubt := rareDouble / (usual.groups + 1)
		for i := range past {
			past[i].Var += doubt
		}
	}
	past = merged(past, minGroups)
	e := Evidence{Key: k, Windows: windows, Shift: j.means(past, now, floorTime)}
	e.Sure = sure(within(past), now, e.Shift)
	e.Before, e.Now = math.Exp(e.Shift.Mu), math.Exp(now.Mean)
	e.Share = min(1, now.Groups/j.traces(windows))
	j.out = append(j.out, e)
}

func (j *judge) share(k Key, newest Stat) {
	now, windows := j.now(k, newest)
	if now.Groups < 3 {
		return
	}
	if usual, ok := j.sums(k); ok && !j.few && usual.groups >= minGroups && math.Abs(now.Mean-usual.mean()) < floorShare-blur {
		j.looks[k.Family]++
		return
	}
	points := j.points(k)
	usual := amount(points)
	e := Evidence{Key: k, Windows: windows}
	if usual.groups < minGroups {
		if k.Family == Tail {
			return
		}
		usual.add(errorPrior)
		e.New = true
	}
	j.looks[k.Family]++
	j.scatters(k.Family, &usual)
	if math.Abs(now.Mean-usual.mean()) < floorShare {
		return // z is below one whatever the spread
	}
	past := j.listed(points)
	if e.New {
		past = append(past, errorPrior)
	}
	past = merged(past, minGroups)
	e.Shift, e.Sure = j.shared(k, past, now, &usual)
	e.Before, e.Now = e.Shift.Mu, now.Mean
	e.Share = min(1, now.Groups/j.traces(windows))
	j.out = append(j.out, e)
}

// amounts are how many values and traces some windows hold, and the sum of the values. They
// cost a fraction of a comparison, and for most quantities they are enough to see that
// there is nothing to compare.
type amounts struct {
	n, groups, sum float64

	windows               int // and what [stats.ScatterOfShares] needs of them
	squares, hits, square float64
}

func amount(points []point) (a amounts) {
	for i := range points {
		p := &points[i]
		a.take(float64(p.n), float64(p.groups), float64(p.mean))
	}
	return a
}

// take adds a window.
func (a *amounts) take(n, groups, mean float64) {
	a.n += n
	a.groups += groups
	a.sum += n * mean
	a.windows++
	a.squares += groups * groups
	hits := groups * mean
	a.hits += hits
	a.square += hits * mean
}

func (a *amounts) add(s Stat) { a.take(s.N, s.Groups, s.Mean) }

// scatter is how far the windows lie from each other, of a share.
func (a *amounts) scatter() stats.Scatter {
	return stats.ScatterOfShares(a.windows, a.groups, a.squares, a.hits, a.square)
}

func (a *amounts) mean() float64 { return a.sum / max(a.n, 1) }

// traffic judges requests per second, on a log scale: load multiplies. A healthy window
// without a request counts as such, from the first that had one on: a job that runs
// every ten minutes is not gone in between. Where there are fewer requests than usual the noise
// is that of the usual number, as in a score test: none at all would say nothing of its own
// noise, but several hundred that do not come are sure.
func (j *judge) traffic(k Key) {
	if j.sudden {
		return // always judged by one window
	}
	j.taken(1)
	past := j.stats[:0]
	points := j.points(k)
	if len(points) == 0 {
		return
	}
	seconds := float64(j.recent[0].To-j.recent[0].From) / 1e9
	for ord, i := points[0].ord, 0; ord <= j.b.ord; ord++ {
		s := Stat{N: seconds}
		if i < len(points) && points[i].ord == ord {
			s = points[i].stat()
			i++
		}
		past = append(past, logRate(s))
	}
	j.stats = past
	if len(past) < 3 {
		return
	}
	now := j.recent[0].stats[k]
	if now.N == 0 {
		now.N = seconds
	}
	j.looks[k.Family]++
	rate := logRate(now)
	usual := total(past) / float64(len(past))
	if usual > rate.Groups {
		rate.Groups = usual
	}
	e := Evidence{Key: k, Windows: 1, Shift: j.means(past, rate, floorTime)}
	e.Sure = math.Abs(e.Shift.Z)
	if e.Shift.Effect < 0 {
		e.Sure = min(e.Sure, fewer(now, usual, e.Shift))
	}
	e.Before, e.Now = math.Exp(e.Shift.Mu), now.Mean
	e.Share = 1
	j.out = append(j.out, e)
}

// fewer is how sure it is, as |z|, that so few requests are no chance where usual were seen in
// a window: the log of a count near none is further out than it is rare.
func fewer(now Stat, usual float64, s stats.Shift) float64 {
	restless := math.Sqrt(max(s.SE*s.SE-1/usual, 0))
	return max(stats.ZOfLogTail(stats.LogFewer(usual*now.Mean/math.Exp(s.Mu), usual, restless)), 0)
}

// logRate is the log of a rate with half a request added, and its Poisson variance
// by the delta method: one over the requests that were seen. Those that stand for many
// are as uncertain as their number, not as what they stand for (Kish's effective size).
func logRate(s Stat) Stat {
	requests := s.Mean*s.N + 0.5
	seen := requests * (requests / (s.Var*s.N + 0.5))
	return Stat{N: seen, Groups: seen, Mean: math.Log(requests / s.N), Var: 1}
}

func sortEvidence(es []Evidence, names Names) {
	slices.SortFunc(es, func(a, b Evidence) int { return names.CompareKeys(a.Key, b.Key) })
}
