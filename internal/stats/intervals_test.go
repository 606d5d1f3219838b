package stats

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func ExampleWilson() {
	lo, hi := Wilson(27, 29, 0.95)
	fmt.Printf("27 of 29: %.2f, 95 %% between %.2f and %.2f\n", 27./29, lo, hi)
	// Output: 27 of 29: 0.93, 95 % between 0.78 and 0.98
}

// The ends of Wilson's interval are the probabilities whose z for this outcome is
// the level's.
func TestWilsonInvertsTheScoreTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 2000).Draw(t, "n")
		hits := rapid.IntRange(0, n).Draw(t, "hits")
		lo, hi := Wilson(hits, n, 0.95)
		p := float64(hits) / float64(n)
		if !(0 <= lo && lo <= p && p <= hi && hi <= 1) {
			t.Fatalf("Wilson(%d, %d) = %g, %g", hits, n, lo, hi)
		}
		for _, end := range []float64{lo, hi} {
			if end == 0 || end == 1 {
				continue
			}
			z := math.Abs(p-end) / math.Sqrt(end*(1-end)/float64(n))
			if math.Abs(z-1.959963984540054) > 1e-6 {
				t.Errorf("Wilson(%d, %d) = %g, %g: z at %g is %g", hits, n, lo, hi, end, z)
			}
		}
		missLo, missHi := Wilson(n-hits, n, 0.95)
		if math.Abs(missLo-(1-hi)) > 1e-12 || math.Abs(missHi-(1-lo)) > 1e-12 {
			t.Errorf("misses give %g, %g, hits %g, %g", missLo, missHi, lo, hi)
		}
	})
}

// Garwood's ends are the rates at which k or more, k or fewer, have half the
// probability that is left.
func TestPoissonIntervalInvertsTheCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(0, 300).Draw(t, "k")
		days := rapid.Float64Range(0.1, 100).Draw(t, "days")
		lo, hi := PoissonInterval(k, days, 0.9)
		if p := (distuv.Poisson{Lambda: hi * days}).CDF(float64(k)); math.Abs(p-0.05) > 1e-6 {
			t.Errorf("k %d, upper %g: P(K <= k) = %g, want 0.05", k, hi, p)
		}
		if k == 0 {
			if lo != 0 {
				t.Errorf("k 0: lower %g, want 0", lo)
			}
			return
		}
		if p := (distuv.Poisson{Lambda: lo * days}).Survival(float64(k - 1)); math.Abs(p-0.05) > 1e-6 {
			t.Errorf("k %d, lower %g: P(K >= k) = %g, want 0.05", k, lo, p)
		}
	})
}

func TestIntervalsAtTheEnds(t *testing.T) {
	inf := math.Inf(1)
	if lo, hi := Wilson(0, 0, 0.95); lo != 0 || hi != 1 {
		t.Errorf("Wilson(0, 0) = %g, %g, want 0, 1", lo, hi)
	}
	if lo, hi := Wilson(9, 5, 0.95); lo < 0.5 || hi != 1 {
		t.Errorf("Wilson(9, 5) = %g, %g, want that of 5 of 5", lo, hi)
	}
	if lo, hi := Wilson(-1, 5, 0.95); lo != 0 || hi > 0.5 {
		t.Errorf("Wilson(-1, 5) = %g, %g, want that of 0 of 5", lo, hi)
	}
	if lo, hi := Wilson(1, 5, math.NaN()); lo != hi {
		t.Errorf("Wilson at level NaN = %g, %g, want a point", lo, hi)
	}
	if lo, hi := Wilson(1, 5, 1); !(lo > 0 && hi < 1) {
		t.Errorf("Wilson at level 1 = %g, %g", lo, hi)
	}
	for _, exposure := range []float64{0, -1, math.NaN()} {
		if lo, hi := PoissonInterval(3, exposure, 0.95); lo != 0 || hi != inf {
			t.Errorf("PoissonInterval(3, %g) = %g, %g", exposure, lo, hi)
		}
	}
	zeroLo, zeroHi := PoissonInterval(0, 1, 0.95)
	if lo, hi := PoissonInterval(-4, 1, 0.95); lo != zeroLo || hi != zeroHi {
		t.Errorf("PoissonInterval(-4) = %g, %g, want that of 0", lo, hi)
	}
}
