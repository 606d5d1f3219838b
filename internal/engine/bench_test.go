package engine

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"culprit/model"
)

// traffic draws traces of ten spans through a random tree of operations: 20 services,
// perService operations each.
type traffic struct {
	table *model.Symbols
	rng   *rand.Rand
	svc   []model.Sym
	res   []model.Sym
	ops   [][]model.Sym
	next  uint64
}

func newTraffic(perService int) *traffic {
	t := &traffic{table: model.NewSymbols(), rng: rand.New(rand.NewPCG(1, 2))}
	for i := range 20 {
		name := fmt.Sprintf("service-%d", i)
		svc := t.table.Service(name)
		t.svc = append(t.svc, svc)
		t.res = append(t.res, t.table.Resource(name, name+"-pod", "v1", "host"))
		var ops []model.Sym
		for j := range perService {
			ops = append(ops, t.table.Operation(svc, fmt.Sprintf("operation-%d", j)))
		}
		t.ops = append(t.ops, ops)
	}
	return t
}

// trace is one trace that starts at start: a server span with client and server pairs
// below it.
func (t *traffic) trace(start int64) *model.Fragment {
	t.next++
	f := &model.Fragment{Spans: make([]model.Span, 0, 10)}
	for i := range 8 {
		f.Trace[i] = byte(t.rng.Uint32())
		f.Trace[8+i] = byte(t.next >> (8 * i))
	}
	entry := t.rng.IntN(3)
	op := t.rng.IntN(len(t.ops[entry]))
	span := func(id, parent byte, svc, op int, kind model.Kind, at, d int64) {
		s := model.Span{Start: start + at, Duration: d, Service: t.svc[svc], Resource: t.res[svc], Operation: t.ops[svc][op], Kind: kind}
		s.ID[7], s.Parent[7] = id, parent
		f.Spans = append(f.Spans, s)
	}
	noise := func() int64 { return int64(1e6 * (0.5 + t.rng.Float64())) }
	span(1, 0, entry, op, model.KindServer, 0, 60e6)
	at := int64(1e6)
	for i := byte(0); i < 3; i++ {
		callee := 3 + (entry*7+op*3+int(i)*5)%17
		cop := (op*11 + int(i)) % len(t.ops[callee])
		d := 10e6 + noise()
		span(2+3*i, 1, entry, op, model.KindClient, at, d)
		span(3+3*i, 2+3*i, callee, cop, model.KindServer, at+1e5, d-2e5)
		span(4+3*i, 3+3*i, callee, (cop+1)%len(t.ops[callee]), model.KindInternal, at+2e5, noise())
		at += d
	}
	return f
}

// BenchmarkWindow measures from decoded spans to a judged window, with 500 operations:
// 20,000 spans a window is 670 a second, where judging weighs as much as counting;
// 200,000 is 6,700 a second.
func BenchmarkWindow(b *testing.B) {
	for _, traces := range []int{2_000, 20_000} {
		b.Run(fmt.Sprintf("spans=%d", traces*10), func(b *testing.B) { benchWindow(b, traces) })
	}
}

func benchWindow(b *testing.B, traces int) {
	t := newTraffic(25)
	e := New(Config{}, t.table)
	window := e.cfg.Window.Nanoseconds()
	start := int64(1_700_000_010e9)
	draw := func(i int) []*model.Fragment {
		fs := make([]*model.Fragment, traces)
		for k := range fs {
			fs[k] = t.trace(start + int64(i)*window + int64(k)*window/int64(traces))
		}
		return fs
	}
	run := func(i int, fs []*model.Fragment) {
		for _, f := range fs {
			e.Shard(0).Add(f)
		}
		end := time.Unix(0, start+int64(i+1)*window)
		e.Shard(0).Close(end)
		e.Advance(end)
	}
	n := 0
	for ; n < 20; n++ {
		run(n, draw(n))
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		fs := draw(n)
		b.StartTimer()
		run(n, fs)
		n++
	}
	b.ReportMetric(float64(b.N)*float64(traces)*10/b.Elapsed().Seconds(), "spans/s")
}

// BenchmarkMemory measures what the engine holds at 20,000 spans a second and 2,000
// operations, with two minutes of spans waiting for their window, after half an hour.
// live-MB is the heap that is in use after a collection; ready-MB what was there
// before the first span.
func BenchmarkMemory(b *testing.B) {
	const (
		perSecond = 2000 // traces of ten spans
		settle    = 4    // windows
		windows   = 60
	)
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / 1e6
	}
	for b.Loop() {
		t := newTraffic(100)
		ready := heap()
		e := New(Config{}, t.table)
		window := e.cfg.Window.Nanoseconds()
		start := int64(1_700_000_010e9)
		var live, most float64
		for w := range windows {
			traces := perSecond * 30
			if w < windows-settle-4 { // the summaries of history do not depend on the rate
				traces /= 10
			}
			for k := range traces {
				e.Shard(0).Add(t.trace(start + int64(w)*window + int64(k)*window/int64(traces)))
			}
			if w >= windows-4 {
				most = max(most, heap())
			}
			if w >= settle {
				end := time.Unix(0, start+int64(w-settle+1)*window)
				e.Shard(0).Close(end)
				e.Advance(end)
			}
			if w >= windows-4 {
				live = max(live, heap())
			}
		}
		runtime.KeepAlive(e)
		b.ReportMetric(ready, "ready-MB")
		b.ReportMetric(live, "live-MB")
		b.ReportMetric(most, "most-MB")
		b.ReportMetric(float64(e.Count().Pending), "waiting-spans")
	}
}

// BenchmarkVerdict measures judging and ranking one summarised window of 20,000 spans
// and 500 operations.
//
//   - calm: against an hour of healthy windows, and nothing is suspected
//   - suspected: one operation takes five times as long
//   - weeks: calm, and three past weeks know the hour
//   - young: calm, in the first five hours, when quantities borrow from each other and not
//     all windows need have been healthy
//   - start: the same with ten windows
func BenchmarkVerdict(b *testing.B) {
	b.Run("calm", func(b *testing.B) { benchVerdict(b, verdictBench{windows: DefaultConfig().History, scores: minScores}) })
	b.Run("suspected", func(b *testing.B) {
		benchVerdict(b, verdictBench{windows: DefaultConfig().History, scores: minScores, slow: true})
	})
	b.Run("weeks", func(b *testing.B) {
		benchVerdict(b, verdictBench{windows: DefaultConfig().History, scores: minScores, weeks: 3})
	})
	b.Run("young", func(b *testing.B) { benchVerdict(b, verdictBench{windows: DefaultConfig().History}) })
	b.Run("start", func(b *testing.B) { benchVerdict(b, verdictBench{windows: 10}) })
}

// delay makes the calls of an operation take 50 ms longer, and whoever waits for them.
func delay(f *model.Fragment, op model.Sym) {
	for i := range f.Spans {
		if s := &f.Spans[i]; i > 0 && s.Operation == op && s.Kind == model.KindServer {
			for _, up := range []int{0, i - 1, i} {
				f.Spans[up].Duration += 50e6
			}
		}
	}
}

// verdictBench is what a verdict is reached with.
type verdictBench struct {
	windows int   // healthy ones
	scores  int   // of further healthy windows, as calm as those
	weeks   int64 // past ones that know the hour
	slow    bool  // the window holds a fault
}

func benchVerdict(b *testing.B, c verdictBench) {
	t := newTraffic(25)
	e := New(Config{}, t.table)
	window := e.cfg.Window.Nanoseconds()
	const traces = 2000
	start := int64(1_700_000_010e9)
	for w := range c.windows + 1 {
		last := w == c.windows
		for i := 0; last && len(e.alarm.scores) < c.scores; i++ {
			e.alarm.learn(e.alarm.scores[i], false)
		}
		for k := range traces {
			f := t.trace(start + int64(w)*window + int64(k)*window/traces)
			if c.slow && last {
				delay(f, t.ops[15][19])
			}
			e.Shard(0).Add(f)
		}
		end := time.Unix(0, start+int64(w+1)*window)
		e.Shard(0).Close(end)
		e.Advance(end)
	}
	last := e.recent[0]
	for week := c.weeks; week > 0; week-- {
		for hour := int64(1); hour >= 0; hour-- {
			then := *last
			then.From -= (week*7*24 + hour) * int64(time.Hour)
			then.To -= (week*7*24 + hour) * int64(time.Hour)
			e.baseline.Pass(&then)
		}
	}
	if c.weeks > 0 {
		e.baseline.Pass(last)
	}
	b.ReportAllocs()
	least := time.Hour // of one verdict: what it takes when neighbours leave the processor alone
	for b.Loop() {
		began := time.Now()
		e.judge(last)
		least = min(least, time.Since(began))
	}
	b.ReportMetric(float64(least.Microseconds())/1000, "least-ms")
}
