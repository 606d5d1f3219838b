package detector

import (
	"math/rand/v2"
	"testing"
)

// The short sums over remembered windows are those of [Stat.plus], to the last bit: what is
// skipped because of them must not depend on how it was added up.
func TestSumsOfWindows(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		points := make([]point, rng.IntN(150))
		for i := range points {
			points[i] = point{ord: int32(i), n: float32(rng.IntN(40)), groups: float32(rng.IntN(20)), mean: float32(rng.NormFloat64()), vrc: rng.Float32()}
		}
		var all Stat
		for _, p := range points {
			all = all.plus(p.stat())
		}
		if n, mean := average(points); n != all.N || mean != all.Mean {
			t.Errorf("the mean of %v values is %v, want %v of %v", n, mean, all.Mean, all.N)
		}
		a, b := amount(points), amounts{}
		for _, p := range points {
			b.add(p.stat())
		}
		if a != b || a.n != all.N {
			t.Errorf("amounts are %+v, and %+v one by one, of %v values", a, b, all.N)
		}
	}
}

// What share of windows makes a call is summed without listing them as it is with.
func TestSumsOfCalls(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	whole, call := Key{Family: Whole}, Key{Family: Calls}
	for range 200 {
		b := NewBaseline(nil, 200)
		for ord := int32(1); ord <= 150; ord++ {
			b.ord = ord
			if rng.IntN(4) > 0 {
				b.series[whole] = b.series[whole].with(point{ord: ord, n: float32(1 + rng.IntN(40)), groups: float32(rng.IntN(20))}, b.keep)
			}
			if rng.IntN(3) > 0 {
				b.series[call] = b.series[call].with(point{ord: ord, n: 9, groups: 9, mean: rng.Float32()}, b.keep)
			}
		}
		j := &judge{b: b}
		if got, want := amountMaking(j.before(whole), j.before(call)), amount(j.making(call, j.before(whole))); got != want {
			t.Errorf("amounts are %+v, want %+v", got, want)
		}
	}
}

// A quantity is found in the windows after one whether every window had it or only some.
func TestWithin(t *testing.T) {
	k := Key{Family: Errors}
	for _, points := range [][]point{nil, {{ord: 3}}, {{ord: 1}, {ord: 2}, {ord: 3}}, {{ord: 1}, {ord: 3}, {ord: 9}}, {{ord: 7}, {ord: 8}, {ord: 9}}} {
		b := &Baseline{ord: 9, series: map[Key]series{k: newSeries(points)}}
		for first := int32(-2); first <= 9; first++ {
			want := 0
			for _, p := range points {
				if p.ord > first {
					want++
				}
			}
			s := b.series[k]
			if got := s.after(first); len(got) != want {
				t.Errorf("%d of %v are after window %d, want %d", len(got), points, first, want)
			}
		}
	}
}
