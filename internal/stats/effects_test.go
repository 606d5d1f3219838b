package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// groups draws windows of a log duration.
func groups(least int) *rapid.Generator[[]Group] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Group {
		return Group{
			Mean: rapid.Float64Range(-5, 5).Draw(t, "mean"),
			Var:  rapid.Float64Range(0, 2).Draw(t, "var"),
			N:    float64(rapid.IntRange(0, 300).Draw(t, "n")),
		}
	}), least, 40)
}

// The estimate solves its own equation: by bisection over the plain sum.
func TestTau2AgainstBisection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gs := groups(2).Draw(t, "groups")
		s2 := rapid.Float64Range(minVar, 2).Draw(t, "s2")
		windows := 0
		for _, g := range gs {
			if g.N >= minBetween {
				windows++
			}
		}
		if windows < 2 {
			t.Skip("too few windows")
		}
		b, _ := collect(nil, gs, s2)
		sum := func(tau2 float64) float64 {
			var sw, swx, q float64
			for _, g := range gs {
				if g.N >= minBetween {
					sw += 1 / (tau2 + s2/g.N)
					swx += g.Mean / (tau2 + s2/g.N)
				}
			}
			for _, g := range gs {
				if g.N >= minBetween {
					q += (g.Mean - swx/sw) * (g.Mean - swx/sw) / (tau2 + s2/g.N)
				}
			}
			return q - float64(windows-1)
		}
		lo, hi := 0.0, 1e4
		for range 200 {
			if mid := (lo + hi) / 2; sum(mid) > 0 {
				lo = mid
			} else {
				hi = mid
			}
		}
		if got, _ := b.tau2(); math.Abs(got-lo) > 1e-7*(1+lo) {
			t.Errorf("tau2 = %g, want %g", got, lo)
		}
	})
}

// The order of the healthy windows does not matter, nor does a common shift, and
// mirroring everything changes the sign only.
func TestRandomEffectsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gs := groups(0).Draw(t, "groups")
		now := groups(1).Draw(t, "now")[0]
		want := RandomEffects(gs, now, 0.03)
		if math.IsNaN(want.Z) || math.Abs(want.Z) > MaxZ {
			t.Fatalf("Z = %g", want.Z)
		}
		close := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%s = %g, want %g", what, got, want)
			}
		}
		order := rapid.Permutation(gs).Draw(t, "order")
		close("Z in another order", RandomEffects(order, now, 0.03).Z, want.Z)
		moved, mirrored := make([]Group, len(gs)), make([]Group, len(gs))
		for i, g := range gs {
			moved[i] = Group{g.Mean + 7, g.Var, g.N}
			mirrored[i] = Group{-g.Mean, g.Var, g.N}
		}
		close("Z after a shift", RandomEffects(moved, Group{now.Mean + 7, now.Var, now.N}, 0.03).Z, want.Z)
		close("Z mirrored", RandomEffects(mirrored, Group{-now.Mean, now.Var, now.N}, 0.03).Z, -want.Z)
	})
}

func TestRandomEffectsByHand(t *testing.T) {
	// Three equal windows: tau2 + s2/n is the sample variance of their means, and
	// SE² = tau2 + s2/n + (tau2 + s2/n)/3.
	healthy := []Group{{1, 0.04, 100}, {2, 0.04, 100}, {3, 0.04, 100}}
	got := RandomEffects(healthy, Group{10, 0.04, 100}, 0)
	if math.Abs(got.Tau2-(1-0.0004)) > 1e-9 || math.Abs(got.SE-math.Sqrt(4./3)) > 1e-9 || got.DF != 2 {
		t.Errorf("Tau2 %g, SE %g, DF %d, want 0.9996, 1.1547, 2", got.Tau2, got.SE, got.DF)
	}
	if got.Mu != 2 || got.Effect != 8 || got.N0 != 300 || got.N1 != 100 {
		t.Errorf("Mu %g, Effect %g, N0 %g, N1 %g, want 2, 8, 300, 100", got.Mu, got.Effect, got.N0, got.N1)
	}
	// t = 6.928 with two degrees of freedom is exceeded with probability 0.0101.
	if math.Abs(got.Z-2.32) > 0.01 {
		t.Errorf("Z = %g, want 2.32", got.Z)
	}
}

func TestRandomEffectsWithoutEnough(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	some := []Group{{1, 0.1, 50}, {1.1, 0.1, 50}, {0.9, 0.1, 50}}
	for name, c := range map[string]struct {
		healthy []Group
		now     Group
	}{
		"nothing at all":          {nil, Group{}},
		"no healthy window":       {nil, Group{1, 1, 10}},
		"only unusable windows":   {[]Group{{nan, 1, 9}, {1, inf, 9}, {1, 1, 0}, {1, -1, 3}}, Group{1, 1, 10}},
		"nothing now":             {some, Group{}},
		"now is not a number":     {some, Group{nan, 1, 10}},
		"one value on each side":  {[]Group{{1, 0, 1}}, Group{5, 0, 1}},
		"one value, then no mean": {[]Group{{1, 0, 1}}, Group{inf, 0, 9}},
	} {
		if got := RandomEffects(c.healthy, c.now, 0.03); got.Z != 0 || got.DF != 0 {
			t.Errorf("%s: Z %g, DF %d, want 0 and 0", name, got.Z, got.DF)
		}
	}
	// Bad windows leave the rest as it was.
	now := Group{2, 0.1, 50}
	want := RandomEffects(some, now, 0.03)
	if got := RandomEffects(append([]Group{{nan, 1, 9}, {1, nan, 9}, {1, 1, 0}}, some...), now, 0.03); got != want {
		t.Errorf("with unusable windows %+v, want %+v", got, want)
	}
	// A single window: differences as large as single values are usual.
	one := RandomEffects(some[:1], Group{1.3, 0.1, 50}, 0.03)
	if one.Tau2 != 0.1 || one.DF < 10 || one.Z < 0.5 || one.Z > 1 {
		t.Errorf("one healthy window: %+v", one)
	}
	// Windows of one value each still show how far values scatter.
	single := []Group{{1, 0, 1}, {2, 0, 1}, {3, 0, 1}, {2, 0, 1}}
	if got := RandomEffects(single, Group{3, 0, 1}, 0.03); got.Z > 1.5 || got.DF != 3 {
		t.Errorf("windows of one value: %+v", got)
	}
}

func TestRandomEffectsProb(t *testing.T) {
	quiet := []Rate{{0, 100}, {1, 100}, {0, 100}, {0, 100}}
	if got := RandomEffectsProb(quiet, Rate{60, 100}, 0.02); got.Z < 10 || math.Abs(got.Effect-0.5975) > 1e-3 {
		t.Errorf("0.25 %% to 60 %%: %+v", got)
	}
	if got := RandomEffectsProb(quiet, Rate{1, 100}, 0.02); math.Abs(got.Z) > 1 {
		t.Errorf("1 of 100 again: %+v", got)
	}
	if got := RandomEffectsProb(nil, Rate{5, 10}, 0.02); got.Z != 0 {
		t.Errorf("no healthy window: %+v", got)
	}
	if got := RandomEffectsProb(quiet, Rate{11, 10}, 0.02); got.Z != 0 {
		t.Errorf("more hits than calls: %+v", got)
	}
	// Success and failure are mirror images.
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Custom(func(t *rapid.T) Rate {
			n := rapid.IntRange(1, 500).Draw(t, "n")
			return Rate{float64(rapid.IntRange(0, n).Draw(t, "hits")), float64(n)}
		})
		rates := rapid.SliceOf(rate).Draw(t, "rates")
		now := rate.Draw(t, "now")
		flipped := make([]Rate, len(rates))
		for i, r := range rates {
			flipped[i] = Rate{r.N - r.Hits, r.N}
		}
		a := RandomEffectsProb(rates, now, 0.02).Z
		b := RandomEffectsProb(flipped, Rate{now.N - now.Hits, now.N}, 0.02).Z
		if math.Abs(a+b) > 1e-6*(1+math.Abs(a)) {
			t.Errorf("Z of hits %g, of misses %g", a, b)
		}
	})
}

func BenchmarkRandomEffects(b *testing.B) {
	for _, h := range []int{5, 30, 120} {
		b.Run(fmt.Sprintf("windows=%d", h), func(b *testing.B) {
			w := windows{rand.New(rand.NewPCG(1, 2)), 0.1}
			healthy, now := w.healthy(h, []int{20, 50, 200}), w.draw(50)
			b.ReportAllocs()
			for b.Loop() {
				RandomEffects(healthy, now, 0.03)
			}
		})
	}
}

func BenchmarkRandomEffectsProb(b *testing.B) {
	healthy := make([]Rate, 120)
	for i := range healthy {
		healthy[i] = Rate{float64(i % 3), 100}
	}
	b.ReportAllocs()
	for b.Loop() {
		RandomEffectsProb(healthy, Rate{9, 100}, 0.02)
	}
}

func ExampleRandomEffects() {
	healthy := []Group{
		{Mean: 2.30, Var: 0.2, N: 80}, {Mean: 2.35, Var: 0.2, N: 90}, {Mean: 2.28, Var: 0.2, N: 70},
		{Mean: 2.33, Var: 0.2, N: 85}, {Mean: 2.31, Var: 0.2, N: 80}, {Mean: 2.36, Var: 0.2, N: 60},
	}
	s := RandomEffects(healthy, Group{Mean: 3.0, Var: 0.3, N: 75}, 0.03)
	fmt.Printf("%.1f times slower, z = %.1f\n", math.Exp(s.Effect), s.Z)
	// Output: 2.0 times slower, z = 4.7
}
