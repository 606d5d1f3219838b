package detector

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// stage draws traces and observes them.
type stage struct {
	table  *model.Symbols
	rng    *rand.Rand
	serial uint64
}

func newStage(seed uint64) *stage {
	return &stage{table: model.NewSymbols(), rng: rand.New(rand.NewPCG(seed, seed))}
}

// traces draws n traces and blurs their durations by a tenth.
func (s *stage) traces(n int, draw func(i int) string) []*model.Fragment {
	out := make([]*model.Fragment, n)
	for i := range out {
		f := tracetest.Draw(s.table, draw(i))
		s.serial++
		for b := range 8 {
			f.Trace[b] = byte(s.rng.Uint32())
			f.Trace[15-b] = byte(s.serial >> (8 * b))
		}
		for j := range f.Spans {
			f.Spans[j].Duration = int64(float64(f.Spans[j].Duration) * math.Exp(0.1*s.rng.NormFloat64()))
		}
		out[i] = f
	}
	return out
}

func (s *stage) observe(traces []*model.Fragment) *Summary {
	sum := NewSummary(tracetest.Epoch, tracetest.Epoch+int64(30*time.Second), 5)
	o, a := NewObserver(s.table), graph.NewAssembler(graph.Config{Symbols: s.table})
	for _, f := range traces {
		o.Observe(sum, a.Assemble(f))
	}
	return sum
}

func shop(i int) string {
	return fmt.Sprintf(`
web GET/buy 0ms 200ms kind=server instance=web-%d
  web call 5ms 52ms kind=client instance=web-%d
    cart list 6ms 50ms kind=server instance=cart-%d
      cart SELECT 10ms 20ms kind=client instance=cart-%d peer=mysql
  web call 100ms 80ms kind=client instance=web-%d peer=pay %s
`, i%2, i%2, i%3, i%3, i%2, []string{"", "", "error"}[i%3])
}

// However traces are divided among observers, and in whatever order their summaries
// are merged, the quantities and the sample are the same to the last bit.
func TestSummariesMergeExactly(t *testing.T) {
	for seed := range uint64(20) {
		s := newStage(seed)
		traces := s.traces(60, shop)
		want := NewWindow(s.observe(traces), nil)
		parts := make([][]*model.Fragment, 1+s.rng.IntN(6))
		for _, f := range traces {
			i := s.rng.IntN(len(parts))
			parts[i] = append(parts[i], f)
		}
		s.rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		merged := NewSummary(tracetest.Epoch, tracetest.Epoch+int64(30*time.Second), 5)
		for _, p := range parts {
			merged.Merge(s.observe(p))
		}
		got := NewWindow(merged, nil)
		if !maps.Equal(got.stats, want.stats) {
			t.Fatalf("seed %d: %d parts give other quantities than one", seed, len(parts))
		}
		a, b := got.Summary.Sample.Traces().All, want.Summary.Sample.Traces().All
		if len(a) != len(b) || len(a) != 5 {
			t.Fatalf("seed %d: samples of %d and %d traces, want 5", seed, len(a), len(b))
		}
		for i := range a {
			if a[i].ID != b[i].ID {
				t.Fatalf("seed %d: trace %d of the sample differs", seed, i)
			}
		}
	}
}

// Merging into a clone leaves the original alone.
func TestCloneIsItsOwn(t *testing.T) {
	s := newStage(1)
	sum := s.observe(s.traces(30, shop))
	before := NewWindow(sum, nil).stats
	c := sum.Clone()
	c.Merge(s.observe(s.traces(30, shop)))
	if after := NewWindow(sum, nil).stats; !maps.Equal(before, after) {
		t.Error("merging into the clone changed the original")
	}
	if c.Traces != 60 || sum.Traces != 30 {
		t.Errorf("%d and %d traces, want 60 and 30", c.Traces, sum.Traces)
	}
}

// learned is a baseline of some healthy windows.
func (s *stage) learned(windows int, draw func(int) string) *Baseline {
	b := NewBaseline(s.table, 20)
	for range windows {
		b.Learn(NewWindow(s.observe(s.traces(30, draw)), b))
	}
	return b
}

// z is the z of the first evidence on a quantity, 0 if there is none.
func z(j Judgement, family Family, table *model.Symbols, service string) float64 {
	for _, e := range j.Evidence {
		if e.Key.Family == family && table.Name(e.Key.Site.Service) == service {
			return e.Shift.Z
		}
	}
	return 0
}

// When only the mix of callers changes nothing is slow: each context is compared with
// itself.
func TestMixOfCallersIsNoShift(t *testing.T) {
	draw := func(heavy int) func(i int) string {
		return func(i int) string {
			entry, d := "small", 10
			if i%10 < heavy {
				entry, d = "large", 100
			}
			return fmt.Sprintf("\nweb %s 0ms 200ms kind=server\n  web query 5ms %dms kind=internal\n", entry, d)
		}
	}
	s := newStage(3)
	b := s.learned(12, draw(2))
	j := b.Judge([]*Window{NewWindow(s.observe(s.traces(30, draw(8))), b)})
	for _, e := range j.Evidence {
		if e.Key.Family == OwnTime && s.table.Name(e.Key.Site.Operation) == "query" && math.Abs(e.Shift.Z) > 3 {
			t.Errorf("query is said to have shifted: z %.1f", e.Shift.Z)
		}
	}
}

// A rare operation waits for more windows instead of being judged on two traces.
func TestRareOperationsAreMerged(t *testing.T) {
	draw := func(d int) func(int) string {
		return func(i int) string {
			if i%15 == 0 {
				return fmt.Sprintf("\njob run 0ms %dms kind=server\n", d)
			}
			return shop(i)
		}
	}
	s := newStage(4)
	b := s.learned(12, draw(100))
	var recent []*Window
	for range 4 {
		recent = append(recent, NewWindow(s.observe(s.traces(30, draw(300))), b))
	}
	if got := z(b.Judge(recent[:1]), OwnTime, s.table, "job"); got != 0 {
		t.Errorf("two traces of one window are judged: z %.1f", got)
	}
	if got := z(b.Judge(recent), OwnTime, s.table, "job"); got < 3 {
		t.Errorf("eight traces of four windows, three times as slow: z %.1f, want more than 3", got)
	}
}

// A saved baseline judges as before, and saves to the same bytes.
func TestBaselineSurvivesARestart(t *testing.T) {
	s := newStage(5)
	b := s.learned(30, shop)
	odd := s.observe(s.traces(30, func(i int) string { return shop(i + i%2) }))
	recent := []*Window{NewWindow(odd, b)}
	data, err := b.Save(recent)
	if err != nil {
		t.Fatal(err)
	}
	c := NewBaseline(s.table, 20)
	back, err := c.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != 1 || !maps.Equal(back[0].stats, recent[0].stats) {
		t.Error("the recent windows are not what they were")
	}
	want, got := b.Judge(recent), c.Judge([]*Window{NewWindow(odd, c)})
	if len(want.Evidence) == 0 || fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("a loaded baseline judges otherwise:\n%v\nwant\n%v", got, want)
	}
	again, err := c.Save(back)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("a loaded baseline saves other bytes (error %v)", err)
	}
}

// What is not a snapshot is refused and changes nothing.
func TestBaselineRefusesRubbish(t *testing.T) {
	s := newStage(6)
	b := s.learned(5, shop)
	data, err := b.Save(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, []byte("x"), data[:len(data)/2]} {
		if _, err := b.Load(bad); err == nil {
			t.Errorf("%d bytes of rubbish were loaded", len(bad))
		}
	}
	if b.Windows() != 5 {
		t.Errorf("%d windows are left, want 5", b.Windows())
	}
}

// A trace that was kept one time in four stands for four.
func TestSampledTracesStandForMore(t *testing.T) {
	s := newStage(7)
	sum := s.observe(s.traces(3, func(int) string { return "\nweb GET/buy 0ms 10ms kind=server weight=4\n" }))
	if sum.Merge(s.observe(s.traces(2, shop))); sum.Stood != 14_000 {
		t.Errorf("3 traces of weight 4 and 2 without stand for %d thousandths, want 14000", sum.Stood)
	}
}
