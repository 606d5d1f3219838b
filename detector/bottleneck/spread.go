package bottleneck

import (
	"math/bits"

	"culprit/model"
)

// Spread are the exact moments of the time that requests spent in one service while
// everything above waited for it. A request that spent none counts with zero: the number of
// requests is the entry point's.
type Spread struct {
	Sum    int64  // µs
	hi, lo uint64 // of the squares, µs²
	now    int64  // ns of the trace at hand
}

func (e *entry) spread(service model.Sym) *Spread {
	s := e.services[service]
	if s == nil {
		s = &Spread{}
		e.services[service] = s
	}
	return s
}

// settle takes in the trace at hand.
func (s *Spread) settle() {
	if s.now == 0 {
		return
	}
	us := uint64(s.now) / 1000
	s.Sum += int64(us)
	hi, lo := bits.Mul64(us, us)
	s.add(hi, lo)
	s.now = 0
}

func (s *Spread) add(hi, lo uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, _ = bits.Add64(s.hi, hi, carry)
}

// Merge adds what other has seen.
func (s *Spread) Merge(other *Spread) {
	s.Sum += other.Sum
	s.add(other.hi, other.lo)
}

// Stat gives the mean, in ms, and the variance, in ms², over so many requests.
func (s *Spread) Stat(requests int64) (mean, variance float64) {
	if requests <= 0 {
		return 0, 0
	}
	n := float64(requests)
	mean = float64(s.Sum) / n / 1000
	squares := (float64(s.hi)*(1<<64) + float64(s.lo)) / 1e6
	if requests > 1 {
		variance = max(0, (squares-n*mean*mean)/(n-1))
	}
	return mean, variance
}
