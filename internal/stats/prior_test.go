package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Quantities of one kind with restlessness of their own, three healthy windows each: what
// the others tell keeps the level and gives a change its certainty.
func TestPriorKeepsItsLevel(t *testing.T) {
	const runs, n = 4000, 40.0
	rng := rand.New(rand.NewPCG(5, 6))
	draw := func(tau float64) Group {
		return Group{Mean: tau*rng.NormFloat64() + 0.5*rng.NormFloat64()/math.Sqrt(n), Var: 0.25, N: n}
	}
	mean := 0.0
	taus := make([]float64, runs)
	for i := range taus { // an inverse gamma distribution of tau2 with four degrees of freedom
		x := 0.0
		for range 4 {
			z := rng.NormFloat64()
			x += z * z
		}
		taus[i] = 0.1 * math.Sqrt(2/x)
		mean += taus[i] * taus[i] / runs
	}
	m := Effects{Prior: Prior{Tau2: mean / 2, DF: 4}} // (4-2)/4 of the mean
	var out, outAlone int
	var moved, movedAlone []float64
	for _, tau := range taus {
		healthy := []Group{draw(tau), draw(tau), draw(tau)}
		now := draw(tau)
		out += count(math.Abs(m.Means(healthy, now, 0.03).Z) > 3)
		outAlone += count(math.Abs(RandomEffects(healthy, now, 0.03).Z) > 3)
		now.Mean++
		moved = append(moved, m.Means(healthy, now, 0.03).Z)
		movedAlone = append(movedAlone, RandomEffects(healthy, now, 0.03).Z)
	}
	z, _ := MedianMAD(moved)
	alone, _ := MedianMAD(movedAlone)
	p := 100 * float64(out) / runs
	t.Logf("P(|z| > 3) %.2f %%, alone %.2f %%; z of a shift by 1 nat %.1f, alone %.1f", p, 100*float64(outAlone)/runs, z, alone)
	if p > 0.5 {
		t.Errorf("P(|z| > 3) is %.2f %%, want 0.5 %% at most", p)
	}
	if z < 3.5 || z < alone {
		t.Errorf("a shift by 1 nat has z %.1f, want 3.5 and %.1f or more", z, alone)
	}
}

// With one healthy window the prior is all that tells of Tau2; with many it hardly counts.
func TestPriorByHand(t *testing.T) {
	m := Effects{Prior: Prior{Tau2: 0.04, DF: 4}}
	if got := m.Means([]Group{{1, 0.01, 100}}, Group{2, 0.01, 100}, 0); got.Tau2 != 0.04 || got.DF < 4 {
		t.Errorf("one window: tau2 %g with %d degrees of freedom, want 0.04 with 4 or more", got.Tau2, got.DF)
	}
	var many []Group
	for i := range 100 {
		many = append(many, Group{float64(i % 2), 0.01, 100})
	}
	own := RandomEffects(many, Group{2, 0.01, 100}, 0).Tau2
	if got := m.Means(many, Group{2, 0.01, 100}, 0).Tau2; math.Abs(got/own-1) > 0.05 {
		t.Errorf("hundred windows: tau2 %g, without the prior %g", got, own)
	}
}

// One window with lost calls among the healthy ones does not hide the next.
func TestSharesRobust(t *testing.T) {
	healthy := make([]Rate, 12)
	for i := range healthy {
		healthy[i] = Rate{10, 10}
	}
	healthy[7].Hits = 4
	now := Rate{2, 10}
	plain, robust := RandomEffectsProb(healthy, now, 0.02), Effects{Robust: true}.Shares(healthy, now, 0.02)
	if robust.Z > -5 || robust.Z > plain.Z || robust.N0 != 110 {
		t.Errorf("z %.1f of %g values, plain %.1f; want -5 or less of 110", robust.Z, robust.N0, plain.Z)
	}
}

// A comparison that waits for what others tell ends where one that was told at once ends,
// to the last bit, however often it is asked.
func TestAComparisonMayWait(t *testing.T) {
	w := windows{rand.New(rand.NewPCG(45, 46)), 0.05}
	for h := range 40 {
		healthy, now := w.healthy(h, []int{3, 50}), w.draw(20)
		for _, robust := range []bool{false, true} {
			c := Effects{Robust: robust}.Compare(&Room{}, healthy, now, 0.03)
			for _, p := range []Prior{{}, {Tau2: 0.01, DF: 4}, {Tau2: 1, DF: 30}} {
				if got, want := c.Shift(p), (Effects{Robust: robust, Prior: p}).Means(healthy, now, 0.03); got != want {
					t.Errorf("%d windows, prior %+v: %+v, want %+v", h, p, got, want)
				}
			}
		}
	}
}
