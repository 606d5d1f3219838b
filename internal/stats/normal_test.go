package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func TestNormalTail(t *testing.T) {
	for _, c := range []struct{ z, p float64 }{
		{0, 0.5}, {1.959963984540054, 0.025}, {-1.959963984540054, 0.975}, {3, 1.3498980316300946e-3}, {37, 5.725571222525e-300},
	} {
		if got := NormalTail(c.z); math.Abs(got/c.p-1) > 1e-9 {
			t.Errorf("NormalTail(%g) = %g, want %g", c.z, got, c.p)
		}
	}
}

// Known values of log P(Z > z), from Mills' ratio in long arithmetic.
func TestLogNormalTailFarOut(t *testing.T) {
	for _, c := range []struct{ z, log float64 }{
		{10, -53.23128515051247}, {20, -203.91715537109727}, {40, -804.6084420137538},
	} {
		if got := LogNormalTail(c.z); math.Abs(got-c.log) > 1e-9*math.Abs(c.log) {
			t.Errorf("LogNormalTail(%g) = %.15g, want %.15g", c.z, got, c.log)
		}
	}
	if LogNormalTail(math.Inf(-1)) != 0 || !math.IsInf(LogNormalTail(math.Inf(1)), -1) || !math.IsNaN(LogNormalTail(math.NaN())) {
		t.Error("LogNormalTail at the ends")
	}
	below, above := LogNormalTail(math.Nextafter(12, 0)), LogNormalTail(12)
	if math.Abs(below-above) > 1e-9 {
		t.Errorf("LogNormalTail jumps from %.12g to %.12g at 12", below, above)
	}
}

func TestZOfLogTailUndoesLogNormalTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.Float64Range(-5, 1000).Draw(t, "z")
		if got := ZOfLogTail(LogNormalTail(z)); math.Abs(got-z) > 1e-7*(1+math.Abs(z)) {
			t.Errorf("there and back: %.12g, want %.12g", got, z)
		}
	})
	if !math.IsInf(ZOfLogTail(0), -1) || !math.IsInf(ZOfLogTail(math.Inf(-1)), 1) || !math.IsNaN(ZOfLogTail(math.NaN())) {
		t.Error("ZOfLogTail at the ends")
	}
}

// Where nothing underflows, gonum's Student says the same, but for the digits that it
// loses by taking a small t from 1.
func TestZOfStudentAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		df := rapid.Float64Range(1, 1000).Draw(t, "df")
		x := rapid.Float64Range(-30, 30).Draw(t, "t")
		p := distuv.StudentsT{Sigma: 1, Nu: df}.CDF(-math.Abs(x))
		want := math.Copysign(ZOfLogTail(math.Log(p)), x)
		if p == 0 {
			t.Skip("underflow")
		}
		if got := ZOfStudent(x, df); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("ZOfStudent(%g, %g) = %.12g, want %.12g", x, df, got, want)
		}
	})
}

// Further out z still grows with t and with df, and never beyond MaxZ.
func TestZOfStudentGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		df := math.Exp(rapid.Float64Range(0, 18).Draw(t, "log df"))
		x := math.Exp(rapid.Float64Range(-3, 300).Draw(t, "log t"))
		z := ZOfStudent(x, df)
		if !(z > 0 && z <= MaxZ && z <= x*(1+1e-9)) {
			t.Fatalf("ZOfStudent(%g, %g) = %g", x, df, z)
		}
		if far := ZOfStudent(x*1.001, df); far < z || far == z && z < MaxZ && df > 1 && x < 1e6 {
			t.Errorf("ZOfStudent(%g, %g) = %.15g, a little further %.15g", x, df, z, far)
		}
		if surer := ZOfStudent(x, df*1.01); surer < z*(1-1e-7) {
			t.Errorf("ZOfStudent(%g, %g) = %.15g, with more df %.15g", x, df, z, surer)
		}
	})
}

func TestZOfStudentAtTheEnds(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct{ t, df, want float64 }{
		{0, 3, 0}, {5, 0, 0}, {5, -1, 0}, {inf, 3, MaxZ}, {-inf, 3, -MaxZ}, {5, inf, 5}, {50, 1e9, MaxZ}, {-50, 1e9, -MaxZ},
	} {
		if got := ZOfStudent(c.t, c.df); got != c.want {
			t.Errorf("ZOfStudent(%g, %g) = %g, want %g", c.t, c.df, got, c.want)
		}
	}
	if !math.IsNaN(ZOfStudent(math.NaN(), 3)) || !math.IsNaN(ZOfStudent(3, math.NaN())) {
		t.Error("NaN does not stay NaN")
	}
	if got := ZOfStudent(39, 1e6); math.Abs(got-39) > 0.02 {
		t.Errorf("ZOfStudent(39, 1e6) = %g, want nearly 39", got)
	}
}

func BenchmarkZOfStudent(b *testing.B) {
	for b.Loop() {
		ZOfStudent(9, 29)
	}
}
