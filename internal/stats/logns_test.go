package stats

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// durations draws nanoseconds of every magnitude.
func durations() *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64().Draw(t, "ns") >> rapid.IntRange(0, 63).Draw(t, "shift") & math.MaxInt64
	})
}

func TestLogNSIsWithinOneUnitOfTheLogarithm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := durations().Draw(t, "ns")
		want := math.Log(float64(ns)+offsetNS) * LogOne
		if got := LogNS(ns); math.Abs(float64(got)-want) > 1 {
			t.Errorf("LogNS(%d) = %d, want within 1 of %.3f", ns, got, want)
		}
	})
}

func TestLogNSNeverFalls(t *testing.T) {
	check := func(t interface{ Errorf(string, ...any) }, ns int64) {
		if a, b := LogNS(ns), LogNS(ns+1); a > b {
			t.Errorf("LogNS(%d) = %d > LogNS(%d) = %d", ns, a, ns+1, b)
		}
	}
	for ns := int64(0); ns < 300_000; ns++ {
		check(t, ns)
	}
	for k := 17; k < 63; k++ { // around the octaves, where the table starts again
		for d := int64(-3); d <= 3; d++ {
			check(t, 1<<k-offsetNS+d)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, durations().Filter(func(ns int64) bool { return ns < math.MaxInt64 }).Draw(t, "ns"))
	})
}

func TestLogNSAtTheEnds(t *testing.T) {
	for _, c := range []struct {
		ns   int64
		want int32
	}{
		{math.MinInt64, 44318}, {-1, 44318}, {0, 44318}, {math.MaxInt64, 178865},
	} {
		if got := LogNS(c.ns); got != c.want {
			t.Errorf("LogNS(%d) = %d, want %d", c.ns, got, c.want)
		}
	}
}

// The table is exp's inverse: exp(entry) computed by the series of big rationals.
func TestLogTableIsTheLogarithm(t *testing.T) {
	for i, entry := range logTable {
		x := new(big.Float).SetPrec(200).SetMantExp(big.NewFloat(float64(entry)), -32)
		sum, term := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
		for k := 1; k < 60; k++ {
			term.Mul(term, x).Quo(term, big.NewFloat(float64(k)))
			sum.Add(sum, term)
		}
		want := 1 + float64(i)/256
		got, _ := sum.Sub(sum, big.NewFloat(want)).Float64()
		if math.Abs(got) > want*math.Ldexp(0.5001, -32) {
			t.Errorf("exp(logTable[%d]) is off by %g", i, got)
		}
	}
}

func TestUnlogMSUndoesLogNS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := durations().Draw(t, "ns")
		ms := float64(ns) / 1e6
		got := UnlogMS(float64(LogNS(ns)) / LogOne)
		if math.Abs(got-ms) > (ms+0.05)/LogOne {
			t.Errorf("UnlogMS(LogNS(%d)) = %g ms", ns, got)
		}
	})
	if got := UnlogMS(0); got != 0 {
		t.Errorf("UnlogMS(0) = %g, want 0", got)
	}
	if !math.IsNaN(UnlogMS(math.NaN())) || !math.IsInf(UnlogMS(math.Inf(1)), 1) {
		t.Error("UnlogMS does not keep NaN and +Inf")
	}
}

func BenchmarkLogNS(b *testing.B) {
	var sum int32
	ns := int64(1)
	for b.Loop() {
		ns = ns*6364136223846793005 + 1442695040888963407
		sum += LogNS(ns & (1<<40 - 1))
	}
	_ = sum
}
