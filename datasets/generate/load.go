package generate

import (
	"math"
	"math/rand/v2"
	"time"
)

// load is the rate of requests over time: a Poisson process that follows the day and
// the week.
type load struct {
	start  time.Time
	rate   float64 // requests per second, mean of a day
	daily  float64 // amplitude of the day as a share of the mean, below 1
	weekly float64 // share by which weekends are quieter
	surges []surge
}

// surge multiplies the rate in [from, to), with ramps of a tenth of its length.
type surge struct {
	from, to int64
	factor   float64
}

// at is the rate at a time, per second.
func (l *load) at(t int64) float64 {
	now := l.start.Add(time.Duration(t))
	day := float64(now.Sub(now.Truncate(24*time.Hour))) / float64(24*time.Hour)
	r := l.rate * (1 + l.daily*math.Sin(2*math.Pi*(day-peakLag)))
	if d := now.Weekday(); d == time.Saturday || d == time.Sunday {
		r *= 1 - l.weekly
	}
	for _, s := range l.surges {
		if s.from <= t && t < s.to {
			ramp := float64(s.to-s.from) / 10
			r *= 1 + (s.factor-1)*min(1, float64(t-s.from)/ramp, float64(s.to-t)/ramp)
		}
	}
	return r
}

// peakLag puts the peak of the day at 15:00.
const peakLag = 9.0 / 24

// most is an upper bound of at.
func (l *load) most() float64 {
	r := l.rate * (1 + l.daily)
	for _, s := range l.surges {
		r *= max(1, s.factor)
	}
	return r
}

// next is the time of the first request after t: arrivals at the highest rate are
// thinned out.
func (l *load) next(r *rand.Rand, t int64) int64 {
	most := l.most()
	for {
		t += micros(r.ExpFloat64()/most*float64(sec)) + 1
		if r.Float64()*most < l.at(t) {
			return t
		}
	}
}
