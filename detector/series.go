package detector

import (
	"math"
	"slices"
)

// point is a statistic of one learned window, small.
type point struct {
	ord                  int32
	n, groups, mean, vrc float32
}

func (p point) stat() Stat {
	return Stat{N: float64(p.n), Groups: float64(p.groups), Mean: float64(p.mean), Var: float64(p.vrc)}
}

// series is a quantity in the learned windows that had it. Its sums say of most quantities that
// there is nothing to compare, without a look at an hour of windows.
type series struct {
	points []point // oldest first; those from the first on were remembered when the last was added
	sums   tally   // of those
	first  int32
	oldest int32 // ord of the first of those
	// odd marks a share of a context with other windows, or other numbers of values, than the
	// context has: what was accepted as normal. Its sums cannot be held against the context's.
	odd bool
}

// tally adds up points. Sums are of integers, so that what is taken away again leaves no trace.
type tally struct {
	n, groups float64 // counts: exact below 2^53
	sum       int64   // of n times mean, in units of 2^-20
}

const (
	tallied = 1 << 20
	// mostTallied bounds the sum of one window, so that 240 of them fit: 2^34 values with a mean
	// of one, more than a window can hold.
	mostTallied = 1 << 54
	// blur is the most by which a mean from a [tally] may be off, with some to spare: half of its
	// unit a window, and a window has a value at least.
	blur = 1e-6
)

func (t *tally) add(p *point) {
	t.n += float64(p.n)
	t.groups += float64(p.groups)
	t.sum += p.tallied()
}

func (t *tally) take(p *point) {
	t.n -= float64(p.n)
	t.groups -= float64(p.groups)
	t.sum -= p.tallied()
}

func (p *point) tallied() int64 {
	return int64(math.Round(min(max(float64(p.n)*float64(p.mean)*tallied, -mostTallied), mostTallied)))
}

func (t tally) amounts() amounts {
	return amounts{n: t.n, groups: t.groups, sum: float64(t.sum) / tallied}
}

// newSeries is a series of points of which the last is the newest that any series has.
func newSeries(points []point) series {
	s := series{points: points}
	for i := range points {
		s.sums.add(&points[i])
	}
	if len(points) > 0 {
		s.oldest = points[0].ord
	}
	return s
}

// with is the series with one more point, at most keep windows after its oldest. It writes to nothing that
// the old one shows.
func (s series) with(p point, keep int) series {
	s.points = append(s.points, p)
	s.sums.add(&p)
	for s.points[s.first].ord <= p.ord-int32(keep) {
		s.sums.take(&s.points[s.first])
		s.first++
	}
	s.oldest = s.points[s.first].ord
	if cut := len(s.points) - keep; cut > keep { // the front goes at once, now and then
		s.points = slices.Clone(s.points[cut:])
		s.first -= int32(cut)
	}
	return s
}

// after are the points of windows after one, of those that are remembered.
func (s *series) after(ord int32) []point {
	i := int(s.first)
	if s.oldest <= ord {
		for i < len(s.points) && s.points[i].ord <= ord {
			i++
		}
	}
	return s.points[i:]
}

// between are the sums of the points of windows after one, of those that are remembered, and before
// another; 0 is none.
func (s *series) between(after, before int32) amounts {
	t, i, end := s.sums, int(s.first), len(s.points)
	if s.oldest <= after {
		for ; i < end && s.points[i].ord <= after; i++ {
			t.take(&s.points[i])
		}
	}
	for ; before > 0 && end > i && s.points[end-1].ord >= before; end-- {
		t.take(&s.points[end-1])
	}
	return t.amounts()
}

// fits sees to it that the sums of a share of a context are held against the context's only where
// both are of the same windows and values.
func (b *Baseline) fits(k Key) {
	if !k.Family.absent() {
		return
	}
	s := b.series[k]
	whole := b.series[Key{Family: Whole, Site: k.Site, Parent: k.Parent}].points
	for _, p := range s.points {
		for len(whole) > 0 && whole[0].ord < p.ord {
			whole = whole[1:]
		}
		if len(whole) == 0 || whole[0].ord != p.ord || whole[0].n != p.n {
			s.odd = true
			b.series[k] = s
			return
		}
	}
}
