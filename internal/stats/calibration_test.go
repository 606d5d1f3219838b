package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// windows draws healthy windows of log durations as the model assumes them: true
// means around 10 with standard deviation tau, single values with 0.5 (a factor of
// 1.6) around those.
type windows struct {
	rng *rand.Rand
	tau float64
}

func (w windows) draw(n int) Group {
	const sd = 0.5
	size := float64(n)
	chi := distuv.ChiSquared{K: size - 1, Src: w.rng}
	return Group{
		Mean: 10 + w.tau*w.rng.NormFloat64() + sd/math.Sqrt(size)*w.rng.NormFloat64(),
		Var:  sd * sd * chi.Rand() / (size - 1),
		N:    size,
	}
}

func (w windows) healthy(h int, sizes []int) []Group {
	out := make([]Group, h)
	for i := range out {
		out[i] = w.draw(sizes[i%len(sizes)])
	}
	return out
}

// A window like all others must come out beyond three standard errors in about 0.27 %
// of cases, however few the healthy windows, whatever their sizes, whether
// they differ among themselves or not. Too rarely is tolerated: with three windows nobody can
// know that they do not differ. Too often is what opens false incidents.
func TestRandomEffectsKeepsItsLevel(t *testing.T) {
	const runs = 8_000
	t.Log("P(|z| > 3) in %, nominal 0.27; median z of a shift by 1 nat (2.7 times slower)")
	for _, sizes := range [][]int{{50}, {20, 50, 200}} {
		for _, h := range []int{3, 5, 30} {
			for _, floor := range []float64{0, 0.03} {
				line := fmt.Sprintf("sizes %-11v H %2d floor %.2f", sizes, h, floor)
				for _, tau := range []float64{0, 0.05, 0.2, 1} {
					w := windows{rand.New(rand.NewPCG(11, 12)), tau}
					beyond := 0
					shifted := make([]float64, runs)
					for i := range runs {
						healthy, now := w.healthy(h, sizes), w.draw(50)
						beyond += count(math.Abs(RandomEffects(healthy, now, floor).Z) > 3)
						now.Mean++
						shifted[i] = RandomEffects(healthy, now, floor).Z
					}
					share := 100 * float64(beyond) / runs
					line += fmt.Sprintf(" | tau %.2f: %.2f, z %4.1f", tau, share, QuantileSorted(sortedCopy(shifted), 0.5))
					if share > 0.75 {
						t.Errorf("sizes %v, H %d, floor %g, tau %g: %.2f %% beyond 3", sizes, h, floor, tau, share)
					}
					if h == 30 && tau == 1 && share < 0.15 {
						t.Errorf("sizes %v, H %d, floor %g, tau %g: only %.2f %% beyond 3", sizes, h, floor, tau, share)
					}
				}
				t.Log(line)
			}
		}
	}
}

// The same for probabilities, on each side: rare errors and few calls must not do
// better than chance.
func TestRandomEffectsProbKeepsItsLevel(t *testing.T) {
	const runs = 4_000
	t.Log("P(z > 3) and P(z < -3) in %, nominal 0.13 each; z when half of the usual successes fail")
	for _, h := range []int{3, 30} {
		for _, n := range []int{5, 20, 100, 1000} {
			line := fmt.Sprintf("H %2d, %4d calls each", h, n)
			for _, p := range []float64{0.001, 0.01, 0.05, 0.2} {
				rng := rand.New(rand.NewPCG(21, 22))
				draw := func(p float64) Rate {
					return Rate{distuv.Binomial{N: float64(n), P: p, Src: rng}.Rand(), float64(n)}
				}
				var above, below int
				worse := make([]float64, 0, runs)
				healthy := make([]Rate, h)
				for range runs {
					for i := range healthy {
						healthy[i] = draw(p)
					}
					z := RandomEffectsProb(healthy, draw(p), 0.02).Z
					above, below = above+count(z > 3), below+count(z < -3)
					worse = append(worse, RandomEffectsProb(healthy, draw((1+p)/2), 0.02).Z)
				}
				share := func(k int) float64 { return 100 * float64(k) / runs }
				line += fmt.Sprintf(" | p %.3f: %.2f %.2f, z %4.1f", p, share(above), share(below), QuantileSorted(sortedCopy(worse), 0.5))
				if share(above) > 0.3 || share(below) > 0.3 {
					t.Errorf("H %d, n %d, p %g: %.2f %% above, %.2f %% below", h, n, p, share(above), share(below))
				}
			}
			t.Log(line)
		}
	}
}

// Scores that FitTail gives a p of at most alpha come no more often than alpha, for
// light and heavy tails, from ten scores on. The log-normal whose sigma is 2 is
// heavier than the prior expects and may come four times as often.
func TestTailKeepsItsLevel(t *testing.T) {
	alphas := []float64{0.01, 1e-3, 1e-4}
	t.Logf("how often P <= alpha, over alpha, for alpha %v", alphas)
	for _, d := range []struct {
		name    string
		draw    func(u float64) float64 // the value exceeded with probability u
		tail    func(x float64) float64
		atMost  float64
		atLeast float64 // from 3000 scores, at the largest alpha
	}{
		{"uniform", func(u float64) float64 { return 1 - u }, func(x float64) float64 { return max(0, 1-x) }, 1.1, 0},
		{"normal", func(u float64) float64 { return ZOfLogTail(math.Log(u)) }, NormalTail, 1.1, 0.5},
		{"exponential", func(u float64) float64 { return -math.Log(u) }, func(x float64) float64 { return math.Exp(-x) }, 1.1, 0.5},
		{"log-normal 1", func(u float64) float64 { return math.Exp(ZOfLogTail(math.Log(u))) }, func(x float64) float64 { return NormalTail(math.Log(x)) }, 1.1, 0.5},
		{"log-normal 2", func(u float64) float64 { return math.Exp(2 * ZOfLogTail(math.Log(u))) }, func(x float64) float64 { return NormalTail(math.Log(x) / 2) }, 4, 0.5},
		{"Pareto 1/2", func(u float64) float64 { return 1 / math.Sqrt(u) }, func(x float64) float64 { return 1 / (x * x) }, 1.1, 0.5},
	} {
		for _, n := range []int{10, 60, 3000} {
			rng := rand.New(rand.NewPCG(31, 32))
			runs := min(100, 30_000/n)
			rates := make([]float64, len(alphas))
			for range runs {
				scores := make([]float64, n)
				for i := range scores {
					scores[i] = d.draw(1 - rng.Float64())
				}
				tail := FitTail(scores)
				for i, alpha := range alphas {
					lo, hi := -10.0, 1e9 // the score where P falls to alpha
					for range 45 {
						if mid := (lo + hi) / 2; tail.P(mid) <= alpha {
							hi = mid
						} else {
							lo = mid
						}
					}
					rates[i] += d.tail(hi) / alpha / float64(runs)
				}
			}
			t.Logf("%-12s %4d scores: %.2f %.2f %.2f", d.name, n, rates[0], rates[1], rates[2])
			for i, rate := range rates {
				if rate > d.atMost {
					t.Errorf("%s, %d scores: alpha %g comes %.2f times too often", d.name, n, alphas[i], rate)
				}
			}
			if n == 3000 && rates[0] < d.atLeast {
				t.Errorf("%s, %d scores: alpha %g comes only %.2f times as often", d.name, n, alphas[0], rates[0])
			}
		}
	}
}
