package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// crowd draws quantities of a kind: as restless as tau says, with healthy windows of 40 values
// of standard deviation ½ each, and one more window that has moved.
type crowd struct {
	rng     *rand.Rand
	tau     func(*rand.Rand) float64
	windows int
}

func (c crowd) draw(moved float64) Comparison {
	const n = 40
	tau := c.tau(c.rng)
	one := func() Group {
		return Group{Mean: tau*c.rng.NormFloat64() + 0.5*c.rng.NormFloat64()/math.Sqrt(n), Var: 0.25, N: n}
	}
	healthy := make([]Group, c.windows)
	for i := range healthy {
		healthy[i] = one()
	}
	now := one()
	now.Mean += moved
	return Effects{}.Compare(&Room{}, healthy, now, 0.03)
}

// fitted is what a hundred and fifty quantities tell.
func (c crowd) fitted() *Restless {
	var all []Scatter
	for range 150 {
		x := c.draw(0)
		all = append(all, x.Scatter())
	}
	r := FitRestless(all)
	return &r
}

// Three healthy windows of each: what others of the kind tell keeps the level, whether they
// are all alike or some are much more restless, and gives a change its certainty.
func TestRestlessKeepsItsLevel(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tau   func(*rand.Rand) float64
		most  float64 // |z| > 3, in percent
		least float64 // z of a shift by half a nat
	}{
		{"calm", func(*rand.Rand) float64 { return 0 }, 0.4, 4.4},
		{"alike", func(*rand.Rand) float64 { return 0.1 }, 0.4, 2.6},
		{"one in ten is restless", func(r *rand.Rand) float64 { return []float64{0.02, 0.5}[count(r.IntN(10) == 0)] }, 0.8, 2.5},
		{"heavy tails", func(r *rand.Rand) float64 { return 0.04 * math.Exp(0.8*r.NormFloat64()) }, 0.8, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := crowd{rand.New(rand.NewPCG(5, 6)), tt.tau, 3}
			const runs = 4000
			r := c.fitted()
			var out int
			var moved, alone []float64
			for i := range runs {
				if i%200 == 199 { // no luck with one crowd
					r = c.fitted()
				}
				x := c.draw(0)
				out += count(math.Abs(x.Among(r).Z) > 3)
				x = c.draw(0.5)
				moved, alone = append(moved, x.Among(r).Z), append(alone, math.Abs(x.Shift().Z))
			}
			z, _ := MedianMAD(moved)
			was, _ := MedianMAD(alone)
			p := 100 * float64(out) / runs
			t.Logf("P(|z| > 3) %.2f %%; z of a shift by half a nat %.1f, alone %.1f", p, z, was)
			if p > tt.most {
				t.Errorf("P(|z| > 3) is %.2f %%, want %.1f %% at most", p, tt.most)
			}
			if z < tt.least || z < was {
				t.Errorf("a shift by half a nat has z %.1f, want %.1f and %.1f or more", z, tt.least, was)
			}
		})
	}
}

// Who has enough windows is asked alone, and so is everyone where nothing is known.
func TestRestlessIsForTheFew(t *testing.T) {
	c := crowd{rand.New(rand.NewPCG(7, 8)), func(*rand.Rand) float64 { return 0.05 }, OwnWindows}
	many := c.draw(1)
	if got, want := many.Among(c.fitted()), many.Shift(); got != want {
		t.Errorf("with %d windows the shift is %+v, alone %+v", OwnWindows, got, want)
	}
	c.windows = 3
	few := c.draw(1)
	if got, want := few.Among(&Restless{}), few.Shift(); got != want {
		t.Errorf("where nothing is known the shift is %+v, alone %+v", got, want)
	}
}

// The order in which quantities come changes no bit.
func TestRestlessHasNoOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	c := crowd{rng, func(r *rand.Rand) float64 { return 0.1 * r.Float64() }, 4}
	all := []Scatter{{}, {Seen: math.NaN(), Noise: 1, DF: 1}}
	for range 50 {
		x := c.draw(0)
		all = append(all, x.Scatter())
	}
	want := FitRestless(all)
	rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	if got := FitRestless(all); got != want {
		t.Errorf("shuffled %v, before %v", got, want)
	}
}

// Shares: three windows in which a call was never seen, and then it is made by seven of eight
// traces. Where shares of the kind do not come and go with the window that is no chance.
func TestSharesAmongOthers(t *testing.T) {
	healthy := []Rate{{0, 13}, {0, 13}, {0, 13}}
	c := Effects{}.CompareShares(healthy, Rate{7, 8}, 0.02)
	calm, restless := make([]Scatter, 40), make([]Scatter, 40)
	for i := range calm {
		calm[i] = Scatter{Seen: 0.02, Noise: 0.02, DF: 5}
		restless[i] = Scatter{Seen: 0.7, Noise: 0.02, DF: 5}
	}
	quiet, wild := FitRestless(calm), FitRestless(restless)
	alone, sure, unsure := c.Shift().Z, c.Among(&quiet, Scatter{}).Z, c.Among(&wild, Scatter{}).Z
	t.Logf("z %.1f, alone %.1f, where windows differ %.1f", sure, alone, unsure)
	if sure < 5 || sure < alone || unsure > 3 {
		t.Errorf("z %.1f, alone %.1f, where windows differ %.1f; want 5 or more, less, and 3 at most", sure, alone, unsure)
	}
}

// The scatter of shares by hand: four windows of ten traces with 2, 4, 6 and 8 hits.
func TestScatterOfShares(t *testing.T) {
	got := ScatterOfShares(4, 40, 400, 20, (4+16+36+64)/10.)
	// shares .2 .4 .6 .8 about .5: variance .2/3, of .25
	if math.Abs(got.Seen-0.2/3/0.25) > 1e-12 || math.Abs(got.Noise-0.1) > 1e-12 || got.DF != 3 {
		t.Errorf("%+v, want seen %.4f, noise 0.1 and 3 degrees of freedom", got, 0.2/3/0.25)
	}
	for _, none := range []Scatter{ScatterOfShares(4, 40, 400, 0, 0), ScatterOfShares(4, 40, 400, 40, 40), ScatterOfShares(1, 10, 100, 4, 1.6), ScatterOfShares(0, 0, 0, 0, 0)} {
		if none != (Scatter{}) {
			t.Errorf("%+v, want nothing", none)
		}
	}
	if rare := ScatterOfShares(4, 40, 400, 1, 0.1); !(rare.DF < 1) {
		t.Errorf("one hit in forty tells with %g degrees of freedom", rare.DF)
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
