package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// One bad window among the healthy ones takes no power away, and without one the
// answer is the plain one's.
func TestRandomEffectsRobust(t *testing.T) {
	const runs = 2000
	t.Log("median z of a shift by 1 nat, P(|z| > 3) of none; plain, robust")
	for _, c := range []struct {
		name           string
		h              int
		spoil          func(rng *rand.Rand, healthy []Group, now *Group)
		leastZ, mostP3 float64
	}{
		{"clean", 8, func(*rand.Rand, []Group, *Group) {}, 4, 0.4},
		{"clean", 30, func(*rand.Rand, []Group, *Group) {}, 7, 0.4},
		{"one at +1.5", 8, func(_ *rand.Rand, gs []Group, _ *Group) { gs[3].Mean += 1.5 }, 4, 0.4},
		{"one at +1.5", 30, func(_ *rand.Rand, gs []Group, _ *Group) { gs[3].Mean += 1.5 }, 6.5, 0.4},
		{"three at +1.5", 30, func(_ *rand.Rand, gs []Group, _ *Group) {
			for i := range 3 {
				gs[i].Mean += 1.5
			}
		}, 6.5, 0.4},
		{"a tenth of all at +0.5", 30, func(rng *rand.Rand, gs []Group, now *Group) {
			for i := range gs {
				gs[i].Mean += 0.5 * float64(count(rng.Float64() < 0.1))
			}
			now.Mean += 0.5 * float64(count(rng.Float64() < 0.1))
		}, 4, 5},
	} {
		w := windows{rand.New(rand.NewPCG(41, 42)), 0.05}
		var plain, robust []float64
		var plain3, robust3 int
		for range runs {
			healthy, now := w.healthy(c.h, []int{50}), w.draw(50)
			c.spoil(w.rng, healthy, &now)
			plain3 += count(math.Abs(RandomEffects(healthy, now, 0.03).Z) > 3)
			robust3 += count(math.Abs(RandomEffectsRobust(healthy, now, 0.03).Z) > 3)
			now.Mean++
			plain = append(plain, RandomEffects(healthy, now, 0.03).Z)
			robust = append(robust, RandomEffectsRobust(healthy, now, 0.03).Z)
		}
		z, _ := MedianMAD(robust)
		was, _ := MedianMAD(plain)
		p3 := 100 * float64(robust3) / runs
		t.Logf("%-22s H %2d: z %.1f, %.1f; P3 %.2f %%, %.2f %%", c.name, c.h, was, z, 100*float64(plain3)/runs, p3)
		if z < c.leastZ || p3 > c.mostP3 {
			t.Errorf("%s, H %d: z %.1f, want %.1f or more; P3 %.2f %%, want %.2f or less", c.name, c.h, z, c.leastZ, p3, c.mostP3)
		}
	}
}

func TestRandomEffectsRobustTakesFewWindowsAsTheyAre(t *testing.T) {
	healthy := []Group{{1, 0.1, 50}, {1.1, 0.1, 50}, {0.9, 0.1, 50}, {9, 0.1, 50}, {math.NaN(), 1, 9}}
	now := Group{2, 0.1, 50}
	if got, want := RandomEffectsRobust(healthy, now, 0.03), RandomEffects(healthy, now, 0.03); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := RandomEffectsRobust(nil, now, 0.03); got != (Shift{}) {
		t.Errorf("no healthy window: %+v", got)
	}
}

// What allInLine says without a median, the median says as well; and it says so of many
// stretches, or it would be of no use: here a third of them differ by much more than noise.
func TestAllInLineAgreesWithTheMedian(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 44))
	var room [usualWindows]Group
	claimed := 0
	const runs = 3000
	for run := range runs {
		healthy := windows{rng, []float64{0, 0.02, 0.3}[run%3]}.healthy(10+run%100, []int{6, 50, 400})
		if run%5 == 0 {
			healthy[run%len(healthy)].Mean += 4 * rng.Float64()
		}
		s2, _ := within(healthy, Group{})
		means := make([]float64, len(healthy))
		for i, g := range healthy {
			means[i] = g.Mean
		}
		if !allInLine(healthy, means, s2, 0.03) {
			continue
		}
		claimed++
		median, mad := MedianMAD(means)
		usual := mad*mad*SigmaPerMAD*SigmaPerMAD + 0.03*0.03
		for _, g := range healthy {
			if math.Abs(g.Mean-median) > outOfLine*math.Sqrt(usual+s2/g.N) {
				t.Fatalf("run %d: the window %+v is out of line with %d others, median %v, mad %v", run, g, len(healthy)-1, median, mad)
			}
		}
		if got := inLine(room[:0], healthy, s2, 0.03); len(got) != len(healthy) {
			t.Fatalf("run %d: %d of %d windows are left", run, len(got), len(healthy))
		}
	}
	if claimed < runs/5 {
		t.Errorf("of %d stretches only %d are seen to be in line without sorting", runs, claimed)
	}
	if bad := []Group{{Mean: 1, Var: 1, N: 10}, {Mean: math.NaN(), Var: 1, N: 10}}; allInLine(bad, []float64{1}, 1, 0.03) {
		t.Error("a window that is not usable is in line")
	}
}
