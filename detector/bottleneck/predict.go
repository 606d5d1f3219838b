package bottleneck

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"culprit/detector"
	"culprit/graph"
	"culprit/model"
)

// Change is something that spends another part of its time.
type Change struct {
	Service   string
	Operation string  // empty: all of the service's
	Faster    float64 // by this share of its own time: 0.2 is 20 %; negative is slower
}

// Matches reports whether an operation is changed.
func (c Change) Matches(service, operation string) bool {
	return c.Service == service && (c.Operation == "" || c.Operation == operation)
}

const (
	// confidence is the level of the intervals.
	confidence = 0.95
	// draws is how often the bootstrap draws: the ends of a 95 % interval then rest on ten
	// draws each, and are stable to a few percent of its width.
	draws = 400
	// usual is the change that is predicted where none is asked for.
	usual = 0.2
	// looked is how many of an entry point's first operations are looked into.
	looked = 12
)

// lab replays sampled traces of one entry point. It belongs to one goroutine.
type lab struct {
	table *model.Symbols
	sites map[detector.Site]int // number of a site in names
	names []siteName

	traces []trial // in order of time
}

type siteName struct{ service, operation string }

// trial is a trace that was replayed.
type trial struct {
	start int64
	was   float64   // ms
	then  []float64 // ms, by change
}

// Predict replays the sampled traces of an entry point, in any order, with each change on
// its own, and fills in v: its predictions, and drag and slack of its first operations.
// Without changes, each of the first operations is taken to be 20 % faster. Traces of other
// entry points among them are left out.
func Predict(table *model.Symbols, traces []*graph.Trace, changes []Change, v *model.EntryPaths) {
	l := &lab{table: table, sites: map[detector.Site]int{}}
	first := v.Operations[:min(len(v.Operations), looked)]
	var all []Change // what was asked for, then the drag of the first operations
	all = append(all, changes...)
	if len(changes) == 0 {
		for _, o := range first {
			if c := (Change{o.Service, o.Operation, usual}); !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	asked := len(all)
	for _, o := range first {
		all = append(all, Change{o.Service, o.Operation, 1})
	}
	slack := make([]struct{ sum, n float64 }, len(first))
	var r graph.Replay
	var of []int // by span: its site
	for _, t := range traces {
		if t.Main < 0 || t.Marks&graph.NoRoot != 0 {
			continue
		}
		if m := &t.Spans[t.Main]; table.Name(m.Service) != v.Service || table.Name(m.Operation) != v.Operation {
			continue
		}
		of = of[:0]
		for i := range t.Spans {
			of = append(of, l.site(t, i))
		}
		one := trial{start: t.Start, was: ms(t.Spans[t.Main].Duration), then: make([]float64, len(all))}
		for k, c := range all {
			hit := l.matching(c)
			touched := slices.ContainsFunc(of, func(s int) bool { return hit[s] })
			if !touched {
				one.then[k] = one.was
				continue
			}
			one.then[k] = ms(r.Of(t, func(i int) float64 {
				if hit[of[i]] {
					return 1 - c.Faster
				}
				return 1
			}))
		}
		for i, s := range r.Slack(t) {
			if s == graph.Unbounded {
				continue
			}
			for k := range first {
				if n := l.names[of[i]]; n.service == first[k].Service && n.operation == first[k].Operation {
					slack[k].sum += ms(s)
					slack[k].n++
				}
			}
		}
		l.traces = append(l.traces, one)
	}
	slices.SortStableFunc(l.traces, func(a, b trial) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.was, b.was)) })
	v.Sampled = len(l.traces)
	if len(l.traces) == 0 {
		return
	}
	for k, c := range all[:asked] {
		v.Predictions = append(v.Predictions, l.predict(k, c))
	}
	for k := range first {
		var sum float64
		for i := range l.traces {
			sum += l.traces[i].was - l.traces[i].then[asked+k]
		}
		drag := model.Number(sum / float64(len(l.traces)))
		v.Operations[k].DragMS = &drag
		if slack[k].n > 0 {
			s := model.Number(slack[k].sum / slack[k].n)
			v.Operations[k].SlackMS = &s
		}
	}
}

func ms(ns int64) float64 { return float64(ns) / 1e6 }

// site numbers the operation whose time span i is.
func (l *lab) site(t *graph.Trace, i int) int {
	s, n := &t.Spans[i], &t.Nodes[i]
	site := detector.Site{Service: s.Service, Operation: s.Operation}
	if n.Opaque {
		site.Service = n.Callee
	}
	k, ok := l.sites[site]
	if !ok {
		k = len(l.names)
		l.sites[site] = k
		l.names = append(l.names, siteName{l.table.Name(site.Service), l.table.Name(site.Operation)})
	}
	return k
}

// matching says of each known site whether a change touches it.
func (l *lab) matching(c Change) []bool {
	out := make([]bool, len(l.names))
	for i, n := range l.names {
		out[i] = c.Matches(n.service, n.operation)
	}
	return out
}

// predict compares the entry point as it was with what change k makes of it.
func (l *lab) predict(k int, c Change) model.PathPrediction {
	out := model.PathPrediction{Service: c.Service, Operation: c.Operation, Faster: model.Number(c.Faster)}
	n := len(l.traces)
	was, then := ranked(n, func(i int) float64 { return l.traces[i].was }), ranked(n, func(i int) float64 { return l.traces[i].then[k] })
	times := make([]int, n) // how often each trace was drawn
	once := times
	for i := range once {
		once[i] = 1
	}
	of := func(q float64) (a, b float64) { return was.quantile(q, times, n), then.quantile(q, times, n) }
	quantiles := [...]float64{-1, 0.5, 0.99} // -1 is the mean
	var plain [len(quantiles)][2]float64
	for i, q := range quantiles {
		plain[i][0], plain[i][1] = of(q)
	}
	var gains [len(quantiles)][]float64
	rnd := rand.New(rand.NewPCG(uint64(n), uint64(draws)))
	block := blockOf(n)
	for range draws {
		clear(times)
		drawBlocks(rnd, times, block)
		for i, q := range quantiles {
			a, b := of(q)
			gains[i] = append(gains[i], a-b)
		}
	}
	for i, at := range []*model.PathChange{&out.Mean, &out.P50, &out.P99} {
		slices.Sort(gains[i])
		lo := gains[i][int((1-confidence)/2*draws)]
		hi := gains[i][draws-1-int((1-confidence)/2*draws)]
		gain := plain[i][0] - plain[i][1]
		*at = model.PathChange{
			BeforeMS: model.Number(plain[i][0]), AfterMS: model.Number(plain[i][1]), GainMS: model.Number(gain),
			LowMS: model.Number(min(lo, gain)), HighMS: model.Number(max(hi, gain)),
		}
	}
	return out
}

// blockOf is the length of a block: the cube root of n (Hall, Horowitz and Jing, 1995).
func blockOf(n int) int {
	b := 1
	for b*b*b < n {
		b++
	}
	return b
}

// drawBlocks draws len(times) traces in blocks of neighbours, the last one being followed
// by the first, and counts them.
func drawBlocks(rnd *rand.Rand, times []int, block int) {
	for left := len(times); left > 0; {
		at := rnd.IntN(len(times))
		for range min(block, left) {
			times[at]++
			at = (at + 1) % len(times)
			left--
		}
	}
}

// ranking holds values and the order of their size.
type ranking struct {
	x     []float64
	order []int
}

func ranked(n int, x func(i int) float64) ranking {
	r := ranking{make([]float64, n), make([]int, n)}
	for i := range n {
		r.x[i], r.order[i] = x(i), i
	}
	slices.SortFunc(r.order, func(a, b int) int { return cmp.Or(cmp.Compare(r.x[a], r.x[b]), cmp.Compare(a, b)) })
	return r
}

// quantile is the value with rank floor(q (n-1)) where value i counts times[i], n in all;
// the mean for q < 0.
func (r ranking) quantile(q float64, times []int, n int) float64 {
	if q < 0 {
		var sum float64
		for i, x := range r.x {
			sum += x * float64(times[i])
		}
		return sum / float64(n)
	}
	rank := int(q * float64(n-1))
	for _, i := range r.order {
		if rank -= times[i]; rank < 0 {
			return r.x[i]
		}
	}
	panic("bottleneck: counts do not add up") // rank < n by construction
}
