package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// u by looking at every pair.
func pairs(a, b []float64) (u float64) {
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	return u
}

func TestMannWhitneyAgainstAllPairs(t *testing.T) {
	small := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 {
		return float64(rapid.IntRange(0, 12).Draw(t, "x"))
	}), 1, 60)
	rapid.Check(t, func(t *rapid.T) {
		a, b := small.Draw(t, "a"), small.Draw(t, "b")
		u, z, p := MannWhitney(a, b)
		if want := pairs(a, b); u != want {
			t.Fatalf("u = %g, want %g", u, want)
		}
		if !(p > 0 && p <= 1) || z > 0 && u < float64(len(a)*len(b))/2 {
			t.Errorf("u %g, z %g, p %g", u, z, p)
		}
		_, back, same := MannWhitney(b, a)
		if math.Abs(back+z) > 1e-9 || math.Abs(same-p) > 1e-9 {
			t.Errorf("z %g, p %g; swapped %g, %g", z, p, back, same)
		}
	})
}

// The exact p by trying every way to deal the values out.
func TestMannWhitneyExactAgainstEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 10).Draw(t, "n")
		mask := rapid.IntRange(1, 1<<n-2).Draw(t, "mask")
		split := func(mask int) (a, b []float64) {
			for i := range n {
				if mask>>i&1 == 1 {
					a = append(a, float64(i))
				} else {
					b = append(b, float64(i))
				}
			}
			return a, b
		}
		a, b := split(mask)
		u, _, p := MannWhitney(a, b)
		extreme, all := 0, 0
		mid := float64(len(a)*len(b)) / 2
		for other := range 1 << n {
			if x, y := split(other); len(x) == len(a) {
				all++
				if math.Abs(pairs(x, y)-mid) >= math.Abs(u-mid) {
					extreme++
				}
			}
		}
		if want := float64(extreme) / float64(all); math.Abs(p-want) > 1e-12 {
			t.Errorf("p = %g, want %g", p, want)
		}
	})
}

func TestRankTestsAtTheEnds(t *testing.T) {
	nan := math.NaN()
	some := []float64{1, 2, 3}
	for _, empty := range [][]float64{nil, {nan, nan}} {
		if u, z, p := MannWhitney(empty, some); u != 0 || z != 0 || p != 1 {
			t.Errorf("MannWhitney of nothing: %g, %g, %g", u, z, p)
		}
		if d, p := KolmogorovSmirnov(some, empty); d != 0 || p != 1 {
			t.Errorf("KolmogorovSmirnov of nothing: %g, %g", d, p)
		}
	}
	same := []float64{5, 5, 5, 5}
	if _, z, p := MannWhitney(same, same); z != 0 || p != 1 {
		t.Errorf("MannWhitney of equal values: z %g, p %g", z, p)
	}
	if d, p := KolmogorovSmirnov(same, same); d != 0 || p != 1 {
		t.Errorf("KolmogorovSmirnov of equal values: %g, %g", d, p)
	}
	unsorted := []float64{3, nan, 1, 2}
	if d, _ := KolmogorovSmirnov(unsorted, some); d != 0 || unsorted[0] != 3 {
		t.Errorf("d of the same values in another order = %g; argument now %v", d, unsorted)
	}
	if d, p := KolmogorovSmirnov([]float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}); d != 1 || p > 0.02 {
		t.Errorf("separate samples: d %g, p %g", d, p)
	}
	inf := math.Inf(1)
	if u, _, p := MannWhitney([]float64{inf, 4, 5}, []float64{-inf, 1, 2}); u != 9 || p != 0.1 {
		t.Errorf("with infinities: u %g, p %g, want 9, 0.1", u, p)
	}
}

// Without a difference, p is uniform: 5 % are below 0.05, 1 % below 0.01.
func TestRankTestsKeepTheirLevel(t *testing.T) {
	const runs = 4000
	rng := rand.New(rand.NewPCG(3, 5))
	for _, size := range []int{12, 60} {
		var mw5, mw1, ks5, ks1 int
		for range runs {
			a, b := make([]float64, size), make([]float64, size/2)
			for i := range a {
				a[i] = math.Floor(rng.ExpFloat64() * 50) // with ties
			}
			for i := range b {
				b[i] = math.Floor(rng.ExpFloat64() * 50)
			}
			_, _, p := MannWhitney(a, b)
			_, q := KolmogorovSmirnov(a, b)
			mw5, mw1 = mw5+count(p <= 0.05), mw1+count(p <= 0.01)
			ks5, ks1 = ks5+count(q <= 0.05), ks1+count(q <= 0.01)
		}
		share := func(k int) float64 { return 100 * float64(k) / runs }
		t.Logf("%d against %d values: Mann-Whitney %.1f %% and %.1f %%, Kolmogorov-Smirnov %.1f %% and %.1f %%",
			size, size/2, share(mw5), share(mw1), share(ks5), share(ks1))
		if share(mw5) < 3.5 || share(mw5) > 6 || share(mw1) > 1.5 || share(ks5) < 2.5 || share(ks5) > 6 || share(ks1) > 2 {
			t.Errorf("%d values: not about 5 %% and 1 %%", size)
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
