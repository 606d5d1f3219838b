package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// P falls as the score grows, stays within (0, 1], and ignores the order and the
// unit of the scores.
func TestTailLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOf(rapid.Float64Range(-10, 1000)).Draw(t, "scores")
		tail := FitTail(scores)
		at := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e6), 2, 20).Draw(t, "at")
		slices.Sort(at)
		last := 1.0
		for _, x := range at {
			p := tail.P(x)
			if !(p > 0 && p <= last) {
				t.Fatalf("P(%g) = %g after %g", x, p, last)
			}
			last = p
		}
		order := FitTail(rapid.Permutation(scores).Draw(t, "order"))
		if got := order.P(at[0]); got != tail.P(at[0]) {
			t.Errorf("P(%g) = %g, in another order %g", at[0], tail.P(at[0]), got)
		}
		doubled := make([]float64, len(scores))
		for i, s := range scores {
			doubled[i] = 2 * s
		}
		if got, want := FitTail(doubled).P(2*at[1]), tail.P(at[1]); math.Abs(got-want) > 1e-9*want {
			t.Errorf("P = %g, in other units %g", want, got)
		}
	})
}

func TestTailWithoutEnough(t *testing.T) {
	if got := (Tail{}).P(3); got != 1 {
		t.Errorf("zero Tail: P = %g, want 1", got)
	}
	if got := FitTail(nil).P(3); got != 1 {
		t.Errorf("no scores: P = %g, want 1", got)
	}
	if got := FitTail([]float64{1, 2, 3, 4}).P(1e9); got != 0.2 {
		t.Errorf("four scores: P = %g, want 1/5", got)
	}
	same := FitTail([]float64{7, 7, 7, 7, 7, 7, 7, 7, 7})
	if same.P(7) != 1 || same.P(8) != 0.1 || same.P(math.Inf(1)) != 0.1 {
		t.Errorf("nine equal scores: P(7) %g, P(8) %g", same.P(7), same.P(8))
	}
	odd := FitTail([]float64{math.NaN(), 1, 2, 3, 4, 5, math.Inf(1)})
	if p := odd.P(10); !(p > 0.1 && p < 1) {
		t.Errorf("with an infinite score: P(10) = %g", p)
	}
	if p := FitTail([]float64{1, 2, 3, 4, 5}).P(math.NaN()); p != 1 {
		t.Errorf("P(NaN) = %g, want 1", p)
	}
	far := FitTail([]float64{1, 2, 3, 4, 5, 6})
	if p := far.P(math.Inf(1)); !(p > 0) {
		t.Errorf("P(+Inf) = %g, want above 0", p)
	}
	if !far.Provisional(1e6) || far.Provisional(3) {
		t.Error("Provisional: 1e6 goes beyond six scores, 3 does not")
	}
}

// The recursion on p-values without a fault runs 1/alpha windows or more on average
// before it alarms.
func TestEDetectorRunLength(t *testing.T) {
	const alpha, runs = 0.01, 2000
	rng := rand.New(rand.NewPCG(7, 7))
	total := 0
	for range runs {
		var d EDetector
		for n := 1; ; n++ {
			if d.Add(1-rng.Float64()) >= 1/alpha {
				total += n
				break
			}
		}
	}
	mean := float64(total) / runs
	t.Logf("average run length %.0f windows at alpha %g, promised %g", mean, alpha, 1/alpha)
	if mean < 1/alpha {
		t.Errorf("average run length %.1f, want at least %g", mean, 1/alpha)
	}
}

func TestEDetectorByHand(t *testing.T) {
	var d EDetector
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-12 }
	if got := d.Add(1.0 / 64); !near(got, 16./3) { // (0+1) * 64^(2/3) / 3
		t.Errorf("R = %g, want 16/3", got)
	}
	if got := d.Add(0.125); !near(got, 76./9) { // (16/3+1) * 8^(2/3) / 3
		t.Errorf("R = %g, want 76/9", got)
	}
	if got := d.Add(math.NaN()); !near(got, 76./9) {
		t.Errorf("R = %g after NaN, want 76/9", got)
	}
	if e := math.Exp(LogPOf(1000)); e > math.Pow(3000, -1.5) {
		t.Errorf("p of 1000 is %g, want %g at most", e, math.Pow(3000, -1.5))
	}
	for range 10 {
		d.Add(-1)
	}
	if got := d.Add(1e-9); got != math.MaxFloat64 {
		t.Errorf("R = %g, want the largest float64", got)
	}
	d.Reset()
	if got := d.Add(2); !near(got, 1./3) {
		t.Errorf("R after Reset = %g, want 1/3", got)
	}
}

func BenchmarkFitTail(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	scores := make([]float64, 2880) // a day
	for i := range scores {
		scores[i] = rng.ExpFloat64()
	}
	b.Run("fit", func(b *testing.B) {
		for b.Loop() {
			FitTail(scores)
		}
	})
	tail := FitTail(scores)
	b.Run("P", func(b *testing.B) {
		for b.Loop() {
			tail.P(12)
		}
	})
}

func ExampleFitTail() {
	scores := make([]float64, 40) // of 20 quiet minutes
	for i := range scores {
		scores[i] = 0.1 + 0.01*float64(i)
	}
	tail := FitTail(scores)
	for _, score := range []float64{0.3, 0.5, 5, 500} {
		fmt.Printf("%g: p = %.2g, provisional %t\n", score, tail.P(score), tail.Provisional(score))
	}
	// Output:
	// 0.3: p = 0.51, provisional false
	// 0.5: p = 0.064, provisional false
	// 5: p = 0.00022, provisional true
	// 500: p = 5e-07, provisional true
}
