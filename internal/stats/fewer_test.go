package stats_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"culprit/internal/stats"
)

func TestLogFewerIsPoissonWhereTheMeanIsSteady(t *testing.T) {
	for _, mean := range []float64{0.5, 12, 300} {
		for _, events := range []float64{0, 1, math.Floor(mean / 2)} {
			if events >= mean {
				continue
			}
			want := math.Log(distuv.Poisson{Lambda: mean}.CDF(events))
			if got := stats.LogFewer(events, mean, 0); math.Abs(got-want) > 1e-9*math.Abs(want)+1e-12 {
				t.Errorf("%v of %v: %v, want %v", events, mean, got, want)
			}
			if got := stats.LogFewer(events, mean, 0.0011); math.Abs(got-want) > 0.01*math.Abs(want)+1e-3 {
				t.Errorf("%v of %v, hardly restless: %v, want about %v", events, mean, got, want)
			}
		}
	}
}

// Against the sum of the probabilities, each a recursion of its own.
func TestLogFewerAgainstASum(t *testing.T) {
	for _, c := range []struct{ events, mean, spread float64 }{{0, 12, 0.3}, {5, 12, 0.1}, {20, 60, 0.5}, {3, 400, 0.4}} {
		shape := 1 / (c.spread * c.spread)
		q := c.mean / (shape + c.mean)
		term := math.Pow(1-q, shape)
		sum := term
		for n := 1.0; n <= c.events; n++ {
			term *= q * (shape + n - 1) / n
			sum += term
		}
		if got, want := stats.LogFewer(c.events, c.mean, c.spread), math.Log(sum); math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("%v of %v ± %v: %v, want %v", c.events, c.mean, c.spread, got, want)
		}
	}
}

func TestLogFewerOddInput(t *testing.T) {
	for _, c := range [][3]float64{{1, 0, 0}, {1, -1, 0}, {5, 5, 0.1}, {6, 5, 0.1}, {math.NaN(), 5, 0}, {1, math.NaN(), 0}, {1, math.Inf(1), 0}, {1, 5, math.Inf(1)}, {1, 5, math.NaN()}} {
		if got := stats.LogFewer(c[0], c[1], c[2]); got != 0 {
			t.Errorf("%v: %v, want 0", c, got)
		}
	}
	if got, want := stats.LogFewer(-3, 5, 0), -5.0; math.Abs(got-want) > 1e-9 {
		t.Errorf("fewer than none: %v, want %v", got, want)
	}
	if got := stats.LogFewer(0, 1e6, 0); math.IsInf(got, 0) || got > -700 {
		t.Errorf("none of a million: %v", got)
	}
}
