package workflow

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"culprit/internal/stats"
	"culprit/model"
)

const (
	// minUsual is the fewest usual runs from which anything is called unusual: what was
	// the same eight times is the rule, within what a person would call one.
	minUsual = 8
	// rare is the chance below which a share is not called chance. One run alone can
	// only ever be as rare as one of all that were seen, so what was always or never so
	// counts without it.
	rare = 0.01
	// far is the |t| from which a time or a number differs. With thousands of stages and
	// eight usual runs, Student's t passes 6 by chance once in some 1,000 stages.
	far = 6
	// steady is the least spread of a logarithm that is believed of so few runs: 10 %.
	steady = 0.1
	// felt is the share of the usual time of a run below which nobody cares how much
	// longer a stage takes.
	felt = 0.02
	// rule is the share from which an order is the usual one.
	rule = 0.95
	// mostCertain is where certainty stops: beyond it only the number of runs is measured.
	mostCertain = 12
)

// finding is a deviation of a node.
type finding struct {
	node    int
	kind    string
	before  float64
	now     float64
	unit    string
	extra   float64 // ns a run
	certain float64 // -log10 of the chance that it is none
	share   float64 // of the runs that it concerns
	follows bool
	text    string
	score   float64
}

// weights says how much a kind of deviation explains, all else equal: who does not answer
// explains whatever comes after it, order alone explains little.
var weights = map[string]float64{
	model.DeviationNoAnswer: 4,
	model.DeviationFailed:   2,
	model.DeviationMissing:  1,
	model.DeviationExtra:    1,
	model.DeviationRepeated: 1.2,
	model.DeviationSlow:     1,
	model.DeviationFewer:    0.4,
	model.DeviationOrder:    0.3,
}

// comparison finds how now deviates from usual.
type comparison struct {
	*joint
	runs, usualRuns float64
	usualNS         float64 // mean time of a usual run
	extraNS         float64 // what a run takes longer now
	found           []finding
}

// compare lists the deviations, gravest first; those that a graver one explains last.
func (j *joint) compare() []finding {
	if j.usual == nil || j.usual.began < minUsual || j.now.began == 0 {
		return nil
	}
	c := &comparison{joint: j, runs: float64(j.now.began), usualRuns: float64(j.usual.began)}
	c.usualNS = perRun(j.usual.spent(), j.usual.began)
	c.extraNS = perRun(j.now.spent(), j.now.root.runs) - c.usualNS
	for i := range j.nodes {
		c.look(i)
	}
	c.explain()
	for i := range c.found {
		c.found[i].weigh(c)
	}
	slices.SortStableFunc(c.found, func(a, b finding) int { // in the order of the workflow so far
		if a.follows != b.follows {
			if a.follows {
				return 1
			}
			return -1
		}
		return cmp.Compare(b.score, a.score)
	})
	return c.found
}

// spent is the time of all runs, ns.
func (m *Model) spent() (ns int64) {
	m.walk(func(s *step) { ns = capped(ns, s.critical) })
	return ns
}

func perRun(ns, runs int64) float64 { return float64(ns) / float64(max(runs, 1)) }

// weigh says how much a deviation explains.
func (f *finding) weigh(c *comparison) {
	impact := f.extra / max(c.extraNS, 0.1*c.usualNS, 1)
	impact = min(max(impact, 0), 1)
	f.score = weights[f.kind] * (0.3 + 0.7*impact) * min(f.certain, 6) * f.share
}

// say adds a finding on node i.
func (c *comparison) say(i int, f finding) {
	f.node = i
	f.certain = min(max(f.certain, 0), mostCertain)
	c.found = append(c.found, f)
}

// look compares one node.
func (c *comparison) look(i int) {
	n := &c.nodes[i]
	if n.parent < 0 {
		c.entry(i)
	} else if up := &c.nodes[n.parent]; up.there() && up.usual != nil && n.hop() != loose {
		c.presence(i, up)
	}
	if n.now == nil || n.usual == nil || n.now.runs == 0 {
		return
	}
	c.number(i)
	c.failure(i)
	c.time(i)
	c.order(i)
}

// entry tells of runs whose own span never came.
func (c *comparison) entry(i int) {
	n := &c.nodes[i]
	if n.now.ghosts == 0 {
		return
	}
	c.say(i, finding{
		kind: model.DeviationNoAnswer, before: 1, now: share(n.now.runs, c.now.began), unit: "share",
		certain: certainty(1 / (c.usualRuns + 1)), share: share(n.now.ghosts, c.now.began), follows: true,
		text: fmt.Sprintf("%s never came to its end in %s: stages below it are there, its own span is not", c.title(n), c.of(n.now.ghosts, c.now.began)),
	})
}

// presence tells whether a stage is there as often as usual.
func (c *comparison) presence(i int, up *node) {
	n := &c.nodes[i]
	var have, usual int64
	if n.now != nil {
		have = n.now.under
	}
	if n.usual != nil {
		usual = n.usual.under
	}
	runs, usualRuns := up.now.known, up.usual.known
	if runs == 0 || usualRuns < minUsual {
		return
	}
	q, p := share(have, runs), share(usual, usualRuns)
	f := finding{before: p, now: q, unit: "share", share: math.Abs(q-p) * share(runs, c.now.began)}
	switch {
	case n.now != nil && n.now.ghosts > 0:
		f.kind = model.DeviationNoAnswer
		f.share = share(n.now.ghosts, c.now.began)
		f.certain = certainty(1 / float64(usualRuns+1))
		f.follows = true
		f.text = fmt.Sprintf("%s never came to its end in %s: stages below it are there, its own span is not", c.title(n), c.of(n.now.ghosts, c.now.began))
	case q < p && c.unusual(runs-have, have, usualRuns-usual, usual, &f):
		f.kind = model.DeviationMissing
		f.text = fmt.Sprintf("%s is missing in %s; usually it is there in %s", c.title(n), c.of(runs-have, runs), percent(p))
	case q > p && usual == 0 && c.unusual(have, runs-have, usual, usualRuns-usual, &f):
		f.kind = model.DeviationExtra
		f.extra = perRun(n.now.spentBelow(), c.now.began)
		f.text = fmt.Sprintf("%s is new: it is there in %s, and was in none of %d usual ones", c.title(n), c.of(have, runs), usualRuns)
	case q > p && c.unusual(have, runs-have, usual, usualRuns-usual, &f):
		f.kind = model.DeviationExtra
		f.extra = perRun(n.now.spentBelow(), c.now.began) - perRun(n.usual.spentBelow(), c.usual.began)
		f.text = fmt.Sprintf("%s is there in %s; usually it is in %s", c.title(n), c.of(have, runs), percent(p))
	default:
		return
	}
	c.say(i, f)
}

// unusual holds a share of now, a of a+b, against the usual one, x of x+y, and notes how
// certain it is. All counts are of runs.
func (c *comparison) unusual(a, b, x, y int64, f *finding) bool {
	chance, _ := stats.FisherExact(int(a), int(x), int(b), int(y))
	f.certain = certainty(chance)
	return chance <= rare || x == 0 && b == 0 // never before, and in every run now
}

// number tells whether a stage comes more or less often a run than usual.
func (c *comparison) number(i int) {
	n := &c.nodes[i]
	t, z := student(n.usual.perRun, n.now.perRun)
	now, usual := float64(n.now.total)/float64(n.now.runs), float64(n.usual.total)/float64(n.usual.runs)
	f := finding{
		before: usual, now: now, unit: "per run", certain: certaintyOf(z), share: share(n.now.runs, c.now.began),
		extra: perRun(n.now.spentBelow(), c.now.began) - perRun(n.usual.spentBelow(), c.usual.began),
	}
	switch {
	case n.usual.runs < minUsual:
		return
	case t >= far && now > float64(n.usual.most):
		f.kind = model.DeviationRepeated
	case t <= -far && now < float64(n.usual.least):
		f.kind = model.DeviationFewer
	default:
		return
	}
	f.text = fmt.Sprintf("%s comes %s a run; usually %s", c.title(n), times(now), times(usual))
	c.say(i, f)
}

// failure tells whether a stage fails by itself more often than usual.
func (c *comparison) failure(i int) {
	n := &c.nodes[i]
	bad, usual := n.now.failedRuns, n.usual.failedRuns
	p, q := share(usual, n.usual.runs), share(bad, n.now.runs)
	f := finding{kind: model.DeviationFailed, before: p, now: q, unit: "share", share: (q - p) * share(n.now.runs, c.now.began)}
	if n.usual.runs < minUsual || q <= p || !c.unusual(bad, n.now.runs-bad, usual, n.usual.runs-usual, &f) {
		return
	}
	f.extra = perRun(n.now.spentBelow(), c.now.began) - perRun(n.usual.spentBelow(), c.usual.began)
	f.text = fmt.Sprintf("%s fails in %s; usually in %s", c.title(n), c.of(bad, n.now.runs), percent(p))
	if stuck := n.now.stuckRuns; 2*stuck > bad {
		f.kind = model.DeviationNoAnswer
		f.text = fmt.Sprintf("%s did not answer in %s: it was begun, and its end was never seen; usually in %s", c.title(n), c.of(stuck, n.now.runs), percent(share(n.usual.stuckRuns, n.usual.runs)))
	}
	c.say(i, f)
}

// time tells whether a stage takes longer by itself than usual.
func (c *comparison) time(i int) {
	n := &c.nodes[i]
	if n.usual.self.N < minUsual || n.now.self.N == 0 {
		return
	}
	t, z := student(n.usual.self, n.now.self)
	now, usual := perRun(n.now.selfNS, n.now.self.N), perRun(n.usual.selfNS, n.usual.self.N)
	if t < far || now-usual < felt*c.usualNS {
		return
	}
	c.say(i, finding{
		kind: model.DeviationSlow, before: usual / 1e6, now: now / 1e6, unit: "ms",
		extra: now - usual, certain: certaintyOf(z), share: share(n.now.runs, c.now.began),
		text: fmt.Sprintf("%s takes %s a run by itself; usually %s", c.title(n), duration(now), duration(usual)),
	})
}

// order tells whether a stage comes before one that it usually follows.
func (c *comparison) order(i int) {
	n := &c.nodes[i]
	if n.parent < 0 {
		return
	}
	up := &c.nodes[n.parent]
	if up.now == nil || up.usual == nil {
		return
	}
	for k := n.parent + 1; k <= up.last; k = c.nodes[k].last + 1 {
		o := &c.nodes[k]
		if k == i || o.now == nil || o.usual == nil {
			continue
		}
		usual, now := up.usual.between(o.usual, n.usual), up.now.between(o.now, n.now)
		if usual.timed < minUsual || float64(usual.aFirst) < rule*float64(usual.timed) || 2*now.bFirst <= now.timed {
			continue
		}
		f := finding{
			kind: model.DeviationOrder, before: share(usual.bFirst, usual.timed), now: share(now.bFirst, now.timed),
			unit: "share", share: share(now.bFirst, now.timed) * share(n.now.runs, c.now.began),
		}
		if !c.unusual(now.bFirst, now.timed-now.bFirst, usual.bFirst, usual.timed-usual.bFirst, &f) {
			continue
		}
		f.text = fmt.Sprintf("%s comes before %s in %s; usually after it", c.title(n), c.title(o), c.of(now.bFirst, now.timed))
		c.say(i, f)
		return // one is enough: what moved, moved past many
	}
}

// spentBelow is the time of all runs that the step and what is below it are responsible
// for, ns.
func (s *step) spentBelow() int64 {
	if s == nil {
		return 0
	}
	ns := s.critical
	for _, k := range s.kids {
		ns = capped(ns, k.spentBelow())
	}
	return ns
}

// student is how far the mean of now lies from the usual one, as Student's t for the run
// or runs of now drawn like the usual ones, and as a normal z.
func student(usual, now stats.Moments) (t, z float64) {
	if usual.N < 2 || now.N == 0 {
		return 0, 0
	}
	spread := max(usual.Var(), steady*steady)
	t = (now.Mean() - usual.Mean()) / math.Sqrt(spread*(1/float64(now.N)+1/float64(usual.N)))
	return t, stats.ZOfStudent(t, float64(usual.N-1))
}

func certaintyOf(z float64) float64 { return -stats.LogNormalTail(math.Abs(z)) / math.Ln10 }

func certainty(chance float64) float64 { return -math.Log10(max(chance, 1e-300)) }

func share(n, of int64) float64 { return float64(n) / float64(max(of, 1)) }
