package stats

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func ExampleFisherExact() {
	enriched, _ := FisherExact(18, 2, 30, 150) // of 20 calls on host-7, 18 were slow
	fmt.Printf("by chance: %.1g\n", enriched)
	// Output: by chance: 5e-11
}

// Fisher's p by adding up all tables with big rationals.
func TestFisherExactAgainstAllTables(t *testing.T) {
	cell := rapid.IntRange(0, 40)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, d := cell.Draw(t, "a"), cell.Draw(t, "b"), cell.Draw(t, "c"), cell.Draw(t, "d")
		enriched, two := FisherExact(a, b, c, d)
		all := new(big.Int).Binomial(int64(a+b+c+d), int64(a+c))
		ways := func(k int) *big.Int {
			n := new(big.Int).Binomial(int64(a+b), int64(k))
			return n.Mul(n, new(big.Int).Binomial(int64(c+d), int64(a+c-k)))
		}
		wantE, wantT := new(big.Int), new(big.Int)
		for k := max(0, a-d); k <= min(a+b, a+c); k++ {
			if k >= a {
				wantE.Add(wantE, ways(k))
			}
			if ways(k).Cmp(ways(a)) <= 0 {
				wantT.Add(wantT, ways(k))
			}
		}
		we, _ := new(big.Rat).SetFrac(wantE, all).Float64()
		wt, _ := new(big.Rat).SetFrac(wantT, all).Float64()
		if math.Abs(enriched-we) > 1e-9*we || math.Abs(two-wt) > 1e-9*wt {
			t.Errorf("FisherExact(%d, %d, %d, %d) = %g, %g, want %g, %g", a, b, c, d, enriched, two, we, wt)
		}
	})
}

func TestFisherExactAtTheEnds(t *testing.T) {
	for _, c := range [][4]int{{0, 0, 3, 4}, {3, 4, 0, 0}, {3, 0, 4, 0}, {0, 3, 0, 4}, {0, 0, 0, 0}, {-5, 0, 3, 4}} {
		if e, two := FisherExact(c[0], c[1], c[2], c[3]); e != 1 || two != 1 {
			t.Errorf("FisherExact(%v) = %g, %g, want 1, 1", c, e, two)
		}
	}
	// Large counts neither overflow nor take long.
	for _, c := range [][4]int{{900_000, 100_000, 100_000, 900_000}, {100_000, 900_000, 900_000, 100_000}, {500_000, 500_000, 500_500, 499_500}} {
		e, two := FisherExact(c[0], c[1], c[2], c[3])
		if !(e >= 0 && e <= 1 && two >= 0 && two <= 1) {
			t.Errorf("FisherExact(%v) = %g, %g", c, e, two)
		}
	}
}

// By the definition: the largest set of reports whose expected share of false ones
// is within q.
func TestBenjaminiHochbergAgainstTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 50).Draw(t, "p")
		q := BenjaminiHochberg(p)
		for i := range p {
			want := 1.0
			for _, threshold := range p {
				if threshold < p[i] {
					continue
				}
				reported := 0
				for _, x := range p {
					reported += count(x <= threshold)
				}
				want = min(want, threshold*float64(len(p))/float64(reported))
			}
			if math.Abs(q[i]-want) > 1e-12 {
				t.Errorf("q of %g = %g, want %g", p[i], q[i], want)
			}
		}
	})
	got := BenjaminiHochberg([]float64{math.NaN(), 0.01, -3, 7})
	if want := []float64{1, 0.02, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("odd p-values give %v, want %v", got, want)
	}
	if got := BenjaminiHochberg(nil); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}

func TestQuantileSorted(t *testing.T) {
	inf := math.Inf(1)
	xs := []float64{1, 2, 4, 8}
	for _, c := range []struct {
		xs      []float64
		q, want float64
	}{
		{xs, 0, 1}, {xs, 1, 8}, {xs, 0.5, 3}, {xs, 1. / 3, 2}, {xs, 0.9, 6.8},
		{xs, -1, 1}, {xs, 2, 8}, {xs, math.NaN(), 1}, {nil, 0.5, 0}, {[]float64{7}, 0.3, 7},
		{[]float64{-inf, -inf, 0, inf}, 0.3, -inf}, {[]float64{0, inf}, 0, 0}, {[]float64{0, inf, inf}, 0.75, inf},
	} {
		if got := QuantileSorted(c.xs, c.q); math.Abs(got-c.want) > 1e-12 && got != c.want {
			t.Errorf("QuantileSorted(%v, %g) = %g, want %g", c.xs, c.q, got, c.want)
		}
	}
}

func TestMedianMAD(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		xs          []float64
		median, mad float64
	}{
		{nil, 0, 0}, {[]float64{math.NaN()}, 0, 0}, {[]float64{3}, 3, 0},
		{[]float64{1, 1, 2, 2, 4, 6, 9}, 2, 1},
		{[]float64{9, 4, 1, 2, 6, 1, 2, math.NaN()}, 2, 1},
		{[]float64{1, 2, 3, inf}, 2.5, 1},
		{[]float64{inf, inf, inf, 1}, inf, 0},
	} {
		median, mad := MedianMAD(c.xs)
		if median != c.median || mad != c.mad {
			t.Errorf("MedianMAD(%v) = %g, %g, want %g, %g", c.xs, median, mad, c.median, c.mad)
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
