package stats

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func sketchOf(vs ...int32) *Sketch {
	s := new(Sketch)
	for _, v := range vs {
		s.Add(v)
	}
	return s
}

func encoded(t interface{ Fatal(...any) }, s *Sketch) []byte {
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// upTo44h draws what has a bin of its own.
func upTo44h() *rapid.Generator[int32] { return rapid.Int32Range(44318, 133_000) }

// Every quantile is within 1/128 nat of the one found by sorting everything.
func TestSketchQuantileAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := rapid.SliceOfN(upTo44h(), 1, 300).Draw(t, "vs")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		s := sketchOf(vs...)
		slices.Sort(vs)
		want := float64(vs[int(q*float64(len(vs)-1))]) / LogOne
		if got := s.Quantile(q); math.Abs(got-want) > 1./128 {
			t.Errorf("Quantile(%g) = %g, want %g within 1/128", q, got, want)
		}
		if got := s.Count(); got != int64(len(vs)) {
			t.Errorf("Count = %d, want %d", got, len(vs))
		}
	})
}

// CountAbove counts whole bins: everything above v by a bin or more, nothing at or
// below v.
func TestSketchCountAboveAgainstCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := rapid.SliceOf(upTo44h()).Draw(t, "vs")
		v := upTo44h().Draw(t, "v")
		var least, most int64
		for _, x := range vs {
			if x >= v+1<<sketchShift {
				least++
			}
			if x > v {
				most++
			}
		}
		s := sketchOf(vs...)
		got := s.CountAbove(v)
		if got < least || got > most {
			t.Errorf("CountAbove(%d) = %d, want %d to %d", v, got, least, most)
		}
	})
}

// Merging equals having seen both, to the byte, in any order and grouping.
func TestSketchMergesInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SliceOf(values())).Draw(t, "parts")
		order := rapid.Permutation(parts).Draw(t, "order")
		one, other := new(Sketch), new(Sketch)
		for _, p := range parts {
			one.Merge(sketchOf(p...))
		}
		for _, p := range order {
			grown := sketchOf(p...)
			grown.Merge(other)
			other = grown
		}
		want := encoded(t, sketchOf(slices.Concat(parts...)...))
		if !bytes.Equal(encoded(t, one), want) || !bytes.Equal(encoded(t, other), want) {
			t.Errorf("merged sketches differ from the one that saw everything")
		}
	})
}

func TestSketchSurvivesEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sketchOf(rapid.SliceOf(values()).Draw(t, "vs")...)
		data := encoded(t, s)
		read := sketchOf(60_000) // must be replaced
		if err := read.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(t, read), data) || read.Count() != s.Count() || read.Quantile(.9) != s.Quantile(.9) {
			t.Errorf("read back %v, want %v", read, s)
		}
		for cut := range data {
			if err := new(Sketch).UnmarshalBinary(data[:cut]); err == nil {
				t.Errorf("the first %d of %d bytes were read without an error", cut, len(data))
			}
		}
	})
}

func TestSketchRefusesWhatItDidNotWrite(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":              {},
		"unknown version":    {9, 0, 0},
		"too many bins":      {1, 0, 0xff, 0xff, 3},
		"bins past the end":  {1, 0xf7, 0x0a, 2, 1, 1},
		"count over 32 bits": {1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"overlong varint":    append([]byte{1, 0, 1}, bytes.Repeat([]byte{0xff}, 11)...),
		"bytes left":         {1, 0, 0, 7},
	} {
		s := sketchOf(60_000)
		before := encoded(t, s)
		if err := s.UnmarshalBinary(data); err == nil {
			t.Errorf("%s: no error", name)
		}
		if !bytes.Equal(encoded(t, s), before) {
			t.Errorf("%s: the sketch was changed", name)
		}
	}
}

func TestSketchAtTheEnds(t *testing.T) {
	empty := new(Sketch)
	empty.Merge(nil)
	empty.Merge(new(Sketch))
	if empty.Count() != 0 || empty.Quantile(.5) != 0 || empty.CountAbove(0) != 0 {
		t.Errorf("empty sketch: count %d, median %g, %d above", empty.Count(), empty.Quantile(.5), empty.CountAbove(50_000))
	}
	wide := sketchOf(math.MinInt32, math.MaxInt32, LogNS(0), LogNS(math.MaxInt64))
	if got := len(wide.bins); got != sketchBins {
		t.Errorf("%d bins, want %d", got, sketchBins)
	}
	if lo, hi := wide.Quantile(0), wide.Quantile(1); math.Abs(UnlogMS(lo)) > .001 || UnlogMS(hi) < 40*3600e3 {
		t.Errorf("quantiles 0 and 1 are %g and %g ms", UnlogMS(lo), UnlogMS(hi))
	}
	if wide.Quantile(-1) != wide.Quantile(0) || wide.Quantile(math.NaN()) != wide.Quantile(0) || wide.Quantile(7) != wide.Quantile(1) {
		t.Error("q out of range is not taken to the nearest end")
	}
	full := sketchOf(60_000)
	for i := range full.bins {
		full.bins[i] *= math.MaxUint32
	}
	full.Add(60_000)
	full.Merge(sketchOf(60_000))
	if full.Count() != math.MaxUint32 {
		t.Errorf("a full bin counts %d, want %d", full.Count(), uint32(math.MaxUint32))
	}
}

func FuzzSketchUnmarshal(f *testing.F) {
	f.Add([]byte{1, 0, 0})
	f.Add(encoded(f, sketchOf(50_000, 60_000, 60_001)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Sketch
		if s.UnmarshalBinary(data) != nil {
			return
		}
		var again Sketch
		if err := again.UnmarshalBinary(encoded(t, &s)); err != nil || again.Count() != s.Count() {
			t.Errorf("read %v but not what it encodes to: %v", s, err)
		}
	})
}

func BenchmarkSketchAdd(b *testing.B) {
	s := sketchOf(40_000, 90_000)
	v := int32(60_000)
	for b.Loop() {
		s.Add(v)
		v ^= 0x1555
	}
}

func BenchmarkSketchQuantile(b *testing.B) {
	s := sketchOf(60_000, 70_000, 80_000)
	for b.Loop() {
		s.Quantile(.95)
	}
}
