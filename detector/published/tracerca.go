package published

import (
	"math"
	"math/bits"

	"culprit/model"
)

const (
	// sigmas is from how many standard deviations a call counts as abnormal.
	sigmas = 3
	// minFluctuation is how much the mean severity of a pair of services must have
	// grown for its calls to be looked at at all.
	minFluctuation = 0.1
	// minSupport is the smallest share of abnormal traces that a set must appear in.
	minSupport = 0.1
)

// pair is a caller and a callee; the caller of a root is 0.
type pair struct{ source, target model.Sym }

// spread is the mean and standard deviation of durations in ms.
type spread struct{ n, sum, squares float64 }

func (s *spread) add(x float64) {
	s.n++
	s.sum += x
	s.squares += x * x
}

func (s *spread) mean() float64 { return s.sum / s.n }
func (s *spread) sigma() float64 {
	return math.Sqrt(max(0, s.squares/s.n-s.mean()*s.mean()))
}

// TraceRCA is Li et al., "Practical Root Cause Localization for Microservice Systems via
// Trace Analysis", IWQoS 2021: pairs of services whose calls have become more severe are
// kept; a call is abnormal beyond 3 sigma of its operation's healthy durations, or when
// it fails and its operation hardly ever failed; a trace is abnormal with any abnormal
// call. Sets of services that many abnormal traces and few normal ones have in common
// are mined; a service scores the best of its sets, the Jaccard index of the set and the
// abnormal traces times the number of traces by which its abnormal calls as a callee
// exceed those as a caller. Sets of one and two services are mined: larger ones
// change no ranking here.
func TraceRCA(s *Scene) []Score {
	limits := operationSpread(s.Healthy)
	calls := s.abnormalCalls(limits)
	services := map[model.Sym]int{}
	var names []model.Sym
	for _, op := range s.ops(s.Now) {
		if svc := s.sites[op].Service; services[svc] == 0 {
			names = append(names, svc)
			services[svc] = len(names)
		}
	}
	n := len(s.Now)
	holds, in, out := newSets(len(names), n), newSets(len(names), n), newSets(len(names), n)
	abnormal := newSets(1, n)[0]
	loud := map[int32]float64{} // abnormal calls of an operation
	for ti, t := range s.Now {
		for i := range t.Spans {
			sp := &t.Spans[i]
			target := services[s.sites[sp.Op].Service] - 1
			holds[target].add(ti)
			if !calls(t, i) {
				continue
			}
			abnormal.add(ti)
			in[target].add(ti)
			loud[sp.Op]++
			if src := s.source(t, i); src != 0 {
				out[services[src]-1].add(ti)
			}
		}
	}
	all := float64(abnormal.count())
	if all == 0 {
		return nil
	}
	best := make([]float64, len(names))
	for i := range best {
		best[i] = -1
	}
	consider := func(set bitset, members ...int) {
		hit := float64(set.countAnd(abnormal))
		if hit < minSupport*all {
			return
		}
		support, confidence := hit/all, hit/float64(set.count())
		jaccard := 1 / (1/support + 1/confidence - 1)
		for _, m := range members {
			callee, caller := set.countAnd(in[m]), set.countAnd(out[m])
			best[m] = max(best[m], jaccard*float64(callee-caller))
		}
	}
	both := newSets(1, n)[0]
	for i := range names {
		consider(holds[i], i)
		for k := i + 1; k < len(names); k++ {
			for w := range both {
				both[w] = holds[i][w] & holds[k][w]
			}
			consider(both, i, k)
		}
	}
	value := map[int32]float64{}
	for op := range loud {
		// within a service the loudest operation first
		value[op] = best[services[s.sites[op].Service]-1] + 1e-9*loud[op]
	}
	return s.ranked(value)
}

// source is the service that called span i, 0 if it is a root or a call within the service.
func (s *Scene) source(t *Trace, i int) model.Sym {
	p := t.Spans[i].Parent
	if p < 0 {
		return 0
	}
	src := s.sites[t.Spans[p].Op].Service
	if src == s.sites[t.Spans[i].Op].Service {
		return 0
	}
	return src
}

// limit is what is usual for the calls of an operation.
type limit struct {
	spread
	failed float64
}

func operationSpread(traces []*Trace) map[int32]*limit {
	out := map[int32]*limit{}
	for _, t := range traces {
		for i := range t.Spans {
			sp := &t.Spans[i]
			l := out[sp.Op]
			if l == nil {
				l = &limit{}
				out[sp.Op] = l
			}
			l.add(float64(sp.Duration) / 1e6)
			if sp.Failed {
				l.failed++
			}
		}
	}
	return out
}

// severity is how many standard deviations a call is from what is usual.
func (l *limit) severity(sp *Span) float64 {
	if l == nil || l.n < 2 {
		return 0
	}
	// a sigma below 1 % of the mean would make every digit of the clock abnormal
	return (float64(sp.Duration)/1e6 - l.mean()) / max(l.sigma(), 0.01*l.mean(), 1e-3)
}

// abnormalCalls selects the pairs of services to look at and tells abnormal calls.
func (s *Scene) abnormalCalls(limits map[int32]*limit) func(t *Trace, i int) bool {
	sums := func(traces []*Trace) map[pair]*spread {
		out := map[pair]*spread{}
		for _, t := range traces {
			for i := range t.Spans {
				k := pair{s.source(t, i), s.sites[t.Spans[i].Op].Service}
				if out[k] == nil {
					out[k] = &spread{}
				}
				out[k].add(math.Abs(limits[t.Spans[i].Op].severity(&t.Spans[i])))
			}
		}
		return out
	}
	now, healthy := sums(s.Now), sums(s.Healthy)
	useful := map[pair]bool{}
	for k, a := range now {
		b := healthy[k]
		useful[k] = b == nil || a.mean() > (1+minFluctuation)*b.mean()
	}
	return func(t *Trace, i int) bool {
		sp := &t.Spans[i]
		l := limits[sp.Op]
		if sp.Failed && (l == nil || l.failed/l.n < 0.01) {
			return true
		}
		return useful[pair{s.source(t, i), s.sites[sp.Op].Service}] && l.severity(sp) > sigmas
	}
}

// TraceRCAOfRCAEval is the form in which RCAEval (Pham et al., WWW Companion 2025) runs
// TraceRCA: a span is abnormal beyond 3 sigma of its operation; an operation scores the
// harmonic mean of its share of all abnormal spans and its own share that is abnormal.
// Failed spans count as abnormal where the operation hardly ever failed.
func TraceRCAOfRCAEval(s *Scene) []Score {
	limits := operationSpread(s.Healthy)
	count, bad := map[int32]float64{}, map[int32]float64{}
	all := 0.0
	for _, t := range s.Now {
		for i := range t.Spans {
			sp := &t.Spans[i]
			l := limits[sp.Op]
			count[sp.Op]++
			if sp.Failed && (l == nil || l.failed/l.n < 0.01) || l.severity(sp) >= sigmas {
				bad[sp.Op]++
				all++
			}
		}
	}
	value := map[int32]float64{}
	for op, n := range bad {
		support, confidence := n/all, n/count[op]
		value[op] = 2 * support * confidence / (support + confidence)
	}
	return s.ranked(value)
}

// bitset is a set of traces.
type bitset []uint64

func newSets(sets, n int) []bitset {
	out := make([]bitset, sets)
	for i := range out {
		out[i] = make(bitset, (n+63)/64)
	}
	return out
}

func (b bitset) add(i int) { b[i/64] |= 1 << (i % 64) }
func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b bitset) countAnd(c bitset) (n int) {
	for i, w := range b {
		n += bits.OnesCount64(w & c[i])
	}
	return n
}
