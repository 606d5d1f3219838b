package detector

import (
	"testing"

	"culprit/model"
)

// A new version is a tenth slower for good, which is no incident. Ten minutes later that is
// normal, and without an epoch it would take an hour. Until then the old version counts.
func TestAnEpochIsNormalSoon(t *testing.T) {
	table := model.NewSymbols()
	cart := table.Service("cart")
	site := Site{Service: cart, Operation: table.Operation(cart, "Add")}
	k := Key{Family: EdgeGap, Site: site, Callee: table.Service("db")}
	at := int64(0)
	window := func(mean float64) *Window {
		at += 30e9
		return &Window{From: at - 30e9, To: at, Traces: 50, stats: map[Key]Stat{k: {N: 50, Groups: 50, Mean: mean, Var: 0.04}}}
	}
	z := func(b *Baseline, mean float64) float64 {
		w := window(mean)
		w.Summary = NewSummary(w.From, w.To, 0)
		for _, e := range b.Judge([]*Window{w}).Evidence {
			if e.Key == k {
				return e.Shift.Z
			}
		}
		t.Fatal("not judged")
		return 0
	}
	learn := func(epoch bool) *Baseline {
		b := NewBaseline(table, History)
		for i := range 60 {
			b.Learn(window(10 + 0.01*float64(i%3)))
		}
		if epoch {
			b.Epoch(site.Service)
		}
		for i := range settled {
			if got := len(b.past(k)); got != 60+i {
				t.Fatalf("%d windows count when %d of the new version were learned, want all %d", got, i, 60+i)
			}
			b.Learn(window(10.1 + 0.01*float64(i%3)))
		}
		return b
	}
	with, without := learn(true), learn(false)
	if got := with.Mean(k).Mean; got < 10.1 || got > 10.12 {
		t.Errorf("normal is %v after the new version, want 10.1", got)
	}
	if a, b := z(with, 10.11), z(without, 10.11); a > 0.2 || b < 1 {
		t.Errorf("a window as all others of the new version has z %v with an epoch and %v without", a, b)
	}
	if a := z(with, 10.4); a < 5 {
		t.Errorf("a change from the new version has z %v", a)
	}
	data, err := with.Save(nil)
	if err != nil {
		t.Fatal(err)
	}
	again := NewBaseline(table, History)
	if _, err := again.Load(data); err != nil {
		t.Fatal(err)
	}
	if a, b := z(with, 10.4), z(again, 10.4); a != b {
		t.Errorf("z is %v, and %v after a restart", a, b)
	}
}
