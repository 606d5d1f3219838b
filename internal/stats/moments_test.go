package stats

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// values draws what LogNS can return.
func values() *rapid.Generator[int32] { return rapid.Int32Range(44318, 178865) }

func momentsOf(vs ...int32) Moments {
	var m Moments
	for _, v := range vs {
		m.Add(v)
	}
	return m
}

// Mean and Var are those of big rationals, to the rounding of a float.
func TestMomentsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		around := rapid.Int32Range(50000, 170000).Draw(t, "around")
		vs := rapid.SliceOfN(rapid.Int32Range(around-5, around+5), 2, 200).Draw(t, "vs")
		m := momentsOf(vs...)
		var sum, sq big.Rat
		for _, v := range vs {
			x := new(big.Rat).SetInt64(int64(v))
			sum.Add(&sum, x)
			sq.Add(&sq, new(big.Rat).Mul(x, x))
		}
		n := new(big.Rat).SetInt64(int64(len(vs)))
		mean := new(big.Rat).Quo(&sum, n)
		variance := new(big.Rat).Sub(&sq, new(big.Rat).Mul(&sum, mean))
		variance.Quo(variance, new(big.Rat).SetInt64(int64(len(vs)-1)*LogOne*LogOne))
		wantMean, _ := mean.Quo(mean, new(big.Rat).SetInt64(LogOne)).Float64()
		wantVar, _ := variance.Float64()
		if got := m.Mean(); math.Abs(got-wantMean) > 1e-15*wantMean {
			t.Errorf("Mean = %v, want %v", got, wantMean)
		}
		if got := m.Var(); math.Abs(got-wantVar) > 1e-14*wantVar {
			t.Errorf("Var = %v, want %v", got, wantVar)
		}
	})
}

// Merging equals having seen both, in any order and grouping, capped or not.
func TestMomentsMergeInAnyOrder(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) Moments {
		m := momentsOf(rapid.SliceOf(values()).Draw(t, "vs")...)
		if rapid.Bool().Draw(t, "huge") {
			m.Sq += math.MaxInt64 / 2
		}
		return m
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := some.Draw(t, "a"), some.Draw(t, "b"), some.Draw(t, "c")
		left, right := a, c
		left.Merge(b)
		left.Merge(c)
		right.Merge(b)
		right.Merge(a)
		if left != right {
			t.Errorf("(a+b)+c = %+v, (c+b)+a = %+v", left, right)
		}
	})
	m := momentsOf(1, 2)
	m.Merge(momentsOf(3))
	if want := momentsOf(3, 1, 2); m != want {
		t.Errorf("merged %+v, want %+v", m, want)
	}
}

func TestMomentsAtTheEnds(t *testing.T) {
	if m := (Moments{}); m.Mean() != 0 || m.Var() != 0 {
		t.Errorf("empty: mean %g, var %g, want 0 and 0", m.Mean(), m.Var())
	}
	if m := momentsOf(5 * LogOne); m.Mean() != 5 || m.Var() != 0 {
		t.Errorf("one value: mean %g, var %g, want 5 and 0", m.Mean(), m.Var())
	}
	full := Moments{N: 3, Sum: 3, Sq: math.MaxInt64 - 1}
	full.Add(178865)
	if full.Sq != math.MaxInt64 || !math.IsInf(full.Var(), 1) {
		t.Errorf("full: Sq %d, var %g, want the largest int64 and +Inf", full.Sq, full.Var())
	}
}

func BenchmarkMomentsAdd(b *testing.B) {
	var m Moments
	v := int32(44318)
	for b.Loop() {
		m.Add(v)
		v ^= 0x155
	}
}
