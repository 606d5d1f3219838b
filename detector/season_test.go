package detector

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"culprit/model"
)

func TestHoursOfTheWeek(t *testing.T) {
	for _, c := range []struct {
		at         string
		number, of int32
	}{
		{"1969-12-29T00:00:00Z", 0, 0}, // a Monday
		{"1969-12-28T23:59:59Z", -1, weekHours - 1},
		{"1970-01-01T00:00:00Z", 0, firstMonday},
		{"2026-06-01T02:30:00Z", 2944, 2}, // a Monday
		{"2026-06-07T23:00:00Z", 2944, weekHours - 1},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if number, of := weekOf(hourOf(at.UnixNano())); number != c.number || of != c.of {
			t.Errorf("%s is hour %d of week %d, want %d of %d", c.at, of, number, c.of, c.number)
		}
	}
}

// What one week shows is no season, whatever the others are.
func TestAtLeastTwoWeeksAgree(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{2}, 0},
		{[]float64{2, 1}, 1},
		{[]float64{-1, -2}, -1},
		{[]float64{2, -2}, 0},
		{[]float64{2, 0}, 0},
		{[]float64{2, 0, 0}, 0},
		{[]float64{2, 0, 1.5}, 1.5},
		{[]float64{-2, 9, -3}, -2},
	} {
		if got := agreed(append([]float64(nil), c.of...)); got != c.want {
			t.Errorf("%v agree on %v, want %v", c.of, got, c.want)
		}
	}
}

// An hour comes back as it was kept, within a step, and what is four weeks old is gone.
func TestSeasonKeepsFourWeeks(t *testing.T) {
	var s *season
	for week := range int32(6) {
		for h := range int32(weekHours) {
			at := 494_000 + week*weekHours + h
			s = s.with(at, hour{mean: int16(week), n: uint16(h + 1)})
			for back := range int32(6) {
				then := at - back*weekHours
				old, _ := weekOf(then)
				now, _ := weekOf(at)
				want := then >= 494_000 && now-old < seasonWeeks
				if got := s.of(then); (got.n > 0) != want {
					t.Fatalf("in week %d, hour %d, %d weeks back: known %v, want %v", week, h, back, got.n > 0, want)
				}
			}
		}
	}
	for _, x := range []float64{0, 0.5, 12.3456, 29.9} {
		if got := OwnTime.unpack(OwnTime.pack(x)); got-x > OwnTime.quantum() || x-got > OwnTime.quantum() {
			t.Errorf("%v nats come back as %v", x, got)
		}
	}
	for _, x := range []float64{0, 0.013, 1} {
		if got := Errors.unpack(Errors.pack(x)); got-x > Errors.quantum() || x-got > Errors.quantum() {
			t.Errorf("a share of %v comes back as %v", x, got)
		}
	}
}

// Seasons are bounded: by four weeks a quantity, and by the quantities with the most traces.
func TestSeasonsAreBounded(t *testing.T) {
	if size := unsafe.Sizeof(week{}); size > weekHours*hourBytes+8 {
		t.Errorf("a week takes %d bytes", size)
	}
	table := model.NewSymbols()
	b := NewBaseline(table, History)
	const services = 70 // each with an edge to each
	var names [services]model.Sym
	for i := range names {
		names[i] = table.Service(fmt.Sprintf("%c%c", 'a'+i/10, 'a'+i%10))
	}
	var busy Key
	for h := range int64(3) {
		w := &Window{From: h * hourNS, To: h*hourNS + 30e9, stats: map[Key]Stat{}}
		for _, caller := range names {
			for _, callee := range names {
				busy = Key{Family: EdgeGap, Site: Site{Service: caller}, Callee: callee}
				w.stats[busy] = Stat{N: 10, Groups: 10, Mean: 10}
			}
		}
		w.stats[busy] = Stat{N: 1000, Groups: 1000, Mean: 10} // the last by name
		b.Pass(w)
	}
	if n := len(b.seasons.known); n != maxSeasons {
		t.Errorf("%d quantities have seasons, at most %d may", n, maxSeasons)
	}
	if b.seasons.known[busy] == nil {
		t.Error("the quantity with the most traces has none")
	}
	// five weeks later nothing of it can be asked any more
	b.Pass(&Window{From: 5 * 7 * 24 * hourNS, To: 5*7*24*hourNS + 30e9})
	b.Pass(&Window{From: 5*7*24*hourNS + hourNS, To: 5*7*24*hourNS + hourNS + 30e9})
	if n := len(b.seasons.known); n != 0 {
		t.Errorf("%d quantities have seasons of five weeks ago", n)
	}
}

// The rate of an entry point is one of the whole hour, also where most windows had no request.
func TestARateIsOneOfTheWholeHour(t *testing.T) {
	b := NewBaseline(model.NewSymbols(), History)
	k := Key{Family: Traffic, Site: Site{Service: 1, Operation: 1}}
	for i := range int64(121) {
		w := &Window{From: i * 30e9, To: (i + 1) * 30e9, stats: map[Key]Stat{}}
		if i == 7 {
			w.stats[k] = Stat{N: 30, Groups: 30, Mean: 12, Var: 12}
		}
		b.Pass(w)
	}
	x := b.seasons.known[k].of(0)
	if got, want := fmt.Sprintf("%.2f", Traffic.unpack(x.mean)), "-2.30"; got != want { // 360.5 requests in an hour
		t.Errorf("log rate %s, want %s", got, want)
	}
}
