package detector

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The sums that are kept are those of the windows that are listed, whatever came, was forgotten,
// accepted or restored before, but for the unit in which they are counted.
func TestSumsAreThoseOfTheWindows(t *testing.T) {
	const keep = 20
	k := Key{Family: Repeats}
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 9))
		b := NewBaseline(nil, keep)
		often := 1 + rng.IntN(9) // of ten windows
		for range 5 * keep {
			b.ord++
			if rng.IntN(10) < often {
				p := point{ord: b.ord, n: float32(1 + rng.IntN(1000)), groups: float32(rng.IntN(20)), mean: float32(10 * rng.NormFloat64())}
				b.series[k] = b.series[k].with(p, keep)
			}
			if s, ok := b.series[k]; ok && rng.IntN(50) == 0 {
				b.series[k] = newSeries(s.points)
			}
			j := &judge{b: b}
			if rng.IntN(2) == 0 {
				j.mine = b.ord - int32(rng.IntN(3))
			}
			got, ok := j.sums(k)
			want := amount(j.before(k))
			if !ok || got.n != want.n || got.groups != want.groups || math.Abs(got.mean()-want.mean()) > blur {
				t.Fatalf("seed %d, window %d: sums are %+v (%v), of the windows %+v", seed, b.ord, got, ok, want)
			}
		}
	}
}

// What was accepted as normal of a call in a window in which its context was not seen is not held
// against the sums of the context.
func TestSumsOfAcceptedCalls(t *testing.T) {
	whole, call := Key{Family: Whole}, Key{Family: Calls}
	b := NewBaseline(nil, 20)
	for b.ord = 1; b.ord < 6; b.ord++ {
		b.series[whole] = b.series[whole].with(point{ord: b.ord, n: 10, groups: 10}, b.keep)
		b.series[call] = b.series[call].with(point{ord: b.ord, n: 10, groups: 10, mean: 0.5}, b.keep)
	}
	j := &judge{b: b}
	b.fits(call)
	if _, ok := j.sums(call); !ok {
		t.Error("the windows of a call are those of its context, and its sums are not believed")
	}
	b.series[call] = b.series[call].with(point{ord: b.ord, n: 10, groups: 10, mean: 0.5}, b.keep)
	b.fits(call)
	if _, ok := j.sums(call); ok {
		t.Error("a call in a window without its context is believed")
	}
}
